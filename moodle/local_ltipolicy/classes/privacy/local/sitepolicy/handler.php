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

namespace local_ltipolicy\privacy\local\sitepolicy;

use local_ltipolicy\local\attempts;
use local_ltipolicy\local\people;
use local_ltipolicy\local\tool;

/**
 * Sends people to the policy tool before they enter the site.
 *
 * @package    local_ltipolicy
 * @copyright  2026 the ltipolicy authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class handler extends \core_privacy\local\sitepolicy\handler {
    /**
     * Where to send the person who is logged in and has not agreed; null lets in.
     *
     * Guests are never held up: nothing is recorded about them. They find the policies in the footer.
     *
     * @param bool $forguests
     * @return \moodle_url|null
     */
    public static function get_redirect_url($forguests = false) {
        if ($forguests || !people::held_up()) {
            return null;
        }
        $parameters = ['step' => 'consent'];
        $here = ($_SERVER['REQUEST_METHOD'] ?? '') === 'GET' && !WS_SERVER && !AJAX_SCRIPT ? (string) qualified_me() : '';
        if (attempts::own($here)) {
            $parameters['wanted'] = $here; // The session has one such page only, and the browser many tabs.
        }
        return new \moodle_url('/local/ltipolicy/gate.php', $parameters);
    }

    /**
     * A page to show in place of the policies: to guests the tool's list, to members, whose answers the mobile
     * app cannot take, where to answer.
     *
     * @param bool $forguests
     * @return \moodle_url|null
     */
    public static function get_embed_url($forguests = false) {
        $tool = tool::current();
        if ($tool === null) {
            return null;
        }
        if ($forguests) {
            return $tool->public_url();
        }
        return new \moodle_url('/local/ltipolicy/gate.php', ['step' => 'app']);
    }

    /**
     * Never agrees: core calls this for a tick in a box, on pages and by the web service of the mobile app, and
     * here only the tool's signed answer counts.
     *
     * @return bool
     */
    public static function accept() {
        return false;
    }

    /**
     * Adds nothing to the sign-up form: people answer at their first login.
     *
     * @param \MoodleQuickForm $mform
     */
    public static function signup_form($mform) {
    }
}
