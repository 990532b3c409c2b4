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
 * Settings.
 *
 * @package    local_ltipolicy
 * @copyright  2026 the ltipolicy authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

if ($hassiteconfig) {
    $settings = new admin_settingpage('local_ltipolicy', new lang_string('pluginname', 'local_ltipolicy'));
    $ADMIN->add($ADMIN->locate('privacy') ? 'privacy' : 'localplugins', $settings);

    if ($ADMIN->fulltree) {
        $name = fn(string $key): lang_string => new lang_string($key, 'local_ltipolicy');

        $settings->add(new \local_ltipolicy\local\setting_status('local_ltipolicy/status', $name('status'), ''));

        $type = new admin_setting_configselect(
            'local_ltipolicy/typeid',
            $name('typeid'),
            $name('typeid_desc'),
            0,
            [0 => new lang_string('choosedots')] + \local_ltipolicy\local\tool::choices()
        );
        $type->set_updatedcallback(function () {
            cache::make('local_ltipolicy', 'tool')->purge();
            cache::make('local_ltipolicy', 'probe')->purge();
            \local_ltipolicy\local\state::forget();
            \local_ltipolicy\task\tell_accounts::owe_all();
        });
        $settings->add($type);

        $settings->add(new admin_setting_configselect(
            'local_ltipolicy/whenaway',
            $name('whenaway'),
            $name('whenaway_desc'),
            'wait',
            ['wait' => $name('whenaway_wait'), 'letin' => $name('whenaway_letin')]
        ));
        $settings->add(new admin_setting_configselect(
            'local_ltipolicy/audience',
            $name('audience'),
            $name('audience_desc'),
            'all',
            ['all' => $name('audience_all'), 'cohorts' => $name('audience_cohorts')]
        ));
        $settings->add(new \local_ltipolicy\local\setting_cohorts(
            'local_ltipolicy/cohorts',
            $name('cohorts'),
            $name('cohorts_desc'),
            [],
            $DB->get_records_menu('cohort', null, 'name', 'id, name')
        ));
        $auths = [];
        foreach (array_keys(core_component::get_plugin_list('auth')) as $auth) {
            $auths[$auth] = get_string('pluginname', 'auth_' . $auth);
        }
        $settings->add(new admin_setting_configmultiselect(
            'local_ltipolicy/exemptauth',
            $name('exemptauth'),
            $name('exemptauth_desc'),
            ['webservice'],
            $auths
        ));
        $settings->add(new admin_setting_configtextarea(
            'local_ltipolicy/exemptusers',
            $name('exemptusers'),
            $name('exemptusers_desc'),
            '',
            PARAM_TEXT
        ));
        $settings->add(new admin_setting_configcheckbox(
            'local_ltipolicy/atonce',
            $name('atonce'),
            $name('atonce_desc'),
            0
        ));
        $settings->add(new admin_setting_configcheckbox(
            'local_ltipolicy/everylogin',
            $name('everylogin'),
            $name('everylogin_desc'),
            0
        ));
        $settings->add(new admin_setting_configtext(
            'local_ltipolicy/contact',
            $name('contact'),
            $name('contact_desc'),
            '',
            PARAM_TEXT
        ));
    }
}
