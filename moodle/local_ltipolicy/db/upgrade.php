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
 * Upgrades of what the plugin keeps.
 *
 * @package    local_ltipolicy
 * @copyright  2026 the ltipolicy authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

/**
 * Brings tables and settings up to date.
 *
 * @param int $oldversion
 * @return bool
 */
function xmldb_local_ltipolicy_upgrade($oldversion) {
    global $CFG, $DB;
    if ($oldversion < 2026113001) {
        $table = new xmldb_table('local_ltipolicy_gone');
        $table->add_field('id', XMLDB_TYPE_INTEGER, '10', null, XMLDB_NOTNULL, XMLDB_SEQUENCE);
        $table->add_field('userid', XMLDB_TYPE_INTEGER, '10', null, XMLDB_NOTNULL);
        $table->add_key('primary', XMLDB_KEY_PRIMARY, ['id']);
        $table->add_key('userid', XMLDB_KEY_FOREIGN_UNIQUE, ['userid'], 'user', ['id']);
        if (!$DB->get_manager()->table_exists($table)) {
            $DB->get_manager()->create_table($table);
        }
        // Who was deleted or suspended before counts as gone, too.
        \local_ltipolicy\task\tell_accounts::owe_all();
        upgrade_plugin_savepoint(true, 2026113001, 'local', 'ltipolicy');
    }
    if ($oldversion < 2026113003) {
        // Until now a confirmation counted for one address of this site. It goes on counting, else nobody would be held up
        // until the tool answers the next time.
        $tool = \local_ltipolicy\local\tool::current();
        if ($tool !== null) {
            $before = sha1(implode(' ', [$CFG->wwwroot, $tool->base, $tool->platform, $tool->clientid]));
            if (get_config('local_ltipolicy', 'confirmed') === $before) {
                $tool->confirm();
            }
        }
        upgrade_plugin_savepoint(true, 2026113003, 'local', 'ltipolicy');
    }
    return true;
}
