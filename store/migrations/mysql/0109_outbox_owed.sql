-- +goose Up
-- How much a platform is owed and since when, however much that is.
ALTER TABLE outbox ADD KEY outbox_owed_ix (platformid, dead, owedsince);
