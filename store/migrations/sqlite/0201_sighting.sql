-- What was seen of a platform, for the check of its connection: how often on a day, when last, and what then. day is
-- empty for what counts whenever it was.
CREATE TABLE lti_sighting (
  id TEXT NOT NULL,
  platformid TEXT NOT NULL,
  what TEXT NOT NULL,
  day TEXT NOT NULL,
  seen INTEGER NOT NULL,
  detail TEXT NOT NULL,
  timelast DATETIME NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX lti_sighting_day_uix ON lti_sighting (platformid, what, day);
CREATE INDEX lti_sighting_last_ix ON lti_sighting (timelast);
