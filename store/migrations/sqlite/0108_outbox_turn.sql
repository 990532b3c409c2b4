-- +goose Up
-- What is due at a platform, in the order in which it is sent.
CREATE INDEX outbox_turn_ix ON outbox (platformid, waits, due);
