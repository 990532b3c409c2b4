-- +goose Up
-- How much is owed and since when, however much that is.
CREATE INDEX outbox_owed_ix ON outbox (dead, owedsince, platformid);
