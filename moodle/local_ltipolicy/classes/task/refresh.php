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

use local_ltipolicy\local\people;
use local_ltipolicy\local\state;
use local_ltipolicy\local\tool;

/**
 * Asks the tool what it asks, in case a notice did not arrive.
 *
 * @package    local_ltipolicy
 * @copyright  2026 the ltipolicy authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class refresh extends \core\task\scheduled_task {
    /**
     * The task's name.
     *
     * @return string
     */
    public function get_name() {
        return get_string('taskrefresh', 'local_ltipolicy');
    }

    /**
     * Asks and learns.
     */
    public function execute() {
        if (!people::active()) {
            // When the plugin is chosen again, everybody counts as not asked yet.
            state::forget();
            return;
        }
        $tool = tool::current();
        if ($tool === null) {
            mtrace(get_string('notconfigured', 'local_ltipolicy'));
            return;
        }
        $concerned = $tool->ask_state()->learn();
        mtrace($concerned === null ? 'No news.' : "New state; $concerned people will be asked.");
    }
}
