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

// phpcs:disable moodle.Files.MoodleInternal, moodle.Commenting
/**
 * Whom the door holds up, and whose mark is taken.
 *
 * @package    local_ltipolicy
 * @copyright  2026 the ltipolicy authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

use local_ltipolicy\local\people;
use local_ltipolicy\local\state;
use local_ltipolicy\observer;
use local_ltipolicy\privacy\local\sitepolicy\handler;

$sent = fn() => ($url = handler::get_redirect_url()) === null ? null : $url->out(false);

bench::check('a member who has not agreed is sent to the door', function () use ($sent) {
    bench::same($sent(), bench::SITE . '/local/ltipolicy/gate.php?step=consent');
});
bench::check('guests are never held up', function () use ($sent) {
    global $USER;
    bench::same(handler::get_redirect_url(true), null);
    $USER = bench::person(1);
    bench::same($sent(), null);
    $USER = (object) ['id' => 0];
    bench::same($sent(), null);
});
bench::check('site administrators are never held up', function () use ($sent) {
    global $USER;
    $USER = bench::person(2);
    bench::same($sent(), null);
});
bench::check('exempt accounts are never held up', function () use ($sent) {
    global $USER;
    $USER = bench::person(7, ['auth' => 'webservice']);
    bench::same($sent(), null);
    $USER = bench::person(7);
    world::$config['exemptusers'] = "bot\r\nu7\r\n";
    bench::same($sent(), null);
    world::$config['exemptusers'] = "u77";
    bench::same($sent() !== null, true);
    world::$exempt = [7];
    bench::same($sent(), null);
});
bench::check('only the chosen cohorts are asked', function () use ($sent) {
    world::$config += ['audience' => 'cohorts', 'cohorts' => '3,4'];
    bench::same($sent(), null);
    world::$cohorts = [4 => [7]];
    bench::same($sent() !== null, true);
});
bench::check('"logged in as" passes and answers nothing', function () use ($sent) {
    world::$loggedinas = true;
    bench::same($sent(), null);
});
bench::check('without a tool nobody is held up', function () use ($sent) {
    world::$config['typeid'] = 0;
    bench::same($sent(), null);
    world::$config['typeid'] = 9;
    world::$registered = [];
    bench::same($sent(), null);
});
bench::check('who was let in while the tool was away stays in for a while', function () use ($sent) {
    global $SESSION;
    $SESSION->local_ltipolicy_letin = world::$now + 1;
    bench::same($sent(), null);
    world::$now++;
    bench::same($sent() !== null, true);
});
bench::check('a tick in a box, or the app\'s web service, agrees to nothing', function () {
    global $USER, $DB;
    bench::same([handler::accept(), $USER->policyagreed, $DB->fields], [false, 0, []]);
});
bench::check('the app is told to answer in a browser, guests read the list', function () {
    bench::same(handler::get_embed_url()->out(false), bench::SITE . '/local/ltipolicy/gate.php?step=app');
    bench::same(handler::get_embed_url(true)->out(false), bench::TOOL . '/' . bench::PLATFORM . '/policies');
});
bench::check('a new account has agreed to nothing, whatever made it', function () {
    global $DB, $CFG;
    observer::user_created(\core\event\user_created::create(['objectid' => 12]));
    bench::same($DB->fields, ['user 12 policyagreed=0']);
    $CFG->sitepolicyhandler = '';
    observer::user_created(\core\event\user_created::create(['objectid' => 13]));
    bench::same(count($DB->fields), 1);
});
bench::check('an account that was deleted and made again is asked again', function () use ($sent) {
    global $DB, $USER;
    $DB->records['local_ltipolicy_user'] = [(object) ['userid' => 7, 'versions' => '1 2']];
    observer::user_deleted(\core\event\user_deleted::create(['objectid' => 7]));
    bench::same($DB->records['local_ltipolicy_user'], []);
    $USER = bench::person(20); // Moodle gives a new id.
    bench::same($sent() !== null, true);
});
bench::check('asking at every login takes the mark from the session only', function () use ($sent) {
    global $DB, $USER;
    $USER->policyagreed = 1;
    $login = \core\event\user_loggedin::create(['userid' => 7, 'objectid' => 7]);
    observer::user_loggedin($login);
    bench::same($USER->policyagreed, 1);
    world::$config['everylogin'] = 1;
    observer::user_loggedin($login);
    bench::same([$USER->policyagreed, $DB->fields], [0, []]);
});
bench::check('a new state takes the mark from those whose answers do not cover it', function () {
    global $DB;
    $DB->records['local_ltipolicy_user'] = [
        (object) ['userid' => 7, 'versions' => '1 2'], (object) ['userid' => 8, 'versions' => '1 2 3'],
        (object) ['userid' => 9, 'versions' => ''],
    ];
    world::$exempt = [30];
    world::$config['exemptusers'] = 'bot';
    people::lower(new state(str_repeat('a', 64), 5, [1, 3]));
    [$table, $field, $value, $select, $params] = $DB->selects[0];
    bench::same([$table, $field, $value], ['user', 'policyagreed', 0]);
    bench::same($params, [
        'agreed' => 1, 'id0' => 1, 'id1' => 30, 'auth0' => 'webservice', 'username0' => 'bot', 'covers0' => '1 2 3',
    ]);
    $covered = 'id NOT IN (SELECT r.userid FROM {local_ltipolicy_user} r WHERE r.versions IN (:covers0))';
    bench::same(str_contains($select, $covered), true);
});
bench::check('a policy less takes nobody\'s mark', function () {
    global $DB;
    people::lower(new state(str_repeat('a', 64), 5, []));
    bench::same($DB->selects, []);
    $DB->records['local_ltipolicy_user'] = [(object) ['userid' => 7, 'versions' => '1 2']];
    people::lower(new state(str_repeat('a', 64), 5, [2]));
    bench::same($DB->selects[0][4]['covers0'], '1 2');
});
