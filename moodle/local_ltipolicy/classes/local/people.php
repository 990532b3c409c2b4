<?php
// This file is part of ltipolicy, a plugin for Moodle - https://moodle.org/
//
// It is free software: you can redistribute it and/or modify
// it under the terms of the GNU General Public License as published by
// the Free Software Foundation, either version 3 of the License, or
// (at your option) any later version.
//
// It is distributed in the hope that it will be useful,
// but WITHOUT ANY WARRANTY; without even the implied warranty of
// MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  See the
// GNU General Public License for more details.
//
// You should have received a copy of the GNU General Public License
// along with it.  If not, see <https://www.gnu.org/licenses/>.

namespace local_ltipolicy\local;

/**
 * Whom the door concerns, and Moodle's mark that a person has agreed.
 *
 * @package    local_ltipolicy
 * @copyright  2026 the ltipolicy authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class people {
    /**
     * The time, from Moodle's clock.
     *
     * @return int
     */
    public static function now(): int {
        return \core\di::get(\core\clock::class)->time();
    }

    /**
     * Whether this plugin is the site's policy handler.
     *
     * @return bool
     */
    public static function active(): bool {
        global $CFG;
        return !empty($CFG->sitepolicyhandler) && $CFG->sitepolicyhandler === 'local_ltipolicy';
    }

    /**
     * Whether policies are asked of this account at all.
     *
     * @param \stdClass $user
     * @return bool
     */
    public static function asked(\stdClass $user): bool {
        global $CFG;
        if (empty($user->id) || isguestuser($user) || is_siteadmin($user)) {
            return false;
        }
        if (in_array($user->auth, self::words('exemptauth', 'webservice'), true)) {
            return false;
        }
        if (in_array($user->username, self::words('exemptusers'), true)) {
            return false;
        }
        if (has_capability('local/ltipolicy:exempt', \context_system::instance(), $user, false)) {
            return false;
        }
        if (get_config('local_ltipolicy', 'audience') === 'cohorts') {
            require_once($CFG->dirroot . '/cohort/lib.php');
            foreach (self::words('cohorts') as $id) {
                if (cohort_is_member((int) $id, $user->id)) {
                    return true;
                }
            }
            return false;
        }
        return true;
    }

    /**
     * Whether the person who is logged in must go to the tool before anything else.
     *
     * Somebody who is "logged in as" another person passes: nobody may answer in another's name, and the person
     * is asked at the next login of their own.
     *
     * @return bool
     */
    public static function held_up(): bool {
        global $USER, $SESSION;
        if (!isloggedin() || isguestuser() || \core\session\manager::is_loggedinas() || !self::asked($USER)) {
            return false;
        }
        if (!empty($SESSION->local_ltipolicy_letin) && $SESSION->local_ltipolicy_letin > self::now()) {
            return false;
        }
        $tool = tool::current();
        if ($tool === null) {
            return false;
        }
        // Until the tool has confirmed this site's door, a mistake in setting it up locks nobody out.
        if (!$tool->confirmed() && !$tool->answers()) {
            return false;
        }
        // A program cannot be shown a page that says that the tool is away, so it is told here.
        return !(WS_SERVER && self::lets_in_when_away() && !$tool->answers());
    }

    /**
     * Whether people go in while the tool does not answer, or refuses this site.
     *
     * @return bool
     */
    public static function lets_in_when_away(): bool {
        return get_config('local_ltipolicy', 'whenaway') === 'letin';
    }

    /**
     * Lets the person who is logged in, on an answer that was checked.
     *
     * With voluntary policies left open only this session is let in, so that they are asked again next time.
     *
     * @param answer $answer
     */
    public static function let_in(answer $answer): void {
        global $DB, $USER, $SESSION;
        $versions = implode(' ', $answer->state->versions);
        $record = (object) [
            'userid' => $USER->id,
            'statehash' => $answer->state->hash,
            'serial' => $answer->state->serial,
            'versions' => strlen($versions) > 1333 ? '' : $versions,
            'remaining' => min($answer->left, 9999),
            'timemodified' => self::now(),
        ];
        $transaction = $DB->start_delegated_transaction();
        $old = $DB->get_record('local_ltipolicy_user', ['userid' => $USER->id], 'id');
        if ($old) {
            $record->id = $old->id;
            $DB->update_record('local_ltipolicy_user', $record);
        } else {
            $record->timecreated = $record->timemodified;
            $DB->insert_record('local_ltipolicy_user', $record);
        }
        if ($answer->left === 0) {
            $DB->set_field('user', 'policyagreed', 1, ['id' => $USER->id]);
        }
        $transaction->allow_commit();
        $USER->policyagreed = 1;
        $SESSION->local_ltipolicy_serial = $answer->state->serial;
        unset($SESSION->local_ltipolicy_letin, $SESSION->local_ltipolicy_rounds);
    }

    /**
     * Takes the mark from everybody whom a state concerns and whose answers do not cover it.
     *
     * @param state $state
     * @return int how many
     */
    public static function lower(state $state): int {
        global $CFG, $DB;
        if (!$state->versions) {
            return 0;
        }
        $covering = [];
        $kept = $DB->get_recordset_sql('SELECT DISTINCT versions FROM {local_ltipolicy_user}');
        foreach ($kept as $row) {
            if (!array_diff($state->versions, array_map('intval', explode(' ', (string) $row->versions)))) {
                $covering[] = $row->versions;
            }
        }
        $kept->close();

        $where = ['policyagreed = :agreed', 'deleted = 0'];
        $params = ['agreed' => 1];
        $without = [
            'id' => array_merge([$CFG->siteguest], array_keys(get_users_by_capability(
                \context_system::instance(),
                'local/ltipolicy:exempt',
                'u.id',
                '',
                '',
                '',
                '',
                '',
                false
            ))),
            'auth' => self::words('exemptauth', 'webservice'),
            'username' => self::words('exemptusers'),
        ];
        foreach ($without as $field => $values) {
            if ($values) {
                [$sql, $more] = $DB->get_in_or_equal($values, SQL_PARAMS_NAMED, $field, false);
                $where[] = "$field $sql";
                $params += $more;
            }
        }
        if (get_config('local_ltipolicy', 'audience') === 'cohorts') {
            [$sql, $more] = $DB->get_in_or_equal(self::words('cohorts') ?: [0], SQL_PARAMS_NAMED, 'cohort');
            $where[] = "id IN (SELECT m.userid FROM {cohort_members} m WHERE m.cohortid $sql)";
            $params += $more;
        }
        if ($covering) {
            [$sql, $more] = $DB->get_in_or_equal($covering, SQL_PARAMS_NAMED, 'covers');
            $where[] = "id NOT IN (SELECT r.userid FROM {local_ltipolicy_user} r WHERE r.versions $sql)";
            $params += $more;
        }
        $select = implode(' AND ', $where);
        $concerned = $DB->count_records_select('user', $select, $params);
        $DB->set_field_select('user', 'policyagreed', 0, $select, $params);
        return $concerned;
    }

    /**
     * A setting that holds several words.
     *
     * @param string $name
     * @param string $default
     * @return string[]
     */
    private static function words(string $name, string $default = ''): array {
        $value = get_config('local_ltipolicy', $name);
        return preg_split('/[\s,]+/', $value === false ? $default : (string) $value, -1, PREG_SPLIT_NO_EMPTY);
    }

    /**
     * Whom people can ask, for the tool's page: the site's own words, else its support.
     *
     * @return string
     */
    public static function contact(): string {
        global $CFG;
        $contact = trim((string) get_config('local_ltipolicy', 'contact'));
        if ($contact === '') {
            $contact = trim(($CFG->supportname ?? '') . ' ' . (($CFG->supportemail ?? '') ?: ($CFG->supportpage ?? '')));
        }
        return \core_text::substr($contact, 0, 200);
    }
}
