-- +goose Up
-- Which policies an activity asks its course for, by slug, as its signed custom parameter said last.
CREATE TABLE lti_link_policy (
  platformid TEXT NOT NULL,
  resourcelinkid TEXT NOT NULL,
  contextid TEXT NOT NULL,
  slug TEXT NOT NULL,
  PRIMARY KEY (platformid, resourcelinkid, slug)
);
CREATE INDEX lti_link_policy_context_ix ON lti_link_policy (platformid, contextid, slug);
