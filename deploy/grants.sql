-- What the accounts of ltipolicy may do, for an administrator of the server to run. Make the accounts before:
--   CREATE USER 'ltipolicy_owner'@'%' IDENTIFIED BY '...';
--   CREATE USER 'ltipolicy'@'%' IDENTIFIED BY '...';
-- Running it again does no harm. It takes nothing away: if an account may do more, begin with
--   REVOKE ALL PRIVILEGES, GRANT OPTION FROM 'ltipolicy'@'%';

-- The account of "ltipolicy migrate". This one before the first migrate.
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX, DROP, CREATE VIEW, CREATE TEMPORARY TABLES, LOCK TABLES ON `ltipolicy`.* TO 'ltipolicy_owner'@'%';

-- The account of "ltipolicy serve" and of every other command. These after migrate, because they name its tables, and
-- again after one that made a table.
GRANT SELECT, INSERT ON `ltipolicy`.`acceptance_event` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT ON `ltipolicy`.`person_secret` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT ON `ltipolicy`.`evidence_leaf` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT ON `ltipolicy`.`evidence_hash` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT ON `ltipolicy`.`evidence_checkpoint` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT ON `ltipolicy`.`admin_log` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT, DELETE ON `ltipolicy`.`admin_log_person` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT, UPDATE (archived, timemodified) ON `ltipolicy`.`tool_policy_versions` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT ON `ltipolicy`.`policy_version_detail` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT ON `ltipolicy`.`policy_version_text` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT, UPDATE (timeused) ON `ltipolicy`.`policy_image` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT ON `ltipolicy`.`policy_image_use` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `ltipolicy`.`tool_policy` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `ltipolicy`.`tool_policy_acceptances` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `ltipolicy`.`policy_detail` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT, DELETE ON `ltipolicy`.`policy_platform` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT, DELETE ON `ltipolicy`.`policy_draft_scope` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT, DELETE ON `ltipolicy`.`policy_draft_platform` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `ltipolicy`.`policy_schedule` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `ltipolicy`.`policy_autosave` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT, DELETE ON `ltipolicy`.`moodle_policy` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT, DELETE ON `ltipolicy`.`moodle_version` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT, UPDATE ON `ltipolicy`.`moodle_import` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT, DELETE ON `ltipolicy`.`admin_grant` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT ON `ltipolicy`.`institution` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT, UPDATE ON `ltipolicy`.`lti_platform` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT ON `ltipolicy`.`lti_deployment` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `ltipolicy`.`lti_invitation` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `ltipolicy`.`lti_door` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT, UPDATE ON `ltipolicy`.`lti_user` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT, UPDATE ON `ltipolicy`.`lti_context` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT, UPDATE ON `ltipolicy`.`lti_membership` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT, DELETE ON `ltipolicy`.`lti_link_policy` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT, UPDATE ON `ltipolicy`.`lti_line_item` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT, UPDATE ON `ltipolicy`.`lti_roster` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT, DELETE ON `ltipolicy`.`lti_roster_member` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `ltipolicy`.`outbox` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `ltipolicy`.`gate_check` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT, DELETE ON `ltipolicy`.`lti_nonce` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `ltipolicy`.`lti_session` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT, DELETE ON `ltipolicy`.`lti_door_launch` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `ltipolicy`.`lti_deep_link` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `ltipolicy`.`tool_key` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `ltipolicy`.`secret` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT, DELETE ON `ltipolicy`.`tx_receipt` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT, UPDATE ON `ltipolicy`.`job_lease` TO 'ltipolicy'@'%';
GRANT SELECT, INSERT, UPDATE, DELETE ON `ltipolicy`.`replica` TO 'ltipolicy'@'%';
GRANT SELECT ON `ltipolicy`.`schema_version` TO 'ltipolicy'@'%';
GRANT SELECT, UPDATE, DELETE ON `ltipolicy`.`draft_version` TO 'ltipolicy'@'%';
GRANT SELECT, UPDATE, DELETE ON `ltipolicy`.`draft_detail` TO 'ltipolicy'@'%';
GRANT SELECT, DELETE ON `ltipolicy`.`draft_text` TO 'ltipolicy'@'%';
GRANT SELECT, DELETE ON `ltipolicy`.`draft_image` TO 'ltipolicy'@'%';
GRANT SELECT, DELETE ON `ltipolicy`.`spare_image` TO 'ltipolicy'@'%';
GRANT SELECT, UPDATE (kept), DELETE ON `ltipolicy`.`spare_checkpoint` TO 'ltipolicy'@'%';
GRANT SELECT, DELETE ON `ltipolicy`.`admin_log_seen` TO 'ltipolicy'@'%';
