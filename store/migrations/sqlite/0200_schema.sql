-- The schema, table by table, in an order to read it in. The three tool_policy tables are Moodle 4.5's.

-- Moodle 4.5's tool_policy: the same columns, so that rows travel both ways. Nothing may be added here.
CREATE TABLE tool_policy (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sortorder INTEGER NOT NULL DEFAULT 999,
  currentversionid INTEGER DEFAULT NULL
);
CREATE INDEX toolpoli_cur_ix ON tool_policy (currentversionid);

-- Moodle 4.5's tool_policy_versions. Nothing may be added here.
CREATE TABLE tool_policy_versions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL DEFAULT '',
  type INTEGER NOT NULL DEFAULT 0,
  audience INTEGER NOT NULL DEFAULT 0,
  archived INTEGER NOT NULL DEFAULT 0,
  usermodified INTEGER NOT NULL,
  timecreated INTEGER NOT NULL,
  timemodified INTEGER NOT NULL,
  policyid INTEGER NOT NULL,
  agreementstyle INTEGER NOT NULL DEFAULT 0,
  optional INTEGER NOT NULL DEFAULT 0,
  revision TEXT NOT NULL DEFAULT '',
  summary TEXT NOT NULL,
  summaryformat INTEGER NOT NULL,
  content TEXT NOT NULL,
  contentformat INTEGER NOT NULL
);
CREATE INDEX toolpolivers_use_ix ON tool_policy_versions (usermodified);
CREATE INDEX toolpolivers_pol_ix ON tool_policy_versions (policyid);

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
-- Counts answers of a version, also by day, without reading them.
CREATE INDEX toolpoliacce_day_ix ON tool_policy_acceptances (policyversionid, status, userid, timemodified);

-- A tenant: owns policies and platforms.
CREATE TABLE institution (
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  timecreated DATETIME NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX institution_name_uix ON institution (name);

-- A registered Moodle. issuer and clientid come from outside and are compared byte by byte.
CREATE TABLE lti_platform (
  id TEXT NOT NULL,
  institutionid TEXT NOT NULL,
  name TEXT NOT NULL,
  issuer TEXT NOT NULL,
  clientid TEXT NOT NULL,
  authurl TEXT NOT NULL,
  tokenurl TEXT NOT NULL,
  jwksurl TEXT NOT NULL,
  anonymous INTEGER NOT NULL,
  status TEXT NOT NULL,
  timecreated DATETIME NOT NULL,
  -- Since when people of the platform were erased. NULL: nobody was.
  erasedsince DATETIME NULL,
  -- Digests of the keys that its launches were signed with, with spaces between.
  keydigests TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX lti_platform_client_uix ON lti_platform (issuer, clientid);
CREATE INDEX lti_platform_institution_ix ON lti_platform (institutionid);

-- The deployment ids that a platform's messages may carry.
CREATE TABLE lti_deployment (
  platformid TEXT NOT NULL,
  deploymentid TEXT NOT NULL,
  PRIMARY KEY (platformid, deploymentid)
) WITHOUT ROWID;

-- Right to register one platform, once. Only the token's SHA-256 is kept. A platformid without timeused is reserved: a
-- registration of this issuer and client id is under way.
CREATE TABLE lti_invitation (
  tokenhash BLOB NOT NULL,
  institutionid TEXT NOT NULL,
  -- The platform's name. Empty: its host.
  name TEXT NOT NULL DEFAULT '',
  -- 1: the platform is active at once.
  activates INTEGER NOT NULL DEFAULT 0,
  timecreated DATETIME NOT NULL,
  expires DATETIME NOT NULL,
  timeused DATETIME NULL,
  platformid TEXT NULL,
  issuer TEXT NOT NULL DEFAULT '',
  clientid TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (tokenhash)
);
-- Finds the invitations that expired.
CREATE INDEX lti_invitation_expires_ix ON lti_invitation (expires);

-- The tool's own signing keys. One row per use: next, current, previous.
CREATE TABLE tool_key (
  kid TEXT NOT NULL,
  keyuse TEXT NOT NULL,
  sealed BLOB NOT NULL,
  timecreated DATETIME NOT NULL,
  PRIMARY KEY (kid)
);
CREATE UNIQUE INDEX tool_key_use_uix ON tool_key (keyuse);

-- Secrets made once and kept, such as the session key, sealed under a key of the key file.
CREATE TABLE secret (
  name TEXT NOT NULL,
  value BLOB NOT NULL,
  PRIMARY KEY (name)
);

-- A person on one platform. id is what Moodle's userid columns refer to.
CREATE TABLE lti_user (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  platformid TEXT NOT NULL,
  sub TEXT NOT NULL,
  name TEXT NOT NULL,
  givenname TEXT NOT NULL,
  familyname TEXT NOT NULL,
  email TEXT NOT NULL,
  username TEXT NOT NULL,
  idnumber TEXT NOT NULL,
  lang TEXT NOT NULL,
  timecreated DATETIME NOT NULL,
  lastlaunch DATETIME NOT NULL,
  -- The folded name by which people are listed, made by the program.
  sortname TEXT NOT NULL DEFAULT '',
  -- The folded words by which people are found, made by the program.
  search TEXT NOT NULL DEFAULT '',
  -- What is not a person: test, service or guest. Empty for people.
  class TEXT NOT NULL DEFAULT '',
  -- When the person was erased in whose place this row stands, who has no name. NULL: it is a person.
  timeerased DATETIME NULL
);
CREATE UNIQUE INDEX lti_user_sub_uix ON lti_user (platformid, sub);
-- The report reads people in the order of their names, and looks for words, in this index alone.
CREATE INDEX lti_user_report_ix ON lti_user (platformid, class, sortname, id, search);

-- A course of a platform.
CREATE TABLE lti_context (
  platformid TEXT NOT NULL,
  contextid TEXT NOT NULL,
  label TEXT NOT NULL,
  title TEXT NOT NULL,
  timecreated DATETIME NOT NULL,
  -- Where the platform lists the course's participants, as its last launch told. Empty: it does not.
  rosterurl TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (platformid, contextid)
);

-- Who launched in which course, with which signed roles.
CREATE TABLE lti_membership (
  platformid TEXT NOT NULL,
  contextid TEXT NOT NULL,
  userid INTEGER NOT NULL,
  roles TEXT NOT NULL,
  lastlaunch DATETIME NOT NULL,
  PRIMARY KEY (platformid, contextid, userid)
);
CREATE INDEX lti_membership_user_ix ON lti_membership (userid);

-- Nonces already used. admission tells a retry of the same launch's transaction from a replay.
CREATE TABLE lti_nonce (
  hash BLOB NOT NULL,
  admission TEXT NOT NULL,
  expires DATETIME NOT NULL,
  PRIMARY KEY (hash)
) WITHOUT ROWID;
CREATE INDEX lti_nonce_expires_ix ON lti_nonce (expires);

-- What a launch told, until it expires. Only the SHA-256 of the browser's secret is kept.
CREATE TABLE lti_session (
  id TEXT NOT NULL,
  secrethash BLOB NOT NULL,
  platformid TEXT NOT NULL,
  institutionid TEXT NOT NULL,
  userid INTEGER NOT NULL,
  sub TEXT NOT NULL,
  name TEXT NOT NULL,
  admin INTEGER NOT NULL,
  teacher INTEGER NOT NULL,
  guest INTEGER NOT NULL,
  framed INTEGER NOT NULL,
  contextid TEXT NOT NULL,
  contexttitle TEXT NOT NULL,
  resourcelinkid TEXT NOT NULL,
  deploymentid TEXT NOT NULL,
  roles TEXT NOT NULL,
  returnurl TEXT NOT NULL,
  locale TEXT NOT NULL,
  uilang TEXT NOT NULL,
  origin TEXT NOT NULL,
  target TEXT NOT NULL,
  timecreated DATETIME NOT NULL,
  expires DATETIME NOT NULL,
  -- The Moodle activity that a launch came from, to lead its reader back there.
  cmid INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (id)
);
CREATE INDEX lti_session_expires_ix ON lti_session (expires);

-- What a session's deep linking request asked for. usedby is the answer that used it up.
CREATE TABLE lti_deep_link (
  sessionid TEXT NOT NULL,
  settings TEXT NOT NULL,
  expires DATETIME NOT NULL,
  usedby TEXT,
  PRIMARY KEY (sessionid)
);
CREATE INDEX lti_deep_link_expires_ix ON lti_deep_link (expires);

-- The login door of a platform: the plugin's authorisation endpoint, what members are asked (a serial that
-- grows with each change), and the notice of it that the plugin is owed: stateserial > delivered.
CREATE TABLE lti_door (
  platformid TEXT NOT NULL,
  authurl TEXT NOT NULL,
  statehash TEXT NOT NULL,
  stateserial INTEGER NOT NULL,
  versions TEXT NOT NULL,
  delivered INTEGER NOT NULL,
  tries INTEGER NOT NULL,
  nexttry DATETIME NOT NULL,
  timecreated DATETIME NOT NULL,
  timemodified DATETIME NOT NULL,
  PRIMARY KEY (platformid)
);

-- What a launch through a door told besides its session: the one-time value that the answer must repeat.
CREATE TABLE lti_door_launch (
  sessionid TEXT NOT NULL,
  nonce TEXT NOT NULL,
  contact TEXT NOT NULL,
  expires DATETIME NOT NULL,
  PRIMARY KEY (sessionid)
);
CREATE INDEX lti_door_launch_expires_ix ON lti_door_launch (expires);

-- What tool_policy has no place for.
CREATE TABLE policy_detail (
  policyid INTEGER NOT NULL,
  institutionid TEXT NOT NULL,
  slug TEXT NOT NULL,
  -- 1: the policy is asked only in courses that ask for it.
  courses INTEGER NOT NULL DEFAULT 0,
  -- Counts the acts that change what of the policy applies or waits: each compares and sets it, so that no two of
  -- them go by what the other one overtook.
  turn INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (policyid)
);
CREATE UNIQUE INDEX policy_detail_slug_uix ON policy_detail (institutionid, slug);

-- On which platforms of its institution a policy applies. With platformid * it is on all of them, also those to come.
CREATE TABLE policy_platform (
  platformid TEXT NOT NULL,
  policyid INTEGER NOT NULL,
  PRIMARY KEY (platformid, policyid)
) WITHOUT ROWID;
CREATE INDEX policy_platform_policy_ix ON policy_platform (policyid);

-- What tool_policy_versions has no place for. lang and digest are of the version row's own text.
CREATE TABLE policy_version_detail (
  versionid INTEGER NOT NULL,
  materialid INTEGER NOT NULL,
  kind TEXT NOT NULL,
  lang TEXT NOT NULL,
  digest TEXT NOT NULL,
  effectivefrom DATETIME NULL,
  changenote TEXT NOT NULL,
  -- Whom to ask about a version.
  contact TEXT NOT NULL DEFAULT '',
  -- Counts the saves of a draft, so that of two editors the second sees that the first was there.
  edit INTEGER NOT NULL DEFAULT 0,
  -- The time zone in which somebody meant the day on which the version begins to apply.
  zone TEXT NOT NULL DEFAULT '',
  -- When the version became active. NULL: never, or nobody wrote it down.
  activefrom DATETIME,
  -- 1: the version is active or was, and nothing of it that people read changes any more.
  published INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (versionid)
);
CREATE INDEX policy_version_detail_material_ix ON policy_version_detail (materialid);

-- Translations. The version's own row holds the primary language.
CREATE TABLE policy_version_text (
  versionid INTEGER NOT NULL,
  lang TEXT NOT NULL,
  name TEXT NOT NULL,
  summary TEXT NOT NULL,
  content TEXT NOT NULL,
  digest TEXT NOT NULL,
  PRIMARY KEY (versionid, lang)
);

-- Where a draft is to be asked once it applies: in whole sites or only in courses that ask for it. The sites stand in
-- policy_draft_platform. Without a row a draft is for where its policy applies.
CREATE TABLE policy_draft_scope (
  versionid INTEGER NOT NULL,
  courses INTEGER NOT NULL,
  PRIMARY KEY (versionid)
);

-- On which platforms a draft is to be asked, see policy_draft_scope. platformid * means all of them.
CREATE TABLE policy_draft_platform (
  versionid INTEGER NOT NULL,
  platformid TEXT NOT NULL,
  PRIMARY KEY (versionid, platformid)
) WITHOUT ROWID;

-- What people typed into the editor of a draft and have not saved: the form as it was, for nobody else.
-- versionid 0: a policy that does not exist yet.
CREATE TABLE policy_autosave (
  id TEXT NOT NULL,
  institutionid TEXT NOT NULL,
  versionid INTEGER NOT NULL,
  userid INTEGER NOT NULL,
  page TEXT NOT NULL,
  edit INTEGER NOT NULL,
  form TEXT NOT NULL,
  timecreated DATETIME NOT NULL,
  timemodified DATETIME NOT NULL,
  expires DATETIME NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX policy_autosave_version_uix ON policy_autosave (institutionid, versionid, userid);
CREATE INDEX policy_autosave_expires_ix ON policy_autosave (expires);

-- Drafts that become active by themselves. One a policy.
CREATE TABLE policy_schedule (
  policyid INTEGER NOT NULL,
  versionid INTEGER NOT NULL,
  effectivefrom DATETIME NOT NULL,
  minor INTEGER NOT NULL,
  actor TEXT NOT NULL,
  -- What was decided on: which edit of the draft, and which version was active (0: none).
  edit INTEGER NOT NULL,
  replaces INTEGER NOT NULL,
  -- Why it could not become active, how often it was tried, and when it is next.
  tries INTEGER NOT NULL DEFAULT 0,
  failure TEXT NOT NULL DEFAULT '',
  failedat DATETIME NULL,
  nexttry DATETIME NULL,
  PRIMARY KEY (policyid)
);
CREATE INDEX policy_schedule_due_ix ON policy_schedule (effectivefrom);

-- Images of policy texts, named by the SHA-256 of their bytes and never changed. timeused is when a text last took
-- one: what no text shows is deleted some time after.
CREATE TABLE policy_image (
  digest TEXT NOT NULL,
  mediatype TEXT NOT NULL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  data BLOB NOT NULL,
  institutionid TEXT NOT NULL,
  userid INTEGER NOT NULL,
  timecreated DATETIME NOT NULL,
  timeused DATETIME NOT NULL,
  PRIMARY KEY (digest)
);
CREATE INDEX policy_image_used_ix ON policy_image (timeused);

-- Which versions show an image, in any of their languages.
CREATE TABLE policy_image_use (
  versionid INTEGER NOT NULL,
  digest TEXT NOT NULL,
  PRIMARY KEY (versionid, digest)
);
CREATE INDEX policy_image_use_digest_ix ON policy_image_use (digest);

-- One row per act of answering: append-only. presentation is NULL where there was no form, so that the
-- unique key binds only answers that came from one. shard and number are its place in the evidence log's entries, and
-- hash is what the log holds. What names a person stands here in clear and is not hashed; in its place are the
-- commitments subject, actor, noted and circumstance, under keys that come from person_secret.
CREATE TABLE acceptance_event (
  id TEXT NOT NULL,
  shard INTEGER NOT NULL,
  number INTEGER NOT NULL,
  timerecorded DATETIME NOT NULL,
  timecreated DATETIME NOT NULL,
  institutionid TEXT NOT NULL,
  platformid TEXT NOT NULL,
  issuer TEXT NOT NULL,
  userid INTEGER NOT NULL,
  sub TEXT NOT NULL,
  actorid INTEGER NOT NULL,
  actorsub TEXT NOT NULL,
  relation TEXT NOT NULL,
  policyid INTEGER NOT NULL,
  versionid INTEGER NOT NULL,
  materialid INTEGER NOT NULL,
  policyname TEXT NOT NULL,
  revision TEXT NOT NULL,
  kind TEXT NOT NULL,
  lang TEXT NOT NULL,
  uilang TEXT NOT NULL,
  digest TEXT NOT NULL,
  statement TEXT NOT NULL,
  button TEXT NOT NULL,
  opened TEXT NOT NULL,
  rule TEXT NOT NULL,
  answer TEXT NOT NULL,
  standing INTEGER NOT NULL,
  note TEXT NOT NULL,
  scope TEXT NOT NULL,
  validuntil DATETIME NULL,
  launchid TEXT NOT NULL,
  deploymentid TEXT NOT NULL,
  contextid TEXT NOT NULL,
  resourcelinkid TEXT NOT NULL,
  roles TEXT NOT NULL,
  presentation TEXT NULL,
  subject BLOB NOT NULL,
  actor BLOB NOT NULL,
  noted BLOB NOT NULL,
  circumstance BLOB NOT NULL,
  hash TEXT NOT NULL,
  PRIMARY KEY (id)
);
CREATE UNIQUE INDEX acceptance_event_presentation_uix ON acceptance_event (presentation, versionid);
-- Numbers the answers of a shard.
CREATE UNIQUE INDEX acceptance_event_number_uix ON acceptance_event (shard, number);
CREATE INDEX acceptance_event_user_ix ON acceptance_event (userid, versionid, timecreated);
-- Finds what somebody did for others.
CREATE INDEX acceptance_event_actor_ix ON acceptance_event (actorid);
CREATE INDEX acceptance_event_platform_ix ON acceptance_event (platformid, timecreated);

-- The secret of each person about whom, or by whom, there is an answer, sealed: the keys of their entries come from it.
-- Where it is gone, the entries belong to nobody.
CREATE TABLE person_secret (
  userid INTEGER NOT NULL,
  secret BLOB NOT NULL,
  timecreated DATETIME NOT NULL,
  PRIMARY KEY (userid)
);

-- The log's leaves: leaf idx is the hash of the entry with this number of this shard, an answer or an act.
CREATE TABLE evidence_leaf (
  idx INTEGER NOT NULL,
  shard INTEGER NOT NULL,
  number INTEGER NOT NULL,
  hash BLOB NOT NULL,
  PRIMARY KEY (idx)
);
CREATE UNIQUE INDEX evidence_leaf_number_uix ON evidence_leaf (shard, number);

-- The log's tree, in the order of golang.org/x/mod/sumdb/tlog's stored hashes.
CREATE TABLE evidence_hash (
  idx INTEGER NOT NULL,
  hash BLOB NOT NULL,
  PRIMARY KEY (idx)
) WITHOUT ROWID;

-- Signed notes over the log's size and tree hash.
CREATE TABLE evidence_checkpoint (
  size INTEGER NOT NULL,
  note TEXT NOT NULL,
  timecreated DATETIME NOT NULL,
  -- 1: it stays: the first of its hour, or it was given out, to be kept elsewhere.
  kept INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (size)
);
-- Finds the checkpoints of a day, to thin them.
CREATE INDEX evidence_checkpoint_time_ix ON evidence_checkpoint (timecreated, size);
CREATE INDEX evidence_checkpoint_kept_ix ON evidence_checkpoint (kept, timecreated);

-- The last number that was given to an entry of each shard, in the transaction of the entry: an entry that is taken
-- away at the end leaves its number here. A shard without a row has given none.
CREATE TABLE evidence_shard (
  shard INTEGER NOT NULL,
  last INTEGER NOT NULL,
  PRIMARY KEY (shard)
);

-- Who outside is sent checkpoints, and what arrived last. name is what the operator wrote.
CREATE TABLE evidence_witness (
  name TEXT NOT NULL,
  size INTEGER NOT NULL,
  timesent DATETIME NOT NULL,
  nexttry DATETIME NOT NULL,
  failure TEXT NOT NULL,
  PRIMARY KEY (name)
);

-- Which policies an activity asks its course for, by slug, as its signed custom parameter said last.
CREATE TABLE lti_link_policy (
  platformid TEXT NOT NULL,
  resourcelinkid TEXT NOT NULL,
  contextid TEXT NOT NULL,
  slug TEXT NOT NULL,
  PRIMARY KEY (platformid, resourcelinkid, slug)
);
CREATE INDEX lti_link_policy_context_ix ON lti_link_policy (platformid, contextid, slug);

-- The line item of an activity, as its last launch told. Empty: it has none, or no scores may be sent to it.
CREATE TABLE lti_line_item (
  platformid TEXT NOT NULL,
  resourcelinkid TEXT NOT NULL,
  contextid TEXT NOT NULL,
  url TEXT NOT NULL,
  PRIMARY KEY (platformid, resourcelinkid)
);

-- Scores owed to platforms: one row for each activity that a learner opened, so that only the newest state
-- is ever owed. wanted and sent: 0 no score, 1 full score, and sent is 2 while it is unknown what arrived. due is
-- when to look at the row next, NULL if there is nothing to do. stamp is the time of the last score that was sent.
CREATE TABLE outbox (
  platformid TEXT NOT NULL,
  resourcelinkid TEXT NOT NULL,
  userid INTEGER NOT NULL,
  contextid TEXT NOT NULL,
  sub TEXT NOT NULL,
  lineitem TEXT NOT NULL,
  wanted INTEGER NOT NULL,
  sent INTEGER NOT NULL,
  stamp DATETIME,
  revision INTEGER NOT NULL,
  due DATETIME,
  owedsince DATETIME,
  attempts INTEGER NOT NULL,
  dead INTEGER NOT NULL,
  failure TEXT NOT NULL,
  timemodified DATETIME NOT NULL,
  -- 1: a publication made the score due, for many people at once, and it waits for those of people's own acts.
  waits INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (platformid, resourcelinkid, userid)
);
CREATE INDEX outbox_due_ix ON outbox (due);
CREATE INDEX outbox_user_ix ON outbox (userid);
CREATE INDEX outbox_context_ix ON outbox (platformid, contextid, resourcelinkid, userid);
CREATE INDEX outbox_dead_ix ON outbox (dead, platformid);
-- What is due at a platform, in the order in which it is sent.
CREATE INDEX outbox_turn_ix ON outbox (platformid, waits, due);
-- How much is owed and since when, however much that is.
CREATE INDEX outbox_owed_ix ON outbox (dead, owedsince, platformid);

-- Learners whose owed scores must be worked out again, because what they are asked changed: of one course, or of a
-- whole platform if contextid is empty. The last learner that was looked at is kept, so that a restart goes on there.
CREATE TABLE gate_check (
  id TEXT NOT NULL,
  platformid TEXT NOT NULL,
  contextid TEXT NOT NULL,
  due DATETIME NOT NULL,
  atlink TEXT NOT NULL,
  atuser INTEGER NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX gate_check_due_ix ON gate_check (due);

-- What is known of a course's roster. generation names the members of the last whole one, filling those of a fetch
-- that is under way until leaseduntil, stale those of the one before, which readers may still be at.
CREATE TABLE lti_roster (
  platformid TEXT NOT NULL,
  contextid TEXT NOT NULL,
  generation TEXT NOT NULL,
  filling TEXT NOT NULL,
  stale TEXT NOT NULL,
  leaseduntil DATETIME,
  members INTEGER NOT NULL,
  timefetched DATETIME,
  timefailed DATETIME,
  failure TEXT NOT NULL,
  PRIMARY KEY (platformid, contextid)
);
-- Finds lists that nobody opened for long.
CREATE INDEX lti_roster_fetched_ix ON lti_roster (timefetched);
-- Finds what names a list of members.
CREATE INDEX lti_roster_generation_ix ON lti_roster (generation);
-- Finds what names a list of members.
CREATE INDEX lti_roster_stale_ix ON lti_roster (stale);
-- Finds what names a list of members.
CREATE INDEX lti_roster_filling_ix ON lti_roster (filling);

-- The members of one fetch of a roster, in the platform's order.
CREATE TABLE lti_roster_member (
  generation TEXT NOT NULL,
  sub TEXT NOT NULL,
  position INTEGER NOT NULL,
  teacher INTEGER NOT NULL,
  name TEXT NOT NULL,
  givenname TEXT NOT NULL,
  familyname TEXT NOT NULL,
  email TEXT NOT NULL,
  idnumber TEXT NOT NULL,
  PRIMARY KEY (generation, sub)
);
CREATE INDEX lti_roster_member_position_ix ON lti_roster_member (generation, position);

-- Which policy of a Moodle site became which of ours. moodleid is that site's tool_policy.id.
CREATE TABLE moodle_policy (
  platformid TEXT NOT NULL,
  moodleid INTEGER NOT NULL,
  policyid INTEGER NOT NULL,
  PRIMARY KEY (platformid, moodleid),
  CONSTRAINT moodle_policy_uix UNIQUE (policyid)
);

-- Which version of a Moodle site became which of ours, with its texts exactly as they stood there. digest is of
-- the primary text that was made of them: while it holds, an export gives Moodle its own texts back.
CREATE TABLE moodle_version (
  platformid TEXT NOT NULL,
  moodleid INTEGER NOT NULL,
  versionid INTEGER NOT NULL,
  name TEXT NOT NULL,
  summary TEXT NOT NULL,
  summaryformat INTEGER NOT NULL,
  content TEXT NOT NULL,
  contentformat INTEGER NOT NULL,
  digest TEXT NOT NULL,
  PRIMARY KEY (platformid, moodleid),
  CONSTRAINT moodle_version_uix UNIQUE (versionid)
);

-- The highest tool_policy_acceptances.id that was taken over from a Moodle site: an export numbers new rows above it.
CREATE TABLE moodle_import (
  platformid TEXT NOT NULL,
  acceptanceid INTEGER NOT NULL,
  timemodified DATETIME NOT NULL,
  -- Answers that were taken over since an import was last finished: an import that was broken off is finished by
  -- the next one.
  openanswers INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (platformid)
);

-- What an administrator let a person of a platform do: policies, report, behalf.
CREATE TABLE admin_grant (
  platformid TEXT NOT NULL,
  userid INTEGER NOT NULL,
  power TEXT NOT NULL,
  actor TEXT NOT NULL,
  timecreated DATETIME NOT NULL,
  PRIMARY KEY (platformid, userid, power)
);

-- What operators and administrators did: append-only. Rows copy what they mention. shard and number are its place in
-- the evidence log's entries, hash is what the log holds. Who acted is not hashed, and neither is what an act about a
-- person says: in their place are the commitments actormark and aboutmark, under keys of this row alone.
CREATE TABLE admin_log (
  id TEXT NOT NULL,
  shard INTEGER NOT NULL,
  number INTEGER NOT NULL,
  timecreated DATETIME NOT NULL,
  institutionid TEXT NOT NULL,
  actorid INTEGER NOT NULL,
  actor TEXT NOT NULL,
  actorkey BLOB NULL,
  actormark BLOB NOT NULL,
  action TEXT NOT NULL,
  object TEXT NOT NULL,
  detail TEXT NOT NULL,
  aboutkey BLOB NULL,
  -- NULL: the act is about nobody, and object and detail are hashed.
  aboutmark BLOB NULL,
  hash TEXT NOT NULL,
  PRIMARY KEY (id)
);
-- Numbers the acts of a shard.
CREATE UNIQUE INDEX admin_log_number_uix ON admin_log (shard, number);
-- Finds what somebody did.
CREATE INDEX admin_log_person_ix ON admin_log (actorid);
CREATE INDEX admin_log_time_ix ON admin_log (institutionid, timecreated);
-- The log of somebody, newest first.
CREATE INDEX admin_log_actor_ix ON admin_log (institutionid, actor, timecreated);
-- The log of an act, newest first.
CREATE INDEX admin_log_action_ix ON admin_log (institutionid, action, timecreated);
-- Finds the views that are old.
CREATE INDEX admin_log_end_ix ON admin_log (action, timecreated);

-- Whom an entry of the admin log is about.
CREATE TABLE admin_log_person (
  userid INTEGER NOT NULL,
  entryid TEXT NOT NULL,
  PRIMARY KEY (userid, entryid)
);
-- Finds them by the entry.
CREATE INDEX admin_log_person_entry_ix ON admin_log_person (entryid);

-- What became of a transaction: written by it, or in its place by whoever never learnt whether it was committed.
CREATE TABLE tx_receipt (
  id TEXT NOT NULL,
  state TEXT NOT NULL,
  expires DATETIME NOT NULL,
  PRIMARY KEY (id)
) WITHOUT ROWID;
CREATE INDEX tx_receipt_expires_ix ON tx_receipt (expires);

-- Which replica does a background job, until when.
CREATE TABLE job_lease (
  name TEXT NOT NULL,
  token TEXT NOT NULL,
  leaseduntil DATETIME NOT NULL,
  PRIMARY KEY (name)
);

-- The processes that serve, and when each last wrote here: that it can is a part of being ready.
CREATE TABLE replica (
  id TEXT NOT NULL,
  timeseen DATETIME NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX replica_timeseen_ix ON replica (timeseen);
