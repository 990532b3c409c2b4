-- +goose Up
-- What waits already was decided on the draft and the active version as they are now.
INSERT INTO policy_schedule_detail (policyid, versionid, edit, replaces)
SELECT s.policyid, s.versionid, d.edit, COALESCE(p.currentversionid, 0)
FROM policy_schedule s
JOIN policy_version_detail d ON d.versionid = s.versionid
JOIN tool_policy p ON p.id = s.policyid
WHERE NOT EXISTS (SELECT t.policyid FROM policy_schedule_detail t WHERE t.policyid = s.policyid);
