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
 * Callbacks that Moodle still finds by name.
 *
 * @package    local_ltipolicy
 * @copyright  2026 the ltipolicy authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

/**
 * Puts "Policies and agreements" into a person's own profile.
 *
 * @param \core_user\output\myprofile\tree $tree
 * @param \stdClass $user whose profile it is
 * @param bool $iscurrentuser
 * @param \stdClass|null $course
 */
function local_ltipolicy_myprofile_navigation(\core_user\output\myprofile\tree $tree, $user, $iscurrentuser, $course) {
    if (
        !$iscurrentuser || isguestuser($user) || \core\session\manager::is_loggedinas()
        || !\local_ltipolicy\local\people::active() || \local_ltipolicy\local\tool::current() === null
        || !has_capability('local/ltipolicy:viewagreements', context_system::instance())
    ) {
        return;
    }
    if (!array_key_exists('privacyandpolicies', $tree->__get('categories'))) {
        $tree->add_category(new \core_user\output\myprofile\category(
            'privacyandpolicies',
            get_string('privacyandpolicies', 'admin'),
            'contact'
        ));
    }
    $tree->add_node(new \core_user\output\myprofile\node(
        'privacyandpolicies',
        'local_ltipolicy',
        get_string('agreements', 'local_ltipolicy'),
        null,
        new moodle_url('/local/ltipolicy/gate.php', ['step' => 'agreements'])
    ));
}
