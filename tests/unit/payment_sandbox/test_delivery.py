"""How long a notice is tried."""

import httpx

from rowlock_payment_sandbox.delivery import Sender

CARD = "4242424242424242"


async def test_the_pauses_between_sendings_double_up_to_the_longest_until_it_is_given_up(provider):
    payment = await provider.paid(CARD)
    listed = await provider.http.get("/control/notices", params={"about": payment["payment_id"]})
    (notice,) = listed.json()["items"]
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(500))) as http:
        sender = Sender(provider.sandbox, http)
        sent = [await sender.send_again(notice["notice_id"]) for _ in range(100)]

    pauses = [each.next_attempt_at and (each.next_attempt_at - provider.now).total_seconds() for each in sent]
    assert [1, 2, 4, 8, 16, 32, *[60] * 93, None] == pauses
