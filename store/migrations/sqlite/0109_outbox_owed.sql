-- +goose Up
-- How much a platform is owed and since when, however much that is.
CREATE INDEX outbox_owed_ix ON outbox (platformid, dead, owedsince);
