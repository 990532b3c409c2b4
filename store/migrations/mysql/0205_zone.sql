-- IANA name of the zone in which people read times, as somebody chose it. With ~ before it: as a site sent it. Empty: neither.
ALTER TABLE institution ADD COLUMN zone VARCHAR(65) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '';
