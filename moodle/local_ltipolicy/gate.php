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
 * The door: everything that happens between a login and the site, in one script.
 *
 * One script, because the second factor comes after the policies and knows them by the address of this script.
 *
 * @package    local_ltipolicy
 * @copyright  2026 the ltipolicy authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

// People who have not agreed yet must be able to open this script.
define('NO_SITEPOLICY_CHECK', true);

// The tool's notice comes from a server and belongs to no session.
define('NO_MOODLE_COOKIES', isset($_GET['step']) && $_GET['step'] === 'notify');

require(__DIR__ . '/../../config.php');

$step = optional_param('step', 'consent', PARAM_ALPHA);
$PAGE->set_context(context_system::instance());
$PAGE->set_url(new moodle_url('/local/ltipolicy/gate.php', ['step' => $step]));
$PAGE->set_popup_notification_allowed(false);
$PAGE->set_cacheable(false);

if (!in_array($step, ['notify', 'app', 'policies', 'left'], true)) {
    // Not the page that was wanted: that one stays in the session.
    require_login(null, false, null, false);
}

$gate = new \local_ltipolicy\local\gate();
switch ($step) {
    case 'consent':
    case 'auth':
    case 'return':
    case 'logout':
    case 'left':
    case 'agreements':
    case 'policies':
    case 'app':
    case 'notify':
    case 'loginas':
        $gate->{"step_$step"}();
        break;
    default:
        throw new moodle_exception('invalidrequest', 'error');
}
