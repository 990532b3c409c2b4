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

namespace local_ltipolicy\privacy;

use core_privacy\local\request\approved_userlist;
use core_privacy\local\request\userlist;
use core_privacy\local\request\writer;

/**
 * What is kept about people can be found, exported and deleted.
 *
 * @package    local_ltipolicy
 * @copyright  2026 the ltipolicy authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers     \local_ltipolicy\privacy\provider
 */
final class provider_test extends \core_privacy\tests\provider_testcase {
    /**
     * Two people, of whom one is kept something.
     *
     * @return array [user, other]
     */
    private function people(): array {
        global $DB;
        $this->resetAfterTest();
        $user = $this->getDataGenerator()->create_user(['policyagreed' => 1]);
        $other = $this->getDataGenerator()->create_user(['policyagreed' => 1]);
        foreach ([$user, $other] as $one) {
            $DB->insert_record('local_ltipolicy_user', [
                'userid' => $one->id, 'statehash' => str_repeat('a', 64), 'serial' => 10, 'versions' => '1 2',
                'remaining' => 0, 'timecreated' => 1, 'timemodified' => 1,
            ]);
        }
        return [$user, $other];
    }

    /**
     * Found and exported.
     */
    public function test_export(): void {
        [$user] = $this->people();
        $context = \context_user::instance($user->id);
        $this->assertEquals([$context->id], provider::get_contexts_for_userid($user->id)->get_contextids());
        $list = new userlist($context, 'local_ltipolicy');
        provider::get_users_in_context($list);
        $this->assertEquals([$user->id], $list->get_userids());
        $this->export_context_data_for_user($user->id, $context, 'local_ltipolicy');
        $data = writer::with_context($context)->get_data([get_string('pluginname', 'local_ltipolicy')]);
        $this->assertEquals('1 2', $data->versions);
    }

    /**
     * Deleted for one, kept for the other.
     */
    public function test_delete(): void {
        global $DB;
        [$user, $other] = $this->people();
        $context = \context_user::instance($user->id);
        provider::delete_data_for_users(new approved_userlist($context, 'local_ltipolicy', [$user->id]));
        $this->assertFalse($DB->record_exists('local_ltipolicy_user', ['userid' => $user->id]));
        $this->assertEquals(0, $DB->get_field('user', 'policyagreed', ['id' => $user->id]));
        $this->assertTrue($DB->record_exists('local_ltipolicy_user', ['userid' => $other->id]));
        provider::delete_data_for_all_users_in_context(\context_user::instance($other->id));
        $this->assertFalse($DB->record_exists('local_ltipolicy_user', ['userid' => $other->id]));
    }
}
