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

namespace local_ltipolicy\privacy;

use core_privacy\local\metadata\collection;
use core_privacy\local\request\approved_contextlist;
use core_privacy\local\request\approved_userlist;
use core_privacy\local\request\contextlist;
use core_privacy\local\request\transform;
use core_privacy\local\request\userlist;
use core_privacy\local\request\writer;

/**
 * What is kept here about people, and what the policy tool is told. The answers themselves are the tool's.
 *
 * @package    local_ltipolicy
 * @copyright  2026 the ltipolicy authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class provider implements
    \core_privacy\local\metadata\provider,
    \core_privacy\local\request\core_userlist_provider,
    \core_privacy\local\request\plugin\provider {
    /**
     * What is kept and told.
     *
     * @param collection $collection
     * @return collection
     */
    public static function get_metadata(collection $collection): collection {
        $collection->add_database_table('local_ltipolicy_user', [
            'userid' => 'privacy:user:userid',
            'statehash' => 'privacy:user:state',
            'serial' => 'privacy:user:state',
            'versions' => 'privacy:user:versions',
            'remaining' => 'privacy:user:remaining',
            'timecreated' => 'privacy:user:time',
            'timemodified' => 'privacy:user:time',
        ], 'privacy:user');
        $collection->add_database_table('local_ltipolicy_gone', ['userid' => 'privacy:user:userid'], 'privacy:gone');
        $collection->add_external_location_link('tool', [
            'userid' => 'privacy:tool:userid',
            'fullname' => 'privacy:tool:name',
            'email' => 'privacy:tool:email',
            'username' => 'privacy:tool:name',
            'idnumber' => 'privacy:tool:idnumber',
            'lang' => 'privacy:tool:lang',
        ], 'privacy:tool');
        return $collection;
    }

    /**
     * Where something is kept about a person.
     *
     * @param int $userid
     * @return contextlist
     */
    public static function get_contexts_for_userid(int $userid): contextlist {
        $list = new contextlist();
        $list->add_from_sql(
            'SELECT c.id FROM {context} c JOIN {local_ltipolicy_user} r ON r.userid = c.instanceid
              WHERE c.contextlevel = :level AND r.userid = :userid',
            ['level' => CONTEXT_USER, 'userid' => $userid]
        );
        $list->add_from_sql(
            'SELECT c.id FROM {context} c JOIN {local_ltipolicy_gone} r ON r.userid = c.instanceid
              WHERE c.contextlevel = :level AND r.userid = :userid',
            ['level' => CONTEXT_USER, 'userid' => $userid]
        );
        return $list;
    }

    /**
     * About whom something is kept in a context.
     *
     * @param userlist $userlist
     */
    public static function get_users_in_context(userlist $userlist) {
        $context = $userlist->get_context();
        if ($context instanceof \context_user) {
            $userlist->add_from_sql(
                'userid',
                'SELECT userid FROM {local_ltipolicy_user} WHERE userid = :userid',
                ['userid' => $context->instanceid]
            );
            $userlist->add_from_sql(
                'userid',
                'SELECT userid FROM {local_ltipolicy_gone} WHERE userid = :userid',
                ['userid' => $context->instanceid]
            );
        }
    }

    /**
     * Exports what is kept.
     *
     * @param approved_contextlist $contextlist
     */
    public static function export_user_data(approved_contextlist $contextlist) {
        global $DB;
        $userid = $contextlist->get_user()->id;
        foreach ($contextlist->get_contexts() as $context) {
            if (!($context instanceof \context_user) || (int) $context->instanceid !== (int) $userid) {
                continue;
            }
            $record = $DB->get_record('local_ltipolicy_user', ['userid' => $userid]);
            if ($record) {
                writer::with_context($context)->export_data([get_string('pluginname', 'local_ltipolicy')], (object) [
                    'state' => $record->statehash,
                    'serial' => $record->serial,
                    'versions' => $record->versions,
                    'remaining' => $record->remaining,
                    'timecreated' => transform::datetime($record->timecreated),
                    'timemodified' => transform::datetime($record->timemodified),
                ]);
            }
        }
    }

    /**
     * Deletes everything in a context.
     *
     * @param \context $context
     */
    public static function delete_data_for_all_users_in_context(\context $context) {
        if ($context instanceof \context_user) {
            self::delete((int) $context->instanceid);
        }
    }

    /**
     * Deletes what is kept about a person.
     *
     * @param approved_contextlist $contextlist
     */
    public static function delete_data_for_user(approved_contextlist $contextlist) {
        foreach ($contextlist->get_contexts() as $context) {
            if ($context instanceof \context_user && (int) $context->instanceid === (int) $contextlist->get_user()->id) {
                self::delete((int) $context->instanceid);
            }
        }
    }

    /**
     * Deletes what is kept about people.
     *
     * @param approved_userlist $userlist
     */
    public static function delete_data_for_users(approved_userlist $userlist) {
        $context = $userlist->get_context();
        if ($context instanceof \context_user && in_array($context->instanceid, $userlist->get_userids())) {
            self::delete((int) $context->instanceid);
        }
    }

    /**
     * Forgets on what somebody was let in; at the next login they are asked, and the tool knows the answers.
     *
     * @param int $userid
     */
    private static function delete(int $userid): void {
        global $DB;
        $DB->delete_records('local_ltipolicy_user', ['userid' => $userid]);
        $DB->delete_records('local_ltipolicy_gone', ['userid' => $userid]);
        $DB->set_field('user', 'policyagreed', 0, ['id' => $userid]);
    }
}
