"""The right to read an order, as part of the question for it."""

READABLE = """
placed.order_id = :order_id
AND (:is_operator
     OR placed.buyer_id = CAST(:buyer_id AS text)
     OR placed.access_token_sha256 = CAST(:access_token_sha256 AS bytea))
"""
"""Of a row of orders.orders named `placed`; domain.rights.OrderRight.may_read says the same. Another's order
is not put together only to be thrown away, so it takes as long to refuse as one that does not exist.
"""
