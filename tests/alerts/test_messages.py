"""RabbitMQ is away, short of something, or has a message nobody can read."""

import asyncio

import aio_pika

from support.stage.trouble import rabbitmq

LONG_ENOUGH_S = 180


async def test_rabbitmq_is_away_for_two_minutes(system, stage, alerts):
    buyer = stage.buyer()
    order = await buyer.order(await buyer.hold(await stage.event(), "Stalls-1-1"))

    await asyncio.to_thread(system.stop_rabbitmq)
    try:
        await buyer.write("POST", f"/orders/{order['order_id']}/finalization", expect=202)
        await asyncio.gather(
            alerts.fires("RowlockRabbitmqDown"),
            alerts.fires("RowlockNotConsuming", service="orders"),
            alerts.fires("RowlockOutboxStuck", service="orders", within_s=LONG_ENOUGH_S),
            alerts.fires("RowlockOrdersStuck", state="finalizing", within_s=LONG_ENOUGH_S),
        )
    finally:
        await asyncio.to_thread(system.start_rabbitmq)

    await buyer.see_order(order, become="confirmed")
    await alerts.fires("RowlockConsumerBehind", service="reservation")
    for name in ("RowlockRabbitmqDown", "RowlockNotConsuming", "RowlockOutboxStuck", "RowlockOrdersStuck"):
        await alerts.ends(name)


async def test_a_message_nobody_can_read(system, alerts):
    async with await aio_pika.connect(system.amqp_url) as connection:
        channel = await connection.channel()
        await channel.default_exchange.publish(aio_pika.Message(b"{"), routing_key="reservation.commands")

    await alerts.fires("RowlockDeadLetters", consumer="reservation.commands")


async def test_rabbitmq_is_short_of_memory(system, alerts):
    rabbitmq(system, "rabbitmqctl", "set_vm_memory_high_watermark", "0.00001")
    try:
        await alerts.fires("RowlockRabbitmqAlarm", short_of="memory")
    finally:
        rabbitmq(system, "rabbitmqctl", "set_vm_memory_high_watermark", "0.2")
    await alerts.ends("RowlockRabbitmqAlarm")


async def test_rabbitmq_is_running_out_of_disk(system, alerts):
    (free,) = await alerts.value("rabbitmq_disk_space_available_bytes")
    rabbitmq(system, "rabbitmqctl", "set_disk_free_limit", str(int(float(free["value"][1]) / 2)))
    try:
        await alerts.fires("RowlockRabbitmqDiskLow")
    finally:
        rabbitmq(system, "rabbitmqctl", "set_disk_free_limit", "500MB")
    await alerts.ends("RowlockRabbitmqDiskLow", within_s=90)
