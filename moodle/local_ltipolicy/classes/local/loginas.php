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
 * Somebody "logged in as" another person must not answer in that person's name, in a course as little as at login:
 * Moodle would sign a launch of the tool that says it was the person.
 *
 * @package    local_ltipolicy
 * @copyright  2026 the ltipolicy authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class loginas {
    /** Moodle's own authorisation endpoints, which sign launches from courses. */
    private const ENDPOINTS = ['/mod/lti/auth.php', '/ltix/auth.php'];

    /**
     * Whether a request would have Moodle sign a launch of the policy tool in another person's name.
     *
     * @param string $script the script that runs, from Moodle's root
     * @param mixed $clientid the client that it is asked for
     * @return bool
     */
    public static function refuses(string $script, $clientid): bool {
        if (!in_array($script, self::ENDPOINTS, true) || !\core\session\manager::is_loggedinas()) {
            return false;
        }
        $tool = tool::current();
        return $tool !== null && $clientid === $tool->clientid;
    }
}
