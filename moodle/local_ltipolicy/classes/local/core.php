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
 * What is used of Moodle's own LTI code, which is to move from mod_lti to core_ltix (MDL-79113): the new place where
 * there is one, else the old one.
 *
 * @package    local_ltipolicy
 * @copyright  2026 the ltipolicy authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class core {
    /**
     * The claims of a message that a tool signed. Only signature and times are checked.
     *
     * @param string $jwt
     * @param string $keyseturl
     * @param string $clientid
     * @return \stdClass
     */
    public static function verify(string $jwt, string $keyseturl, string $clientid): \stdClass {
        global $CFG;
        foreach (['\core_ltix\local\ltiopenid\jwks_helper', '\core_ltix\helper', '\core_ltix\oauth_helper'] as $class) {
            if (method_exists($class, 'verify_with_keyset')) {
                return $class::verify_with_keyset($jwt, $keyseturl, $clientid);
            }
        }
        require_once($CFG->dirroot . '/mod/lti/locallib.php');
        return lti_verify_with_keyset($jwt, $keyseturl, $clientid);
    }

    /**
     * The signed launch with these flat parameters.
     *
     * @param array $parameters
     * @param string $endpoint
     * @param tool $tool
     * @param string $nonce
     * @return array with id_token
     */
    public static function sign(array $parameters, string $endpoint, tool $tool, string $nonce): array {
        global $CFG;
        foreach (['\core_ltix\helper', '\core_ltix\oauth_helper'] as $class) {
            if (method_exists($class, 'sign_jwt')) {
                return $class::sign_jwt($parameters, $endpoint, $tool->clientid, $tool->typeid, $nonce);
            }
        }
        require_once($CFG->dirroot . '/mod/lti/locallib.php');
        return lti_sign_jwt($parameters, $endpoint, $tool->clientid, $tool->typeid, $nonce);
    }

    /**
     * The site's private key for LTI.
     *
     * @return array with key and kid
     */
    public static function private_key(): array {
        $class = class_exists('\core_ltix\local\ltiopenid\jwks_helper')
            ? '\core_ltix\local\ltiopenid\jwks_helper' : '\mod_lti\local\ltiopenid\jwks_helper';
        return $class::get_private_key();
    }

    /**
     * Has Moodle fetch a tool's keys again before it believes the next message.
     *
     * @param string $clientid
     */
    public static function forget_keys(string $clientid): void {
        foreach (['core', 'mod_lti'] as $component) {
            $area = $component === 'core' ? 'ltix_keyset' : 'keyset';
            try {
                \cache::make($component, $area)->delete($clientid);
            } catch (\coding_exception $e) {
                continue; // This Moodle keeps them at the other place.
            }
        }
    }
}
