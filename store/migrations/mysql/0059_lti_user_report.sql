-- +goose Up
-- The report reads people in the order of their names, and looks for words, in this index alone.
ALTER TABLE lti_user ADD KEY lti_user_report_ix (platformid, class, sortname, id, search);
