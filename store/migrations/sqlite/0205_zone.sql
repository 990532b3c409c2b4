-- IANA name of the zone in which people read times, as somebody chose it. With ~ before it: as a site sent it. Empty: neither.
ALTER TABLE institution ADD COLUMN zone TEXT NOT NULL DEFAULT '';
