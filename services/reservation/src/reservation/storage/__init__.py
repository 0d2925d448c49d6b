"""Tables and the statements on them.

**The lock order**, the same in every transaction of this service:

1. `events` row, FOR KEY SHARE by whoever claims or changes seats, FOR UPDATE by cancellation
   (so a cancellation waits for claims under way, and no claim starts behind its back);
2. `seats` rows by (event_id, seat_id), FOR NO KEY UPDATE;
3. `holds` rows by hold_id.

Placing holds and the sweeper take seats with SKIP LOCKED and so never wait for one; confirm,
release, renew and block wait, in this order. `availability_marks` and `outbox` are only appended
to. Waiting in one order only, no two transactions can wait for each other.

"Free" is one predicate everywhere: `available`, or `held` with `expires_at <= clock_timestamp()`.
"""
