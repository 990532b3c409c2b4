-- +goose Up
-- The report reads people in the order of their names, and looks for words, in this index alone.
CREATE INDEX lti_user_report_ix ON lti_user (platformid, class, sortname, id, search);
