-- A notice to one person, once for each batch. state: planned; sending, since the mail server has all of it but the
-- end; sent; failed; pointless.
CREATE TABLE notice (
  batchid TEXT NOT NULL,
  sub TEXT NOT NULL,
  platformid TEXT NOT NULL,
  state TEXT NOT NULL,
  -- planned: when it is tried next. sending: until when its outcome is waited for. NULL: it has ended.
  due DATETIME NULL,
  tries INTEGER NOT NULL,
  failure TEXT NOT NULL,
  -- Of whoever handed it over.
  token TEXT NOT NULL,
  timeended DATETIME NULL,
  timecreated DATETIME NOT NULL,
  PRIMARY KEY (batchid, sub)
);
-- What is due at a site, in the order in which it is sent.
CREATE INDEX notice_due_ix ON notice (platformid, state, due);
-- Finds a person's.
CREATE INDEX notice_person_ix ON notice (platformid, sub);
CREATE INDEX notice_created_ix ON notice (timecreated);
