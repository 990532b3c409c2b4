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

namespace local_ltipolicy\task;

use local_ltipolicy\local\tool;

/**
 * Tells the tool which accounts were deleted, suspended, or can be used again. If it does not answer, Moodle tries again
 * later.
 *
 * @package    local_ltipolicy
 * @copyright  2026 the ltipolicy authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class tell_accounts extends \core\task\adhoc_task {
    /** How many fit into one message. */
    private const BATCH = 100;

    /**
     * Owes the tool the news of accounts.
     *
     * @param string[] $accounts "active", "suspended" or "deleted" by number of the account
     */
    public static function owe(array $accounts): void {
        global $DB;
        if (tool::current() === null) {
            return;
        }
        foreach ($accounts as $id => $is) {
            $DB->delete_records('local_ltipolicy_gone', ['userid' => $id]);
            if ($is === 'suspended') {
                $DB->insert_record('local_ltipolicy_gone', ['userid' => $id]);
            }
        }
        foreach (array_chunk($accounts, self::BATCH, true) as $batch) {
            $task = new self();
            $task->set_custom_data(['accounts' => $batch]);
            \core\task\manager::queue_adhoc_task($task);
        }
    }

    /**
     * Owes the tool the news of all accounts that are deleted or suspended: a tool that was just chosen knows of none.
     */
    public static function owe_all(): void {
        global $DB;
        $accounts = [];
        foreach ($DB->get_records_select('user', 'deleted = 1 OR suspended = 1', null, 'id', 'id, deleted') as $user) {
            $accounts[(int) $user->id] = $user->deleted ? 'deleted' : 'suspended';
        }
        self::owe($accounts);
    }

    /**
     * Tells.
     */
    public function execute() {
        $tool = tool::current();
        if ($tool === null) {
            mtrace(get_string('notconfigured', 'local_ltipolicy'));
            return;
        }
        $accounts = (array) ($this->get_custom_data()->accounts ?? []);
        $tool->tell_accounts($accounts);
        mtrace(count($accounts) . ' accounts told.');
    }
}
