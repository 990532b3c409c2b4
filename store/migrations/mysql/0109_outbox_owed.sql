-- +goose Up
-- How much is owed and since when, however much that is.
ALTER TABLE outbox ADD KEY outbox_owed_ix (dead, owedsince, platformid);
