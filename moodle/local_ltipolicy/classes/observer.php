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

namespace local_ltipolicy;

use local_ltipolicy\local\people;

/**
 * What follows from Moodle's events.
 *
 * @package    local_ltipolicy
 * @copyright  2026 the ltipolicy authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class observer {
    /**
     * A new account has agreed to nothing, whatever the form or service that made it says: sign-up in the mobile
     * app sets the mark by itself.
     *
     * @param \core\event\user_created $event
     */
    public static function user_created(\core\event\user_created $event): void {
        global $DB;
        if (people::active()) {
            $DB->set_field('user', 'policyagreed', 0, ['id' => $event->objectid]);
        }
    }

    /**
     * Forgets a deleted account, and has the tool told: nobody shall wait for its answers.
     *
     * @param \core\event\user_deleted $event
     */
    public static function user_deleted(\core\event\user_deleted $event): void {
        global $DB;
        $DB->delete_records('local_ltipolicy_user', ['userid' => $event->objectid]);
        task\tell_accounts::owe([(int) $event->objectid => 'deleted']);
    }

    /**
     * Has the tool told that an account was suspended or can be used again. Moodle's event says only that something of
     * it changed, so it is told when it is another than last time.
     *
     * @param \core\event\user_updated $event
     */
    public static function user_updated(\core\event\user_updated $event): void {
        global $DB;
        $id = (int) $event->objectid;
        $user = $DB->get_record('user', ['id' => $id], 'id, deleted, suspended');
        if (!$user || $user->deleted) {
            return;
        }
        $told = $DB->record_exists('local_ltipolicy_gone', ['userid' => $id]);
        if ((bool) $user->suspended !== $told) {
            task\tell_accounts::owe([$id => $user->suspended ? 'suspended' : 'active']);
        }
    }

    /**
     * Asks the tool at every login, if the site wants that.
     *
     * @param \core\event\user_loggedin $event
     */
    public static function user_loggedin(\core\event\user_loggedin $event): void {
        global $USER, $SESSION;
        unset($SESSION->local_ltipolicy_letin, $SESSION->local_ltipolicy_rounds);
        if (
            people::active() && get_config('local_ltipolicy', 'everylogin')
            && (int) $USER->id === (int) $event->userid && people::asked($USER)
        ) {
            $USER->policyagreed = 0;
        }
    }
}
