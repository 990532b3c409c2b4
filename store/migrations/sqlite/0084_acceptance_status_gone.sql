-- +goose Up
-- It is the beginning of toolpoliacce_day_ix.
DROP INDEX toolpoliacce_sta_ix;
