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
 * The platform's part of a launch at login: what begins it and what authorises it.
 *
 * Moodle's own authorisation endpoint wants a course activity and an agreed site policy, and neither is there
 * yet. This one takes the same request under the same rules, signs with the same key, and can only launch the
 * chosen tool for the person who is logged in, in an attempt that this session began.
 *
 * @package    local_ltipolicy
 * @copyright  2026 the ltipolicy authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class door {
    /** A role that says nothing of courses: the person only has an account here. */
    private const ROLE = 'http://purl.imsglobal.org/vocab/lis/v2/institution/person#Other';

    /**
     * The login initiation: a form that the browser posts to the tool.
     *
     * @param tool $tool
     * @param \stdClass $attempt
     * @param int $userid
     * @return string[] fields
     */
    public static function initiation(tool $tool, \stdClass $attempt, int $userid): array {
        global $CFG;
        return [
            'iss' => $CFG->wwwroot,
            'target_link_uri' => $tool->target($attempt->purpose),
            'login_hint' => (string) $userid,
            'lti_message_hint' => json_encode(['gate' => $attempt->hint]),
            'client_id' => $tool->clientid,
            'lti_deployment_id' => (string) $tool->typeid,
        ];
    }

    /**
     * Checks an authentication request of the tool (OpenID Connect, Security Framework 1.0, 5.1.1.2) and makes
     * the signed launch.
     *
     * @param tool $tool
     * @param string[] $request
     * @param \stdClass $user who is logged in
     * @param attempts $attempts
     * @return array [address, fields] of the form that the browser posts to the tool
     * @throws refusal
     */
    public static function authorise(tool $tool, array $request, \stdClass $user, attempts $attempts): array {
        $get = fn(string $name): string => is_string($request[$name] ?? null) ? $request[$name] : '';
        if (
            $get('scope') !== 'openid' || $get('response_type') !== 'id_token' || $get('response_mode') !== 'form_post'
            || !in_array($get('prompt'), ['', 'none'], true) || $get('nonce') === ''
        ) {
            throw new refusal('request');
        }
        if ($get('client_id') !== $tool->clientid) {
            throw new refusal('client');
        }
        if (!in_array($get('redirect_uri'), $tool->redirecturis, true)) {
            throw new refusal('redirect');
        }
        if ($get('login_hint') !== (string) $user->id) {
            throw new refusal('subject');
        }
        $hint = json_decode($get('lti_message_hint'));
        $hint = $hint instanceof \stdClass && is_string($hint->gate ?? null) ? $hint->gate : '';
        $attempt = $attempts->authorise($hint);
        if ($attempt === null) {
            throw new refusal('hint');
        }
        $signed = core::sign(self::parameters($tool, $attempt, $user), $tool->target($attempt->purpose), $tool, $get('nonce'));
        $fields = ['id_token' => $signed['id_token']];
        if ($get('state') !== '') {
            $fields['state'] = $get('state');
        }
        return [$get('redirect_uri'), $fields];
    }

    /**
     * What the launch says, as flat LTI parameters.
     *
     * @param tool $tool
     * @param \stdClass $attempt
     * @param \stdClass $user
     * @return array
     */
    public static function parameters(tool $tool, \stdClass $attempt, \stdClass $user): array {
        global $CFG, $SITE;
        $login = $attempt->purpose === 'login';
        $parameters = [
            'user_id' => (string) $user->id,
            'roles' => self::ROLE,
            'lti_message_type' => 'basic-lti-launch-request',
            'lti_version' => '1.3.0',
            'resource_link_id' => 'site',
            'lis_person_sourcedid' => (string) $user->idnumber,
            'launch_presentation_locale' => current_language(),
            'launch_presentation_document_target' => 'window',
            'launch_presentation_return_url' => $login
                ? (new \moodle_url('/local/ltipolicy/gate.php', ['step' => 'return']))->out(false)
                : (new \moodle_url('/user/profile.php'))->out(false),
            'tool_consumer_info_product_family_code' => 'moodle',
            'tool_consumer_info_version' => (string) $CFG->version,
            'tool_consumer_instance_guid' => md5(get_site_identifier()),
            'tool_consumer_instance_name' => $SITE->shortname,
            'tool_consumer_instance_description' => trim(html_to_text($SITE->fullname, 0)),
            'ext_lms' => 'moodle-2',
        ];
        if ($login) {
            $parameters['custom_gate_nonce'] = $attempt->nonce;
            $parameters['custom_gate_contact'] = people::contact();
        }
        if ($tool->sendname) {
            $parameters['lis_person_name_given'] = $user->firstname;
            $parameters['lis_person_name_family'] = $user->lastname;
            $parameters['lis_person_name_full'] = fullname($user);
            $parameters['ext_user_username'] = $user->username;
        }
        if ($tool->sendemail) {
            $parameters['lis_person_contact_email_primary'] = $user->email;
        }
        return $parameters;
    }
}
