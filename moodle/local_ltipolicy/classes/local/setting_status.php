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

defined('MOODLE_INTERNAL') || die();

require_once($CFG->libdir . '/adminlib.php');

/**
 * Says on the settings page how things stand and what the tool's operator needs.
 *
 * @package    local_ltipolicy
 * @copyright  2026 the ltipolicy authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class setting_status extends \admin_setting_description {
    /**
     * The status, computed when it is shown.
     *
     * @param mixed $data
     * @param string $query
     * @return string
     */
    public function output_html($data, $query = '') {
        $tool = tool::current();
        $lines = [];
        $lines[] = get_string(people::active() ? 'status_active' : 'status_inactive', 'local_ltipolicy');
        if ($tool === null) {
            $chosen = (int) get_config('local_ltipolicy', 'typeid');
            $lines[] = get_string($chosen ? 'toolinactive' : 'notconfigured', 'local_ltipolicy');
        } else {
            $lines[] = self::connection($tool);
            if (people::active() && !$tool->confirmed()) {
                $lines[] = get_string('status_unconfirmed', 'local_ltipolicy');
            } else if (people::active() && $tool->kind !== '') {
                $lines[] = get_string(people::lets_in_when_away() ? 'status_letin' : 'status_waiting', 'local_ltipolicy');
            }
            $auth = (new \moodle_url('/local/ltipolicy/gate.php', ['step' => 'auth']))->out(false);
            $command = \html_writer::tag('code', s("ltipolicy platform door -auth-url '$auth' $tool->platform"));
            $lines[] = $tool->kind === 'nodoor' ? get_string('status_command', 'local_ltipolicy') . '<br>' . $command
                : \html_writer::tag('details', \html_writer::tag('summary', get_string('status_elsewhere', 'local_ltipolicy')) . $command);
            $state = state::known();
            $lines[] = get_string('status_state', 'local_ltipolicy', [
                'policies' => count($state->versions),
                'since' => $state->serial ? userdate(intdiv($state->serial, 1000)) : '-',
            ]);
            $renew = new \moodle_url('/local/ltipolicy/renew.php', ['sesskey' => sesskey()]);
            $lines[] = get_string('connection_moodle', 'local_ltipolicy') . \html_writer::alist(connection::own($tool));
            if ($tool->kind === '') {
                $lines[] = get_string('connection_tool', 'local_ltipolicy') . ': ' . connection::of_tool($tool);
            }
            $lines[] = \html_writer::link($renew, get_string('renew', 'local_ltipolicy')) . ': '
                . get_string('renew_desc', 'local_ltipolicy');
        }
        $this->description = \html_writer::alist($lines);
        return parent::output_html($data, $query);
    }

    /**
     * Whether the tool answers; if not, why not and what to do about it.
     *
     * @param tool $tool
     * @return string
     */
    private static function connection(tool $tool): string {
        global $CFG;
        if ($tool->answers()) {
            return get_string('status_answers', 'local_ltipolicy', s($tool->base));
        }
        $a = [
            'tool' => s($tool->base), 'id' => s($tool->platform), 'said' => s($tool->silence), 'site' => s($CFG->wwwroot),
            'keys' => s((new \moodle_url('/mod/lti/certs.php'))->out(false)),
            'time' => userdate(people::now(), get_string('strftimetime24', 'langconfig')) . ' ' . s(\core_date::get_user_timezone()),
        ];
        return get_string('why_' . $tool->kind, 'local_ltipolicy', $a);
    }
}
