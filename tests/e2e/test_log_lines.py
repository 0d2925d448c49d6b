"""Without tracing too, one id finds all that was done because of one request."""

import re
import uuid

from support.stage.buyer import WAIT
from support.waiting import wait_until

FOUND_IN = ("orders-api", "reservation-worker", "orders-worker", "notifications-worker")


async def test_the_lines_of_one_request_have_its_ids_in_every_process(stage):
    trace_id, request_id = uuid.uuid4().hex, f"finalize-{uuid.uuid4()}"
    buyer = stage.buyer()
    order = await buyer.order(await buyer.hold(await stage.event(), "Stalls-1-1"))
    headers = {**WAIT, "X-Request-Id": request_id, "traceparent": f"00-{trace_id}-{'b7' * 8}-00"}
    await buyer.write("POST", f"/orders/{order['order_id']}/finalization", expect=200, headers=headers)

    def lines() -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for log in stage.system.home.logs.glob("*.log"):
            named = [line for line in log.read_text().splitlines() if request_id in line]
            found.setdefault(re.sub(r"-\d+$", "", log.stem), []).extend(named)
        return found

    def mailed() -> bool:
        return any("mail_tried" in line for line in lines()["notifications-worker"])

    await wait_until(mailed, deadline_s=60)
    for process in FOUND_IN:
        of_process = lines()[process]
        assert of_process, process
        assert [] == [line for line in of_process if f"trace_id={trace_id}" not in line]
