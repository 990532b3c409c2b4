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

use local_ltipolicy\local\attempts;
use local_ltipolicy\local\core;
use local_ltipolicy\local\door;
use local_ltipolicy\local\loginas;
use local_ltipolicy\local\people;
use local_ltipolicy\local\setting_status;
use local_ltipolicy\local\state;
use local_ltipolicy\local\tool;
use local_ltipolicy\privacy\local\sitepolicy\handler;

/**
 * The plugin as the site's policy handler, in a real Moodle.
 *
 * @package    local_ltipolicy
 * @copyright  2026 the ltipolicy authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers     \local_ltipolicy\privacy\local\sitepolicy\handler
 * @covers     \local_ltipolicy\local\people
 * @covers     \local_ltipolicy\local\state
 * @covers     \local_ltipolicy\local\core
 * @covers     \local_ltipolicy\local\loginas
 * @covers     \local_ltipolicy\local\setting_status
 * @covers     \local_ltipolicy\local\tool
 * @covers     \local_ltipolicy\observer
 * @covers     \local_ltipolicy\task\tell_accounts
 */
final class handler_test extends \advanced_testcase {
    /**
     * Makes the plugin the handler, with a registered tool.
     */
    protected function setUp(): void {
        global $CFG, $DB;
        parent::setUp();
        require_once($CFG->dirroot . '/mod/lti/locallib.php');
        $this->resetAfterTest();
        $CFG->sitepolicyhandler = 'local_ltipolicy';
        $typeid = lti_add_type((object) [
            'name' => 'Policies', 'state' => LTI_TOOL_STATE_CONFIGURED, 'baseurl' => 'https://tool.example/lti/launch',
            'course' => SITEID, 'clientid' => 'client-1', 'ltiversion' => LTI_VERSION_1P3, 'tooldomain' => 'tool.example',
        ], (object) [
            'lti_initiatelogin' => 'https://tool.example/lti/login/01a201d6-0561-7633-8db3-37da390f0abf',
            'lti_publickeyset' => 'https://tool.example/lti/jwks', 'lti_keytype' => LTI_JWK_KEYSET,
            'lti_redirectionuris' => 'https://tool.example/lti/launch', 'lti_sendname' => 1, 'lti_sendemailaddr' => 0,
        ]);
        $DB->set_field('lti_types', 'clientid', 'client-1', ['id' => $typeid]);
        set_config('typeid', $typeid, 'local_ltipolicy');
        tool::current()->confirm();
    }

    /**
     * Until the tool has confirmed the door nobody is held up; from then on no refusal lets anybody in by itself.
     */
    public function test_confirmed(): void {
        $this->setUser($this->getDataGenerator()->create_user(['policyagreed' => 0]));
        $probe = \cache::make('local_ltipolicy', 'probe');
        foreach (['unreachable', 'nodoor', 'disabled', 'unknown', 'moved', 'clock'] as $kind) {
            $probe->set(tool::current()->typeid, "$kind said");
            $this->assertNotNull(handler::get_redirect_url(), $kind);
        }
        unset_config('confirmed', 'local_ltipolicy');
        $this->assertNull(handler::get_redirect_url());
    }

    /**
     * The settings page says why the tool refuses, and what that means for people.
     */
    public function test_status(): void {
        global $CFG;
        require_once($CFG->libdir . '/adminlib.php');
        $this->setAdminUser();
        $probe = \cache::make('local_ltipolicy', 'probe');
        foreach (['disabled' => 'has disabled this site', 'nodoor' => 'not yet its door', 'moved' => 'under another address'] as $kind => $why) {
            $probe->set(tool::current()->typeid, "$kind said");
            $html = (new setting_status('local_ltipolicy/status', 'Status', ''))->output_html('');
            $this->assertStringContainsString($why, $html);
            $this->assertStringContainsString('are held up until this is mended', $html);
        }
        set_config('whenaway', 'letin', 'local_ltipolicy');
        $html = (new setting_status('local_ltipolicy/status', 'Status', ''))->output_html('');
        $this->assertStringContainsString('go in with a note', $html);
        unset_config('confirmed', 'local_ltipolicy');
        $html = (new setting_status('local_ltipolicy/status', 'Status', ''))->output_html('');
        $this->assertStringContainsString('Nobody is held up yet', $html);
    }

    /**
     * Accounts that are deleted, suspended and back are owed to the tool, each once.
     */
    public function test_accounts_are_told(): void {
        global $CFG, $DB;
        require_once($CFG->dirroot . '/user/lib.php');
        $owed = function (): array {
            global $DB;
            $said = [];
            foreach ($DB->get_records('task_adhoc', ['component' => 'local_ltipolicy'], 'id') as $task) {
                $said[] = (array) json_decode($task->customdata)->accounts;
            }
            $DB->delete_records('task_adhoc');
            return $said;
        };
        $user = $this->getDataGenerator()->create_user();
        foreach ([1 => 'suspended', 0 => 'active'] as $suspended => $is) {
            $user->suspended = $suspended;
            user_update_user($user, false);
            $this->assertSame([[$user->id => $is]], $owed());
            user_update_user($user, false);
            $this->assertSame([], $owed());
        }
        delete_user($DB->get_record('user', ['id' => $user->id]));
        $this->assertSame([[$user->id => 'deleted']], $owed());
        \local_ltipolicy\task\tell_accounts::owe_all();
        $this->assertContainsEquals([$user->id => 'deleted'], $owed());
    }

    /**
     * Moodle signs no launch of the tool for somebody "logged in as" another person.
     */
    public function test_loginas_refused(): void {
        $user = $this->getDataGenerator()->create_user();
        $this->setAdminUser();
        $this->assertFalse(loginas::refuses('/mod/lti/auth.php', 'client-1'));
        \core\session\manager::loginas($user->id, \context_system::instance());
        $this->assertTrue(loginas::refuses('/mod/lti/auth.php', 'client-1'));
        $this->assertFalse(loginas::refuses('/mod/lti/auth.php', 'client-2'));
        $this->assertFalse(loginas::refuses('/mod/lti/launch.php', 'client-1'));
    }

    /**
     * What is used of Moodle's own LTI code is there: a launch at login is signed with the site's key, and the key set
     * that Moodle kept of the tool is forgotten.
     */
    public function test_core(): void {
        global $USER, $SESSION;
        $this->setUser($this->getDataGenerator()->create_user());
        $this->assertSame(['key', 'kid'], array_keys(core::private_key()));
        $tool = tool::current();
        $attempt = (new attempts($SESSION))->begin('login');
        $signed = core::sign(door::parameters($tool, $attempt, $USER), $tool->launchurl, $tool, 'nonce-1');
        [, $payload] = explode('.', $signed['id_token']);
        $claims = json_decode(\Firebase\JWT\JWT::urlsafeB64Decode($payload));
        $this->assertSame(['client-1', 'nonce-1', (string) $USER->id], [$claims->aud, $claims->nonce, $claims->sub]);
        $keys = \cache::make('mod_lti', 'keyset');
        $keys->set('client-1', 'x');
        core::forget_keys('client-1');
        $this->assertFalse($keys->get('client-1'));
    }

    /**
     * Members are sent to the door; guests, administrators, exempt accounts are not.
     */
    public function test_redirect_url(): void {
        $user = $this->getDataGenerator()->create_user(['policyagreed' => 0]);
        $this->setUser($user);
        $this->assertStringContainsString('/local/ltipolicy/gate.php', handler::get_redirect_url()->out());
        $this->assertNull(handler::get_redirect_url(true));
        $this->setGuestUser();
        $this->assertNull(handler::get_redirect_url(true));
        $this->setAdminUser();
        $this->assertNull(handler::get_redirect_url());
        $this->setUser($this->getDataGenerator()->create_user(['auth' => 'webservice']));
        $this->assertNull(handler::get_redirect_url());
        $this->setUser($user);
        set_config('exemptusers', "somebody\n" . $user->username, 'local_ltipolicy');
        $this->assertNull(handler::get_redirect_url());
    }

    /**
     * A role can be exempt.
     */
    public function test_exempt_role(): void {
        $user = $this->getDataGenerator()->create_user();
        $role = $this->getDataGenerator()->create_role();
        assign_capability('local/ltipolicy:exempt', CAP_ALLOW, $role, \context_system::instance());
        role_assign($role, $user->id, \context_system::instance());
        $this->setUser($user);
        $this->assertNull(handler::get_redirect_url());
    }

    /**
     * Only members of chosen cohorts are asked.
     */
    public function test_cohorts(): void {
        $user = $this->getDataGenerator()->create_user();
        $cohort = $this->getDataGenerator()->create_cohort();
        set_config('audience', 'cohorts', 'local_ltipolicy');
        set_config('cohorts', $cohort->id, 'local_ltipolicy');
        $this->setUser($user);
        $this->assertNull(handler::get_redirect_url());
        cohort_add_member($cohort->id, $user->id);
        $this->assertNotNull(handler::get_redirect_url());
    }

    /**
     * Core's ways to agree without reading agree to nothing.
     */
    public function test_accept_agrees_to_nothing(): void {
        global $CFG, $DB, $USER;
        require_once($CFG->dirroot . '/user/externallib.php');
        $user = $this->getDataGenerator()->create_user(['policyagreed' => 0]);
        $this->setUser($user);
        $this->assertFalse(handler::accept());
        $result = \core_user_external::agree_site_policy();
        $this->assertFalse($result['status']);
        $this->assertEmpty($USER->policyagreed);
        $this->assertEquals(0, $DB->get_field('user', 'policyagreed', ['id' => $user->id]));
    }

    /**
     * Somebody "logged in as" another person passes.
     */
    public function test_logged_in_as(): void {
        $user = $this->getDataGenerator()->create_user();
        $this->setAdminUser();
        \core\session\manager::loginas($user->id, \context_system::instance());
        $this->assertNull(handler::get_redirect_url());
    }

    /**
     * New accounts have agreed to nothing; deleted ones leave nothing behind.
     */
    public function test_accounts(): void {
        global $CFG, $DB;
        require_once($CFG->dirroot . '/user/lib.php');
        $id = user_create_user([
            'username' => 'fresh', 'password' => 'Fresh.12345', 'email' => 'fresh@example.com', 'firstname' => 'F',
            'lastname' => 'F', 'mnethostid' => $CFG->mnet_localhost_id, 'policyagreed' => 1,
        ]);
        $this->assertEquals(0, $DB->get_field('user', 'policyagreed', ['id' => $id]));
        $this->answered($id, '1 2');
        delete_user($DB->get_record('user', ['id' => $id]));
        $this->assertFalse($DB->record_exists('local_ltipolicy_user', ['userid' => $id]));
    }

    /**
     * A new state takes the mark from exactly those whose answers do not cover it.
     */
    public function test_new_state(): void {
        global $DB;
        $sink = $this->redirectEvents();
        $users = [];
        foreach (['1 2', '1 2 3', null, ''] as $versions) {
            $user = $this->getDataGenerator()->create_user();
            $DB->set_field('user', 'policyagreed', 1, ['id' => $user->id]);
            if ($versions !== null) {
                $this->answered($user->id, $versions);
            }
            $users[] = $user->id;
        }
        $machine = $this->getDataGenerator()->create_user(['auth' => 'webservice']);
        $DB->set_field('user', 'policyagreed', 1, ['id' => $machine->id]);
        $marks = fn() => array_map(fn($id) => (int) $DB->get_field('user', 'policyagreed', ['id' => $id]), $users);
        $state = new state(str_repeat('b', 64), 20, [1, 3]);
        $this->assertSame(3, $state->learn());
        $this->assertSame([0, 1, 0, 0], $marks());
        $this->assertEquals(1, $DB->get_field('user', 'policyagreed', ['id' => $machine->id]));
        $this->assertNull($state->learn());
        $this->assertNull((new state(str_repeat('a', 64), 19, [9]))->learn());
        $this->assertSame([0, 1, 0, 0], $marks());
        $this->assertSame(0, (new state(str_repeat('c', 64), 21, []))->learn());
        $events = array_filter($sink->get_events(), fn($e) => $e instanceof \local_ltipolicy\event\state_changed);
        $this->assertCount(2, $events);
    }

    /**
     * In a site without any cohort, too, each setting has a value once the plugin is installed. Else Moodle leads its
     * administrator from Notifications to the page of new settings again and again.
     */
    public function test_settings_have_values(): void {
        global $CFG;
        require_once($CFG->libdir . '/adminlib.php');
        $this->setAdminUser();
        $page = admin_get_root(true, true)->locate('local_ltipolicy');
        admin_apply_default_settings($page, false);
        $new = array_filter((array) $page->settings, fn($setting) => $setting->get_setting() === null);
        $this->assertSame([], array_keys($new));
        $this->assertFalse(any_new_admin_settings($page));
    }

    /**
     * Moodle's session keeps attempts as it keeps everything else.
     */
    public function test_attempts(): void {
        global $SESSION;
        $this->setUser($this->getDataGenerator()->create_user());
        $attempt = (new attempts($SESSION))->begin('login');
        $this->assertNotNull((new attempts($SESSION))->authorise($attempt->hint));
        $this->assertNull((new attempts($SESSION))->authorise($attempt->hint));
        $this->assertNotNull((new attempts($SESSION))->use_nonce($attempt->nonce));
        $this->assertNull((new attempts($SESSION))->use_nonce($attempt->nonce));
    }

    /**
     * Keeps on what somebody was let in.
     *
     * @param int $userid
     * @param string $versions
     */
    private function answered(int $userid, string $versions): void {
        global $DB;
        $DB->insert_record('local_ltipolicy_user', [
            'userid' => $userid, 'statehash' => str_repeat('a', 64), 'serial' => 10, 'versions' => $versions,
            'remaining' => 0, 'timecreated' => 1, 'timemodified' => 1,
        ]);
    }
}
