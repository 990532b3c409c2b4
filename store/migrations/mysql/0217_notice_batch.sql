-- What one act sends to many people of a course: which course, when, and what each letter says alike. step tells it
-- from the others of the course.
CREATE TABLE notice_batch (
  id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  platformid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  contextid VARBINARY(255) NOT NULL,
  step VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- For people of whom nobody knows a language.
  lang VARCHAR(35) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- Where people answer.
  link VARBINARY(2000) NOT NULL,
  -- Not before, and no more after.
  due DATETIME(6) NOT NULL,
  expires DATETIME(6) NOT NULL,
  timecreated DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY notice_batch_step_uix (platformid, contextid, step),
  KEY notice_batch_created_ix (timecreated)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
