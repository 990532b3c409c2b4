-- What was seen of a platform, for the check of its connection: how often on a day, when last, and what then. day is
-- empty for what counts whenever it was.
CREATE TABLE lti_sighting (
  id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  platformid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  what VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  day VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  seen BIGINT NOT NULL,
  detail TEXT NOT NULL,
  timelast DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY lti_sighting_day_uix (platformid, what, day),
  KEY lti_sighting_last_ix (timelast)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
