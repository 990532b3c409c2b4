-- +goose Up
-- What is due at a platform, in the order in which it is sent.
ALTER TABLE outbox ADD KEY outbox_turn_ix (platformid, waits, due);
