-- The schema, table by table, in an order to read it in. The three tool_policy tables are Moodle 4.5's.

-- Moodle 4.5's tool_policy: the same columns, so that rows travel both ways. Nothing may be added here.
CREATE TABLE tool_policy (
  id bigint(10) NOT NULL AUTO_INCREMENT,
  sortorder mediumint(5) NOT NULL DEFAULT 999,
  currentversionid bigint(10) DEFAULT NULL,
  PRIMARY KEY (id),
  KEY toolpoli_cur_ix (currentversionid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci COMMENT='Contains the list of policy documents defined on the site.';

-- Moodle 4.5's tool_policy_versions. Nothing may be added here.
CREATE TABLE tool_policy_versions (
  id bigint(10) NOT NULL AUTO_INCREMENT,
  name varchar(1333) NOT NULL DEFAULT '',
  type smallint(3) NOT NULL DEFAULT 0,
  audience smallint(3) NOT NULL DEFAULT 0,
  archived smallint(3) NOT NULL DEFAULT 0,
  usermodified bigint(10) NOT NULL,
  timecreated bigint(10) NOT NULL,
  timemodified bigint(10) NOT NULL,
  policyid bigint(10) NOT NULL,
  agreementstyle smallint(3) NOT NULL DEFAULT 0,
  optional smallint(3) NOT NULL DEFAULT 0,
  revision varchar(1333) NOT NULL DEFAULT '',
  summary longtext NOT NULL,
  summaryformat smallint(3) NOT NULL,
  content longtext NOT NULL,
  contentformat smallint(3) NOT NULL,
  PRIMARY KEY (id),
  KEY toolpolivers_use_ix (usermodified),
  KEY toolpolivers_pol_ix (policyid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci COMMENT='Holds versions of the policy documents';

-- Moodle 4.5's tool_policy_acceptances, here the projection of acceptance_event. Nothing may be added here.
CREATE TABLE tool_policy_acceptances (
  id bigint(10) NOT NULL AUTO_INCREMENT,
  policyversionid bigint(10) NOT NULL,
  userid bigint(10) NOT NULL,
  status tinyint(1) DEFAULT NULL,
  lang varchar(30) NOT NULL DEFAULT '',
  usermodified bigint(10) NOT NULL,
  timecreated bigint(10) NOT NULL,
  timemodified bigint(10) NOT NULL,
  note longtext DEFAULT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY toolpoliacce_poluse_uix (policyversionid,userid),
  KEY toolpoliacce_pol_ix (policyversionid),
  KEY toolpoliacce_use_ix (userid),
  KEY toolpoliacce_use2_ix (usermodified),
  -- Counts answers of a version, also by day, without reading them.
  KEY toolpoliacce_day_ix (policyversionid, status, userid, timemodified)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci COMMENT='Tracks users accepting the policy versions';

-- A tenant: owns policies and platforms.
CREATE TABLE institution (
  id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  name VARCHAR(190) NOT NULL,
  timecreated DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY institution_name_uix (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- A registered Moodle. issuer and clientid come from outside and are compared byte by byte.
CREATE TABLE lti_platform (
  id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  institutionid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  name VARCHAR(255) NOT NULL,
  issuer VARBINARY(255) NOT NULL,
  clientid VARBINARY(255) NOT NULL,
  authurl TEXT NOT NULL,
  tokenurl TEXT NOT NULL,
  jwksurl TEXT NOT NULL,
  anonymous TINYINT(1) NOT NULL,
  status VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  timecreated DATETIME(6) NOT NULL,
  -- Since when people of the platform were erased. NULL: nobody was.
  erasedsince DATETIME(6) NULL,
  -- Digests of the keys that its launches were signed with, with spaces between.
  keydigests VARCHAR(2000) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  PRIMARY KEY (id),
  UNIQUE KEY lti_platform_client_uix (issuer, clientid),
  KEY lti_platform_institution_ix (institutionid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The deployment ids that a platform's messages may carry.
CREATE TABLE lti_deployment (
  platformid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  deploymentid VARBINARY(255) NOT NULL,
  PRIMARY KEY (platformid, deploymentid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Right to register one platform, once. Only the token's SHA-256 is kept. A platformid without timeused is reserved: a
-- registration of this issuer and client id is under way.
CREATE TABLE lti_invitation (
  tokenhash BINARY(32) NOT NULL,
  institutionid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- The platform's name. Empty: its host.
  name VARCHAR(255) NOT NULL DEFAULT '',
  -- 1: the platform is active at once.
  activates TINYINT(1) NOT NULL DEFAULT 0,
  timecreated DATETIME(6) NOT NULL,
  expires DATETIME(6) NOT NULL,
  timeused DATETIME(6) NULL,
  platformid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
  issuer VARBINARY(255) NOT NULL DEFAULT '',
  clientid VARBINARY(255) NOT NULL DEFAULT '',
  PRIMARY KEY (tokenhash),
  -- Finds the invitations that expired.
  KEY lti_invitation_expires_ix (expires)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The tool's own signing keys. One row per use: next, current, previous.
CREATE TABLE tool_key (
  kid VARCHAR(190) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  keyuse VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  sealed BLOB NOT NULL,
  timecreated DATETIME(6) NOT NULL,
  PRIMARY KEY (kid),
  UNIQUE KEY tool_key_use_uix (keyuse)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Secrets made once and kept, such as the session key, sealed under a key of the key file.
CREATE TABLE secret (
  name VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  value BLOB NOT NULL,
  PRIMARY KEY (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- A person on one platform. id is what Moodle's userid columns refer to.
CREATE TABLE lti_user (
  id BIGINT NOT NULL AUTO_INCREMENT,
  platformid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  sub VARBINARY(255) NOT NULL,
  name VARCHAR(255) NOT NULL,
  givenname VARCHAR(255) NOT NULL,
  familyname VARCHAR(255) NOT NULL,
  email VARCHAR(255) NOT NULL,
  username VARCHAR(255) NOT NULL,
  idnumber VARCHAR(255) NOT NULL,
  lang VARCHAR(30) NOT NULL,
  timecreated DATETIME(6) NOT NULL,
  lastlaunch DATETIME(6) NOT NULL,
  -- The folded name by which people are listed, made by the program.
  sortname VARCHAR(190) NOT NULL DEFAULT '',
  -- The folded words by which people are found, made by the program.
  search VARCHAR(480) NOT NULL DEFAULT '',
  -- What is not a person: test, service or guest. Empty for people.
  class VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  -- When the person was erased in whose place this row stands, who has no name. NULL: it is a person.
  timeerased DATETIME(6) NULL,
  PRIMARY KEY (id),
  UNIQUE KEY lti_user_sub_uix (platformid, sub),
  -- The report reads people in the order of their names, and looks for words, in this index alone.
  KEY lti_user_report_ix (platformid, class, sortname, id, search)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- A course of a platform.
CREATE TABLE lti_context (
  platformid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  contextid VARBINARY(255) NOT NULL,
  label VARCHAR(255) NOT NULL,
  title VARCHAR(255) NOT NULL,
  timecreated DATETIME(6) NOT NULL,
  -- Where the platform lists the course's participants, as its last launch told. Empty: it does not.
  rosterurl VARBINARY(2000) NOT NULL DEFAULT '',
  PRIMARY KEY (platformid, contextid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Who launched in which course, with which signed roles.
CREATE TABLE lti_membership (
  platformid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  contextid VARBINARY(255) NOT NULL,
  userid BIGINT NOT NULL,
  roles TEXT NOT NULL,
  lastlaunch DATETIME(6) NOT NULL,
  PRIMARY KEY (platformid, contextid, userid),
  KEY lti_membership_user_ix (userid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Nonces already used. admission tells a retry of the same launch's transaction from a replay.
CREATE TABLE lti_nonce (
  hash BINARY(32) NOT NULL,
  admission CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  expires DATETIME(6) NOT NULL,
  PRIMARY KEY (hash),
  KEY lti_nonce_expires_ix (expires)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What a launch told, until it expires. Only the SHA-256 of the browser's secret is kept.
CREATE TABLE lti_session (
  id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  secrethash BINARY(32) NOT NULL,
  platformid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  institutionid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  userid BIGINT NOT NULL,
  sub VARBINARY(255) NOT NULL,
  name VARCHAR(255) NOT NULL,
  admin TINYINT(1) NOT NULL,
  teacher TINYINT(1) NOT NULL,
  guest TINYINT(1) NOT NULL,
  framed TINYINT(1) NOT NULL,
  contextid VARBINARY(255) NOT NULL,
  contexttitle VARCHAR(255) NOT NULL,
  resourcelinkid VARBINARY(255) NOT NULL,
  deploymentid VARBINARY(255) NOT NULL,
  roles TEXT NOT NULL,
  returnurl TEXT NOT NULL,
  locale VARCHAR(30) NOT NULL,
  uilang VARCHAR(35) NOT NULL,
  origin VARCHAR(255) NOT NULL,
  target TEXT NOT NULL,
  timecreated DATETIME(6) NOT NULL,
  expires DATETIME(6) NOT NULL,
  -- The Moodle activity that a launch came from, to lead its reader back there.
  cmid BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (id),
  KEY lti_session_expires_ix (expires)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What a session's deep linking request asked for. usedby is the answer that used it up.
CREATE TABLE lti_deep_link (
  sessionid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  settings TEXT NOT NULL,
  expires DATETIME(6) NOT NULL,
  usedby CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
  PRIMARY KEY (sessionid),
  KEY lti_deep_link_expires_ix (expires)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The login door of a platform: the plugin's authorisation endpoint, what members are asked (a serial that
-- grows with each change), and the notice of it that the plugin is owed: stateserial > delivered.
CREATE TABLE lti_door (
  platformid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  authurl TEXT NOT NULL,
  statehash CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  stateserial BIGINT NOT NULL,
  versions TEXT NOT NULL,
  delivered BIGINT NOT NULL,
  tries INT NOT NULL,
  nexttry DATETIME(6) NOT NULL,
  timecreated DATETIME(6) NOT NULL,
  timemodified DATETIME(6) NOT NULL,
  PRIMARY KEY (platformid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What a launch through a door told besides its session: the one-time value that the answer must repeat.
CREATE TABLE lti_door_launch (
  sessionid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  nonce VARBINARY(255) NOT NULL,
  contact VARCHAR(255) NOT NULL,
  expires DATETIME(6) NOT NULL,
  PRIMARY KEY (sessionid),
  KEY lti_door_launch_expires_ix (expires)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What tool_policy has no place for.
CREATE TABLE policy_detail (
  policyid BIGINT NOT NULL,
  institutionid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  slug VARCHAR(190) NOT NULL,
  -- 1: the policy is asked only in courses that ask for it.
  courses TINYINT(1) NOT NULL DEFAULT 0,
  -- Counts the acts that change what of the policy applies or waits: each compares and sets it, so that no two of
  -- them go by what the other one overtook.
  turn BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (policyid),
  UNIQUE KEY policy_detail_slug_uix (institutionid, slug)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- On which platforms of its institution a policy applies. With platformid * it is on all of them, also those to come.
CREATE TABLE policy_platform (
  platformid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  policyid BIGINT NOT NULL,
  PRIMARY KEY (platformid, policyid),
  KEY policy_platform_policy_ix (policyid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What tool_policy_versions has no place for. lang and digest are of the version row's own text.
CREATE TABLE policy_version_detail (
  versionid BIGINT NOT NULL,
  materialid BIGINT NOT NULL,
  kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  lang VARCHAR(35) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  digest CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  effectivefrom DATETIME(6) NULL,
  changenote TEXT NOT NULL,
  -- Whom to ask about a version.
  contact VARCHAR(255) NOT NULL DEFAULT '',
  -- Counts the saves of a draft, so that of two editors the second sees that the first was there.
  edit BIGINT NOT NULL DEFAULT 0,
  -- The time zone in which somebody meant the day on which the version begins to apply.
  zone VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  -- When the version became active. NULL: never, or nobody wrote it down.
  activefrom DATETIME(6) NULL,
  -- 1: the version is active or was, and nothing of it that people read changes any more.
  published TINYINT(1) NOT NULL DEFAULT 0,
  PRIMARY KEY (versionid),
  KEY policy_version_detail_material_ix (materialid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Translations. The version's own row holds the primary language.
CREATE TABLE policy_version_text (
  versionid BIGINT NOT NULL,
  lang VARCHAR(35) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  name VARCHAR(1333) NOT NULL,
  summary LONGTEXT NOT NULL,
  content LONGTEXT NOT NULL,
  digest CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (versionid, lang)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Where a draft is to be asked once it applies: in whole sites or only in courses that ask for it. The sites stand in
-- policy_draft_platform. Without a row a draft is for where its policy applies.
CREATE TABLE policy_draft_scope (
  versionid BIGINT NOT NULL,
  courses SMALLINT NOT NULL,
  PRIMARY KEY (versionid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- On which platforms a draft is to be asked, see policy_draft_scope. platformid * means all of them.
CREATE TABLE policy_draft_platform (
  versionid BIGINT NOT NULL,
  platformid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (versionid, platformid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What people typed into the editor of a draft and have not saved: the form as it was, for nobody else.
-- versionid 0: a policy that does not exist yet.
CREATE TABLE policy_autosave (
  id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  institutionid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  versionid BIGINT NOT NULL,
  userid BIGINT NOT NULL,
  page VARCHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  edit BIGINT NOT NULL,
  form MEDIUMTEXT NOT NULL,
  timecreated DATETIME(6) NOT NULL,
  timemodified DATETIME(6) NOT NULL,
  expires DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY policy_autosave_version_uix (institutionid, versionid, userid),
  KEY policy_autosave_expires_ix (expires)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Drafts that become active by themselves. One a policy.
CREATE TABLE policy_schedule (
  policyid BIGINT NOT NULL,
  versionid BIGINT NOT NULL,
  effectivefrom DATETIME(6) NOT NULL,
  minor TINYINT(1) NOT NULL,
  actor VARCHAR(255) NOT NULL,
  -- What was decided on: which edit of the draft, and which version was active (0: none).
  edit BIGINT NOT NULL,
  replaces BIGINT NOT NULL,
  -- Why it could not become active, how often it was tried, and when it is next.
  tries INT NOT NULL DEFAULT 0,
  failure VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  failedat DATETIME(6) NULL,
  nexttry DATETIME(6) NULL,
  PRIMARY KEY (policyid),
  KEY policy_schedule_due_ix (effectivefrom)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Images of policy texts, named by the SHA-256 of their bytes and never changed. timeused is when a text last took
-- one: what no text shows is deleted some time after.
CREATE TABLE policy_image (
  digest CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  mediatype VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  width INT NOT NULL,
  height INT NOT NULL,
  data MEDIUMBLOB NOT NULL,
  institutionid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  userid BIGINT NOT NULL,
  timecreated DATETIME(6) NOT NULL,
  timeused DATETIME(6) NOT NULL,
  PRIMARY KEY (digest),
  KEY policy_image_used_ix (timeused)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Which versions show an image, in any of their languages.
CREATE TABLE policy_image_use (
  versionid BIGINT NOT NULL,
  digest CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (versionid, digest),
  KEY policy_image_use_digest_ix (digest)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- One row per act of answering: append-only. presentation is NULL where there was no form, so that the
-- unique key binds only answers that came from one. shard and number are its place in the evidence log's entries, and
-- hash is what the log holds. What names a person stands here in clear and is not hashed; in its place are the
-- commitments subject, actor, noted and circumstance, under keys that come from person_secret.
CREATE TABLE acceptance_event (
  id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  shard SMALLINT NOT NULL,
  number BIGINT NOT NULL,
  timerecorded DATETIME(6) NOT NULL,
  timecreated DATETIME(6) NOT NULL,
  institutionid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  platformid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  issuer VARBINARY(255) NOT NULL,
  userid BIGINT NOT NULL,
  sub VARBINARY(255) NOT NULL,
  actorid BIGINT NOT NULL,
  actorsub VARBINARY(255) NOT NULL,
  relation VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  policyid BIGINT NOT NULL,
  versionid BIGINT NOT NULL,
  materialid BIGINT NOT NULL,
  policyname TEXT NOT NULL,
  revision TEXT NOT NULL,
  kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  lang VARCHAR(35) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  uilang VARCHAR(35) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  digest CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  statement TEXT NOT NULL,
  button TEXT NOT NULL,
  opened TEXT NOT NULL,
  rule TEXT NOT NULL,
  answer VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  standing INT NOT NULL,
  note MEDIUMTEXT NOT NULL,
  scope VARBINARY(255) NOT NULL,
  validuntil DATETIME(6) NULL,
  launchid VARBINARY(255) NOT NULL,
  deploymentid VARBINARY(255) NOT NULL,
  contextid VARBINARY(255) NOT NULL,
  resourcelinkid VARBINARY(255) NOT NULL,
  roles TEXT NOT NULL,
  presentation VARBINARY(64) NULL,
  subject BINARY(32) NOT NULL,
  actor BINARY(32) NOT NULL,
  noted BINARY(32) NOT NULL,
  circumstance BINARY(32) NOT NULL,
  hash CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY acceptance_event_presentation_uix (presentation, versionid),
  -- Numbers the answers of a shard.
  UNIQUE KEY acceptance_event_number_uix (shard, number),
  KEY acceptance_event_user_ix (userid, versionid, timecreated),
  -- Finds what somebody did for others.
  KEY acceptance_event_actor_ix (actorid),
  KEY acceptance_event_platform_ix (platformid, timecreated)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The secret of each person about whom, or by whom, there is an answer, sealed: the keys of their entries come from it.
-- Where it is gone, the entries belong to nobody.
CREATE TABLE person_secret (
  userid BIGINT NOT NULL,
  secret VARBINARY(255) NOT NULL,
  timecreated DATETIME(6) NOT NULL,
  PRIMARY KEY (userid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The log's leaves: leaf idx is the hash of the entry with this number of this shard, an answer or an act.
CREATE TABLE evidence_leaf (
  idx BIGINT NOT NULL,
  shard SMALLINT NOT NULL,
  number BIGINT NOT NULL,
  hash BINARY(32) NOT NULL,
  PRIMARY KEY (idx),
  UNIQUE KEY evidence_leaf_number_uix (shard, number)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The log's tree, in the order of golang.org/x/mod/sumdb/tlog's stored hashes.
CREATE TABLE evidence_hash (
  idx BIGINT NOT NULL,
  hash BINARY(32) NOT NULL,
  PRIMARY KEY (idx)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Signed notes over the log's size and tree hash.
CREATE TABLE evidence_checkpoint (
  size BIGINT NOT NULL,
  note TEXT NOT NULL,
  timecreated DATETIME(6) NOT NULL,
  -- 1: it stays: the first of its hour, or it was given out, to be kept elsewhere.
  kept TINYINT(1) NOT NULL DEFAULT 0,
  PRIMARY KEY (size),
  -- Finds the checkpoints of a time.
  KEY evidence_checkpoint_time_ix (timecreated, size),
  -- Finds those that nobody keeps.
  KEY evidence_checkpoint_kept_ix (kept, timecreated)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The last number that was given to an entry of each shard, in the transaction of the entry: an entry that is taken
-- away at the end leaves its number here. A shard without a row has given none.
CREATE TABLE evidence_shard (
  shard SMALLINT NOT NULL,
  last BIGINT NOT NULL,
  PRIMARY KEY (shard)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Who outside is sent checkpoints, and what arrived last. name is what the operator wrote.
CREATE TABLE evidence_witness (
  name VARCHAR(255) NOT NULL,
  size BIGINT NOT NULL,
  timesent DATETIME(6) NOT NULL,
  nexttry DATETIME(6) NOT NULL,
  failure VARCHAR(1000) NOT NULL,
  PRIMARY KEY (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Which policies an activity asks its course for, by slug, as its signed custom parameter said last.
CREATE TABLE lti_link_policy (
  platformid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  resourcelinkid VARBINARY(255) NOT NULL,
  contextid VARBINARY(255) NOT NULL,
  slug VARCHAR(190) NOT NULL,
  PRIMARY KEY (platformid, resourcelinkid, slug),
  KEY lti_link_policy_context_ix (platformid, contextid, slug)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The line item of an activity, as its last launch told. Empty: it has none, or no scores may be sent to it.
CREATE TABLE lti_line_item (
  platformid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  resourcelinkid VARBINARY(255) NOT NULL,
  contextid VARBINARY(255) NOT NULL,
  url VARBINARY(2000) NOT NULL,
  PRIMARY KEY (platformid, resourcelinkid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Scores owed to platforms: one row for each activity that a learner opened, so that only the newest state
-- is ever owed. wanted and sent: 0 no score, 1 full score, and sent is 2 while it is unknown what arrived. due is
-- when to look at the row next, NULL if there is nothing to do. stamp is the time of the last score that was sent.
CREATE TABLE outbox (
  platformid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  resourcelinkid VARBINARY(255) NOT NULL,
  userid BIGINT NOT NULL,
  contextid VARBINARY(255) NOT NULL,
  sub VARBINARY(255) NOT NULL,
  lineitem VARBINARY(2000) NOT NULL,
  wanted TINYINT NOT NULL,
  sent TINYINT NOT NULL,
  stamp DATETIME(6) NULL,
  revision BIGINT NOT NULL,
  due DATETIME(6) NULL,
  owedsince DATETIME(6) NULL,
  attempts INT NOT NULL,
  dead TINYINT(1) NOT NULL,
  failure VARCHAR(255) NOT NULL,
  timemodified DATETIME(6) NOT NULL,
  -- 1: a publication made the score due, for many people at once, and it waits for those of people's own acts.
  waits TINYINT NOT NULL DEFAULT 0,
  PRIMARY KEY (platformid, resourcelinkid, userid),
  KEY outbox_due_ix (due),
  KEY outbox_user_ix (userid),
  KEY outbox_context_ix (platformid, contextid, resourcelinkid, userid),
  KEY outbox_dead_ix (dead, platformid),
  -- What is due at a platform, in the order in which it is sent.
  KEY outbox_turn_ix (platformid, waits, due),
  -- How much is owed and since when, however much that is.
  KEY outbox_owed_ix (dead, owedsince, platformid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Learners whose owed scores must be worked out again, because what they are asked changed: of one course, or of a
-- whole platform if contextid is empty. The last learner that was looked at is kept, so that a restart goes on there.
CREATE TABLE gate_check (
  id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  platformid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  contextid VARBINARY(255) NOT NULL,
  due DATETIME(6) NOT NULL,
  atlink VARBINARY(255) NOT NULL,
  atuser BIGINT NOT NULL,
  PRIMARY KEY (id),
  KEY gate_check_due_ix (due)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What is known of a course's roster. generation names the members of the last whole one, filling those of a fetch
-- that is under way until leaseduntil, stale those of the one before, which readers may still be at.
CREATE TABLE lti_roster (
  platformid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  contextid VARBINARY(255) NOT NULL,
  generation CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  filling CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  stale CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  leaseduntil DATETIME(6) NULL,
  members BIGINT NOT NULL,
  timefetched DATETIME(6) NULL,
  timefailed DATETIME(6) NULL,
  failure VARCHAR(64) NOT NULL,
  PRIMARY KEY (platformid, contextid),
  -- Finds lists that nobody opened for long.
  KEY lti_roster_fetched_ix (timefetched),
  -- Finds what names a list of members.
  KEY lti_roster_generation_ix (generation),
  -- Finds what names a list of members.
  KEY lti_roster_stale_ix (stale),
  -- Finds what names a list of members.
  KEY lti_roster_filling_ix (filling)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The members of one fetch of a roster, in the platform's order.
CREATE TABLE lti_roster_member (
  generation CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  sub VARBINARY(255) NOT NULL,
  position BIGINT NOT NULL,
  teacher TINYINT(1) NOT NULL,
  name VARCHAR(255) NOT NULL,
  givenname VARCHAR(255) NOT NULL,
  familyname VARCHAR(255) NOT NULL,
  email VARCHAR(255) NOT NULL,
  idnumber VARCHAR(255) NOT NULL,
  PRIMARY KEY (generation, sub),
  KEY lti_roster_member_position_ix (generation, position)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Which policy of a Moodle site became which of ours. moodleid is that site's tool_policy.id.
CREATE TABLE moodle_policy (
  platformid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  moodleid BIGINT NOT NULL,
  policyid BIGINT NOT NULL,
  PRIMARY KEY (platformid, moodleid),
  UNIQUE KEY moodle_policy_uix (policyid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Which version of a Moodle site became which of ours, with its texts exactly as they stood there. digest is of
-- the primary text that was made of them: while it holds, an export gives Moodle its own texts back.
CREATE TABLE moodle_version (
  platformid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  moodleid BIGINT NOT NULL,
  versionid BIGINT NOT NULL,
  name VARCHAR(1333) NOT NULL,
  summary LONGTEXT NOT NULL,
  summaryformat SMALLINT NOT NULL,
  content LONGTEXT NOT NULL,
  contentformat SMALLINT NOT NULL,
  digest CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (platformid, moodleid),
  UNIQUE KEY moodle_version_uix (versionid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The highest tool_policy_acceptances.id that was taken over from a Moodle site: an export numbers new rows above it.
CREATE TABLE moodle_import (
  platformid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  acceptanceid BIGINT NOT NULL,
  timemodified DATETIME(6) NOT NULL,
  -- Answers that were taken over since an import was last finished: an import that was broken off is finished by
  -- the next one.
  openanswers BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (platformid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What an administrator let a person of a platform do: policies, report, behalf.
CREATE TABLE admin_grant (
  platformid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  userid BIGINT NOT NULL,
  power VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  actor VARCHAR(255) NOT NULL,
  timecreated DATETIME(6) NOT NULL,
  PRIMARY KEY (platformid, userid, power)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What operators and administrators did: append-only. Rows copy what they mention. shard and number are its place in
-- the evidence log's entries, hash is what the log holds. Who acted is not hashed, and neither is what an act about a
-- person says: in their place are the commitments actormark and aboutmark, under keys of this row alone.
CREATE TABLE admin_log (
  id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  shard SMALLINT NOT NULL,
  number BIGINT NOT NULL,
  timecreated DATETIME(6) NOT NULL,
  institutionid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  actorid BIGINT NOT NULL,
  actor VARCHAR(255) NOT NULL,
  actorkey BINARY(32) NULL,
  actormark BINARY(32) NOT NULL,
  action VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  object VARCHAR(255) NOT NULL,
  detail TEXT NOT NULL,
  aboutkey BINARY(32) NULL,
  -- NULL: the act is about nobody, and object and detail are hashed.
  aboutmark BINARY(32) NULL,
  hash CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (id),
  -- Numbers the acts of a shard.
  UNIQUE KEY admin_log_number_uix (shard, number),
  -- Finds what somebody did.
  KEY admin_log_person_ix (actorid),
  KEY admin_log_time_ix (institutionid, timecreated),
  -- The log of somebody, newest first.
  KEY admin_log_actor_ix (institutionid, actor, timecreated),
  -- The log of an act, newest first.
  KEY admin_log_action_ix (institutionid, action, timecreated),
  -- Finds the views that are old.
  KEY admin_log_end_ix (action, timecreated)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Whom an entry of the admin log is about.
CREATE TABLE admin_log_person (
  userid BIGINT NOT NULL,
  entryid CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (userid, entryid),
  -- Finds them by the entry.
  KEY admin_log_person_entry_ix (entryid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What became of a transaction: written by it, or in its place by whoever never learnt whether it was committed.
CREATE TABLE tx_receipt (
  id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  state VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  expires DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  KEY tx_receipt_expires_ix (expires)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Which replica does a background job, until when.
CREATE TABLE job_lease (
  name VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  token CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  leaseduntil DATETIME(6) NOT NULL,
  PRIMARY KEY (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The processes that serve, and when each last wrote here: that it can is a part of being ready.
CREATE TABLE replica (
  id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  timeseen DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  KEY replica_timeseen_ix (timeseen)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
