-- The two-seat hold as five statements in one transaction: what an ordinary service would send.
-- On the product's own tables, but for the outbox: its copy bench.outbox has no relay at work on it.
-- Variables given by bench/pgbench.py: events (array of uuids), pairs, hot_pairs, hot_percent, pairs_per_event,
-- first_seat, number (where to begin counting holds).
\if :hot_percent > 0 and random(1, 100) <= :hot_percent
\set pair random(0, :hot_pairs - 1)
\else
\set pair random(0, :pairs - 1)
\endif
\set event :pair / :pairs_per_event + 1
\set one :first_seat + mod(:pair, :pairs_per_event) * 2
\set other :one + 1
\set number :number + 1
BEGIN;
SELECT seat_id, state, expires_at
  FROM reservation.seats
 WHERE event_id = (:events::uuid[])[:event::int] AND seat_id IN (:one::text, :other::text)
 ORDER BY event_id, seat_id
   FOR NO KEY UPDATE;
UPDATE reservation.seats
   SET state = 'held', expires_at = now() + interval '900 s',
       hold_id = lpad(to_hex(:client_id::int) || lpad(to_hex(:number::int), 8, '0'), 32, '0')::uuid
 WHERE event_id = (:events::uuid[])[:event::int] AND seat_id IN (:one::text, :other::text);
INSERT INTO reservation.holds (hold_id, event_id, buyer_id, idempotency_key, request_fingerprint, counted_as,
                               seat_ids, placed_at, first_expires_at, expires_at)
VALUES (lpad(to_hex(:client_id::int) || lpad(to_hex(:number::int), 8, '0'), 32, '0')::uuid,
        (:events::uuid[])[:event::int], 'bench-buyer-' || :client_id::text, :number::text,
        '\x00112233445566778899aabbccddeeff', 'bench-buyer-' || :client_id::text,
        ARRAY[:one::text, :other::text],
        now(), now() + interval '900 s', now() + interval '900 s');
INSERT INTO bench.outbox (message_type, aggregate_id, data)
VALUES ('reservation.hold_placed.v1', (:events::uuid[])[:event::int], '{"seats": 2}');
COMMIT;
