-- +goose Up
-- Moodle 4.5's tool_policy_acceptances, here the projection of acceptance_event. Nothing may be added here.
CREATE TABLE tool_policy_acceptances (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  policyversionid INTEGER NOT NULL,
  userid INTEGER NOT NULL,
  status INTEGER DEFAULT NULL,
  lang TEXT NOT NULL DEFAULT '',
  usermodified INTEGER NOT NULL,
  timecreated INTEGER NOT NULL,
  timemodified INTEGER NOT NULL,
  note TEXT DEFAULT NULL
);
CREATE UNIQUE INDEX toolpoliacce_poluse_uix ON tool_policy_acceptances (policyversionid, userid);
CREATE INDEX toolpoliacce_pol_ix ON tool_policy_acceptances (policyversionid);
CREATE INDEX toolpoliacce_use_ix ON tool_policy_acceptances (userid);
CREATE INDEX toolpoliacce_use2_ix ON tool_policy_acceptances (usermodified);
