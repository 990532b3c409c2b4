-- A notice to one person, once for each batch. state: planned; sending, since the mail server has all of it but the
-- end; sent; failed; pointless.
CREATE TABLE notice (
  batchid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  sub VARBINARY(255) NOT NULL,
  platformid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  state VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- planned: when it is tried next. sending: until when its outcome is waited for. NULL: it has ended.
  due DATETIME(6) NULL,
  tries INT NOT NULL,
  failure VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- Of whoever handed it over.
  token VARCHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  timeended DATETIME(6) NULL,
  timecreated DATETIME(6) NOT NULL,
  PRIMARY KEY (batchid, sub),
  -- What is due at a site, in the order in which it is sent.
  KEY notice_due_ix (platformid, state, due),
  -- Finds a person's.
  KEY notice_person_ix (platformid, sub),
  KEY notice_created_ix (timecreated)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
