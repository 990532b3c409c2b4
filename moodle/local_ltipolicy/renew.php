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

/**
 * Believes the tool anew, for administrators of the site, from the settings page.
 *
 * @package    local_ltipolicy
 * @copyright  2026 the ltipolicy authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

require(__DIR__ . '/../../config.php');

require_login(null, false);
$context = context_system::instance();
require_capability('moodle/site:config', $context);
require_sesskey();
$PAGE->set_context($context);
$PAGE->set_url(new moodle_url('/local/ltipolicy/renew.php'));

$tool = \local_ltipolicy\local\tool::current();
if ($tool === null) {
    throw new moodle_exception('notconfigured', 'local_ltipolicy');
}
\local_ltipolicy\local\state::renew($tool);
redirect(
    new moodle_url('/admin/settings.php', ['section' => 'local_ltipolicy']),
    get_string('renew_done', 'local_ltipolicy'),
    null,
    \core\output\notification::NOTIFY_SUCCESS
);
