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

use local_ltipolicy\hook_callbacks;
use local_ltipolicy\local\connection;
use local_ltipolicy\local\people;
use local_ltipolicy\local\setting_status;
use local_ltipolicy\local\silence;
use local_ltipolicy\local\state;
use local_ltipolicy\local\tool;
use local_ltipolicy\observer;
use local_ltipolicy\privacy\local\sitepolicy\handler;
use local_ltipolicy\task\tell_accounts;

$sent = fn() => ($url = handler::get_redirect_url()) === null ? null : $url->out(false);

bench::check('a member who has not agreed is sent to the door', function () use ($sent) {
    bench::same($sent(), bench::SITE . '/local/ltipolicy/gate.php?step=consent');
});
bench::check('the door is told which page was wanted, of this site and read only', function () use ($sent) {
    world::$here = bench::SITE . '/course/view.php?id=3';
    bench::same($sent(), bench::SITE . '/local/ltipolicy/gate.php?step=consent&wanted=' . rawurlencode(world::$here));
    $_SERVER['REQUEST_METHOD'] = 'POST';
    bench::same($sent(), bench::SITE . '/local/ltipolicy/gate.php?step=consent');
    $_SERVER['REQUEST_METHOD'] = 'GET';
    world::$here = 'https://evil.example/';
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

$auth = function (string $script, ?string $client) {
    global $SCRIPT;
    $SCRIPT = $script;
    $_GET = [];
    $_POST = $client === null ? [] : ['client_id' => $client];
    try {
        hook_callbacks::after_config(new \core\hook\after_config());
        return null;
    } catch (redirected $e) {
        return $e->getMessage();
    }
};
bench::check('"logged in as": Moodle signs no launch of the policy tool in another person\'s name', function () use ($auth) {
    $refused = bench::SITE . '/local/ltipolicy/gate.php?step=loginas';
    bench::same($auth('/mod/lti/auth.php', bench::CLIENT), null, 'the person');
    world::$loggedinas = true;
    bench::same($auth('/mod/lti/auth.php', bench::CLIENT), $refused);
    bench::same($auth('/ltix/auth.php', bench::CLIENT), $refused);
    bench::same($auth('/mod/lti/auth.php', 'another-tool'), null, 'another tool');
    bench::same($auth('/mod/lti/auth.php', null), null, 'no tool');
    bench::same($auth('/mod/lti/launch.php', bench::CLIENT), null, 'another page');
    $GLOBALS['CFG']->sitepolicyhandler = '';
    bench::same($auth('/mod/lti/auth.php', bench::CLIENT), $refused, 'another policy handler');
});

$fresh = ['state' => str_repeat('a', 64), 'serial' => 200, 'versions' => [1]];
bench::check('until the tool has confirmed the door nobody is locked out, whatever keeps it from that', function () use ($sent, $fresh) {
    unset(world::$config['confirmed']);
    bench::same($sent(), null, 'nobody there');
    foreach (
        [[404, ['error' => 'not_found']], [403, ['error' => 'platform_unknown', 'detail' => 'login door']], [403, ['error' => 'platform_disabled']],
        [401, ['error' => 'issuer_mismatch']], [401, ['error' => 'token_expired']], [401, ['error' => 'signature_invalid']],
        [502, '<h1>Bad Gateway</h1>'], [200, 'x'], [200, ['versions' => 'x']]] as [$status, $body]
    ) {
        cache::forget_all();
        bench::tool_says($status, $body);
        bench::same($sent(), null, json_encode($body));
    }
    cache::forget_all();
    bench::tool_says(200, $fresh);
    bench::same($sent() !== null, true, 'confirmed');
    world::$http = ['status' => 0, 'body' => '', 'errno' => 7, 'error' => 'away'];
    cache::forget_all();
    bench::same($sent() !== null, true, 'away, but confirmed before');
    $GLOBALS['CFG']->wwwroot = 'https://moved.example';
    cache::forget_all();
    bench::same($sent() !== null, true, 'the site has moved, and was confirmed before');
    $GLOBALS['CFG']->wwwroot = bench::SITE;
    world::$registered['clientid'] = 'another';
    cache::forget_all();
    bench::same($sent(), null, 'another registration');
});
bench::check('once the door was confirmed, no refusal of the tool lets anybody pass', function () use ($sent) {
    foreach (
        [[403, 'platform_unknown'], [403, 'platform_pending'], [403, 'platform_disabled'], [401, 'issuer_mismatch'], [401, 'token_expired'],
        [401, 'signature_invalid'], [400, 'claim_invalid'], [429, 'too_many'], [502, '']] as [$status, $code]
    ) {
        cache::forget_all();
        bench::tool_says($status, ['error' => $code]);
        bench::tool()->answers();
        bench::same($sent() !== null, true, $code);
    }
});
bench::check('what the tool had confirmed for one address of the site stays confirmed over the upgrade, and nothing else does', function () use ($sent) {
    require_once(__DIR__ . '/../../db/upgrade.php');
    $tool = bench::tool();
    $before = fn(string $site): string => sha1(implode(' ', [$site, $tool->base, $tool->platform, $tool->clientid]));
    foreach (
        [[$before(bench::SITE), true, 'confirmed'], [$before('https://copy.example'), false, 'of another site'], [null, false, 'never confirmed']]
        as [$value, $held, $what]
    ) {
        foreach ([2026113001, 2026113002] as $from) {
            cache::forget_all();
            set_config('confirmed', $value ?? false);
            bench::same(xmldb_local_ltipolicy_upgrade($from), true);
            bench::same($sent() !== null, $held, "$what, from $from");
        }
    }
    world::$registered = null;
    world::$config['typeid'] = 0;
    bench::same(xmldb_local_ltipolicy_upgrade(2026113002), true, 'no tool chosen');
});
bench::check('each kind of refusal has a sentence for people and one for administrators, in every language', function () {
    $kinds = (new ReflectionClassConstant(silence::class, 'REFUSALS'))->getValue();
    foreach (glob(__DIR__ . '/../../lang/*/local_ltipolicy.php') as $file) {
        $string = [];
        require($file);
        foreach ($kinds as $kind) {
            bench::same(empty($string["closed_$kind"]) || empty($string["why_$kind"]), false, "$file $kind");
        }
        bench::same(empty($string['why_unreachable']) || empty($string['why_keysaway']), false, $file);
    }
});
bench::check('each reason why the tool does not answer has a kind of its own', function () {
    foreach (
        [['unknown', 403, ['error' => 'platform_unknown', 'detail' => 'address']], ['nodoor', 403, ['error' => 'platform_unknown', 'detail' => 'login door']],
        ['nodoor', 404, ['error' => 'not_found']], ['unknown', 404, '<html>'], ['pending', 403, ['error' => 'platform_pending']],
        ['disabled', 403, ['error' => 'platform_disabled']], ['moved', 401, ['error' => 'issuer_mismatch', 'detail' => 'iss']],
        ['clock', 401, ['error' => 'token_expired']], ['clock', 401, ['error' => 'token_from_future']], ['key', 401, ['error' => 'kid_unknown']],
        ['key', 401, ['error' => 'signature_invalid']], ['keysaway', 503, ['error' => 'jwks_unavailable']], ['unreachable', 503, ['error' => 'unavailable']],
        ['unreachable', 502, '<html>'], ['unreachable', 429, ['error' => 'too_many']], ['other', 400, ['error' => 'claim_invalid']],
        ['other', 200, ['state' => 'x']], ['clock', 200, ['state' => str_repeat('a', 64), 'serial' => 1900000000000]]] as [$kind, $status, $body]
    ) {
        cache::forget_all();
        bench::tool_says($status, $body);
        $tool = bench::tool();
        bench::same([$tool->answers(), $tool->kind], [false, $kind], json_encode([$status, $body]));
        bench::same(silence::is_refusal($kind), !in_array($kind, ['unreachable', 'keysaway'], true), $kind);
    }
    cache::forget_all();
    world::$http = ['status' => 0, 'body' => 'The URL is blocked.', 'errno' => 0, 'error' => 'The URL is blocked.'];
    $tool = bench::tool();
    bench::same([$tool->answers(), $tool->kind, $tool->silence], [false, 'blocked', 'The URL is blocked.']);
});

bench::check('whatever the tool is asked or told, it hears whether the site has this plugin chosen', function () {
    foreach (['local_ltipolicy' => true, 'tool_policy' => false, '' => false] as $handler => $active) {
        $GLOBALS['CFG']->sitepolicyhandler = $handler;
        bench::tool_says(200, ['known' => 1]);
        bench::tool()->tell_accounts([12 => 'active']);
        bench::same(array_column(world::$posted, 1)[0]['active'] ?? null, $active, $handler);
        world::$posted = [];
    }
});

bench::check('the tool is told of accounts that are deleted, suspended and back, each once', function () {
    global $DB;
    $updated = function (int $suspended) use ($DB) {
        $DB->users[12] = (object) ['id' => 12, 'deleted' => 0, 'suspended' => $suspended];
        observer::user_updated(\core\event\user_updated::create(['objectid' => 12]));
    };
    $told = function (): array {
        $said = [];
        foreach (world::$tasks as $task) {
            bench::tool_says(200, ['known' => 1]);
            ob_start();
            $task->execute();
            ob_end_clean();
        }
        foreach (world::$posted as [$url, $claims]) {
            bench::same([$url, $claims['purpose'], $claims['aud']], [bench::TOOL . '/lti/door/' . bench::PLATFORM . '/accounts', 'accounts', bench::CLIENT]);
            $said[] = implode(' ', array_map(fn($a) => $a['sub'] . ' ' . $a['is'], $claims['accounts']));
        }
        world::$tasks = world::$posted = [];
        return $said;
    };
    $updated(0);
    bench::same($told(), [], 'something else changed');
    $updated(1);
    $updated(1);
    bench::same($told(), ['12 suspended']);
    $updated(0);
    $updated(0);
    bench::same($told(), ['12 active']);
    observer::user_deleted(\core\event\user_deleted::create(['objectid' => 12]));
    bench::same($told(), ['12 deleted']);
    $GLOBALS['CFG']->sitepolicyhandler = '';
    observer::user_deleted(\core\event\user_deleted::create(['objectid' => 13]));
    bench::same($told(), ['13 deleted'], 'courses have lists, too, when another plugin asks at login');
    world::$config['typeid'] = 0;
    observer::user_deleted(\core\event\user_deleted::create(['objectid' => 14]));
    bench::same($told(), [], 'no tool');
});
bench::check('a tool that was just chosen is told of all who are gone, in messages of a hundred', function () {
    global $DB;
    foreach (range(1, 250) as $id) {
        $DB->users[$id] = (object) ['id' => $id, 'deleted' => $id % 2, 'suspended' => 1 - $id % 2];
    }
    tell_accounts::owe_all();
    bench::same(array_map(fn($task) => count((array) $task->get_custom_data()->accounts), world::$tasks), [100, 100, 50]);
    bench::tool_says(503, '');
    try {
        world::$tasks[0]->execute();
        throw new Exception('it was not told, and said so to nobody');
    } catch (silence $e) {
        bench::same($e->kind, 'unreachable'); // Moodle tries again.
    }
});

bench::check('the settings page says what keeps this Moodle from the tool\'s keys, and what the tool may do', function () {
    global $CFG;
    $seen = fn() => connection::own(bench::tool());
    bench::tool_says(200, ['keys' => [['kid' => 'tool']]]);
    bench::same($seen()[0], 'keys_fine');
    foreach ([[200, ['keys' => []]], [200, '<html>'], [502, '']] as [$status, $body]) {
        bench::tool_says($status, $body);
        bench::same($seen()[0], 'keys_failed', json_encode([$status, $body]));
    }
    world::$http = ['status' => 0, 'body' => '', 'errno' => 7, 'error' => 'away'];
    bench::same($seen()[0], 'keys_failed');
    world::$http = ['status' => 0, 'body' => 'The URL is blocked.', 'errno' => 0, 'error' => ''];
    foreach (["443\n80" => 'keys_host', '' => 'keys_host', "80\r\n8443" => 'keys_port'] as $ports => $key) {
        $CFG->curlsecurityallowedport = $ports;
        bench::same($seen()[0], $key, json_encode($ports));
    }
    bench::same(array_slice($seen(), 1), ['shares_less', 'services_less']);
    $all = ['ltiservice_memberships' => '1', 'ltiservice_gradesynchronization' => '2', 'sendemailaddr' => '1'];
    bench::same(array_slice(connection::own(tool::from_registration($all + bench::registered())), 1), ['shares_fine', 'services_fine']);
});
bench::check('what the tool sees is asked signed, and none of it is HTML', function () {
    bench::tool_says(200, ['summary' => 'Good <b>', 'bad' => 1, 'checked' => 1, 'lines' => [
        ['what' => 'Keys', 'state' => 'wrong', 'word' => 'wrong', 'found' => '<script>', 'step' => 'Run: x & y'], ['what' => 7],
    ]]);
    $text = connection::of_tool(bench::tool());
    bench::same($text, "Good &lt;b&gt;Keys|wrong|&lt;script&gt;<br><strong>Run: x &amp; y</strong>\n||");
    [$url, $claims] = world::$posted[0];
    bench::same([$url, $claims['purpose'], $claims['lang']], [bench::TOOL . '/lti/door/' . bench::PLATFORM . '/connection', 'connection', 'ro']);
    foreach ([[404, ['error' => 'not_found']], [200, ['lines' => 5]], [503, '']] as [$status, $body]) {
        bench::tool_says($status, $body);
        bench::same(connection::of_tool(bench::tool()), 'connection_silent', json_encode([$status, $body]));
    }
});

bench::check('the settings page has the command for the door always, in sight only where the door is missing', function () {
    $shown = fn() => (new setting_status())->output_html('');
    $command = "<code>ltipolicy platform door -auth-url &#039;" . bench::SITE . "/local/ltipolicy/gate.php?step=auth&#039; " . bench::PLATFORM . '</code>';
    $folded = "<details><summary>status_elsewhere</summary>$command</details>";
    foreach (
        [[200, ['state' => str_repeat('a', 64), 'serial' => 200, 'versions' => [1]], true], [403, ['error' => 'platform_disabled'], true],
        [403, ['error' => 'platform_unknown', 'detail' => 'login door'], false]] as [$status, $body, $fold]
    ) {
        cache::forget_all();
        bench::tool_says($status, $body);
        $page = $shown();
        bench::same([str_contains($page, $command), str_contains($page, $folded), str_contains($page, 'status_command')], [true, $fold, !$fold], json_encode($body));
    }
});
bench::check('the settings page asks a tool that has just not answered nothing more', function () {
    $asked = function (): array {
        cache::forget_all();
        world::$posted = [];
        (new setting_status())->output_html('');
        return array_map(fn($posted) => $posted[1]['purpose'], world::$posted);
    };
    bench::same($asked(), ['state'], 'away');
    bench::tool_says(403, ['error' => 'platform_pending']);
    bench::same($asked(), ['state'], 'refused');
    bench::tool_says(200, ['state' => str_repeat('a', 64), 'serial' => 200, 'versions' => [1]]);
    bench::same($asked(), ['state', 'connection'], 'answers');
});
