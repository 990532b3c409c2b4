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

use local_ltipolicy\local\loginas;
use local_ltipolicy\local\people;
use local_ltipolicy\local\state;
use local_ltipolicy\local\tool;

/**
 * What is done on every page.
 *
 * @package    local_ltipolicy
 * @copyright  2026 the ltipolicy authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class hook_callbacks {
    /**
     * Refuses launches of the tool to who is "logged in as" another person, and asks people who are inside already, if the site wants that: once for each new state and session, Moodle's
     * mark is read again from the database.
     *
     * @param \core\hook\after_config $hook
     */
    public static function after_config(\core\hook\after_config $hook): void {
        global $DB, $SCRIPT, $SESSION, $USER;
        if (CLI_SCRIPT || during_initial_install()) {
            return;
        }
        if (loginas::refuses((string) $SCRIPT, $_POST['client_id'] ?? $_GET['client_id'] ?? null)) {
            redirect(new \moodle_url('/local/ltipolicy/gate.php', ['step' => 'loginas']));
        }
        if (!people::active() || empty($USER->policyagreed)) {
            return;
        }
        if (!isloggedin() || isguestuser() || !get_config('local_ltipolicy', 'atonce')) {
            return;
        }
        $serial = state::known()->serial;
        if (isset($SESSION->local_ltipolicy_serial) && $SESSION->local_ltipolicy_serial >= $serial) {
            return;
        }
        $SESSION->local_ltipolicy_serial = $serial;
        if (!$DB->get_field('user', 'policyagreed', ['id' => $USER->id])) {
            $USER->policyagreed = 0;
        }
    }

    /**
     * Links the tool's list of policies in the footer.
     *
     * @param \core\hook\output\before_standard_footer_html_generation $hook
     */
    public static function before_standard_footer_html_generation(
        \core\hook\output\before_standard_footer_html_generation $hook
    ): void {
        if (during_initial_install() || !people::active()) {
            return;
        }
        $tool = tool::current();
        if ($tool !== null) {
            $link = \html_writer::link($tool->public_url(), get_string('policies', 'local_ltipolicy'));
            $hook->add_html(\html_writer::div($link, 'local_ltipolicy_policies'));
        }
    }
}
