-- Spreads the seats of a reservation schema over the servers of a Citus cluster, by event: docs/decisions/0015.
-- Run once by a superuser, while reservation is stopped. Everything above the line is plain PostgreSQL and is tried by
-- tests/consistency/test_sharding.py; what is below has been run by nobody yet (no Citus could be had).

-- A key of a sharded table must contain what it is sharded by. A hold's id is random (UUIDv7), so it stays unique without
-- the constraint saying so; an Idempotency-Key is then unique for a buyer and event, no longer for a buyer alone. Both
-- indexes still begin with what they are searched by.
ALTER TABLE reservation.holds
  DROP CONSTRAINT holds_pkey,
  ADD CONSTRAINT holds_pkey PRIMARY KEY (hold_id, event_id),
  DROP CONSTRAINT holds_idempotency_key,
  ADD CONSTRAINT holds_idempotency_key UNIQUE (buyer_id, idempotency_key, event_id);

-- ---- below: needs Citus ----

-- Small, and joined from everywhere: a copy on each server.
SELECT create_reference_table('reservation.plans');
SELECT create_reference_table('reservation.data_keys');

-- All that is of one event is on one server.
SELECT create_distributed_table('reservation.events', 'event_id');
SELECT create_distributed_table('reservation.seats', 'event_id', colocate_with => 'reservation.events');
SELECT create_distributed_table('reservation.seat_counts', 'event_id', colocate_with => 'reservation.events');
SELECT create_distributed_table('reservation.holds', 'event_id', colocate_with => 'reservation.events');
SELECT create_distributed_table('reservation.availability_marks', 'event_id', colocate_with => 'reservation.events');

-- `active_holds` counts where its event is, with the snapshot it needs.
SELECT create_distributed_function(
  'reservation.active_holds(uuid, text)', 'event', colocate_with => 'reservation.events');

-- confirmations, inbox, idempotency, outbox and rate limits stay on the coordinator: an order may have seats of several
-- events, and they are written once an order, not once a hold.
