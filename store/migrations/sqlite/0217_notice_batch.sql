-- What one act sends to many people of a course: which course, when, and what each letter says alike. step tells it
-- from the others of the course.
CREATE TABLE notice_batch (
  id TEXT NOT NULL,
  platformid TEXT NOT NULL,
  contextid TEXT NOT NULL,
  step TEXT NOT NULL,
  -- For people of whom nobody knows a language.
  lang TEXT NOT NULL,
  -- Where people answer.
  link TEXT NOT NULL,
  -- Not before, and no more after.
  due DATETIME NOT NULL,
  expires DATETIME NOT NULL,
  timecreated DATETIME NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX notice_batch_step_uix ON notice_batch (platformid, contextid, step);
CREATE INDEX notice_batch_created_ix ON notice_batch (timecreated);
