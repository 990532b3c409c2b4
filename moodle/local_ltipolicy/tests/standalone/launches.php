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
 * Which launches begin and which are authorised.
 *
 * @package    local_ltipolicy
 * @copyright  2026 the ltipolicy authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

use local_ltipolicy\local\attempts;
use local_ltipolicy\local\door;
use local_ltipolicy\local\tool;

$begin = function (string $purpose = 'login'): array {
    global $SESSION;
    $attempt = (new attempts($SESSION))->begin($purpose);
    return [$attempt, [
        'scope' => 'openid', 'response_type' => 'id_token', 'response_mode' => 'form_post', 'prompt' => 'none', 'nonce' => 'N',
        'client_id' => bench::CLIENT, 'redirect_uri' => bench::TOOL . '/lti/launch', 'login_hint' => '7',
        'lti_message_hint' => json_encode(['gate' => $attempt->hint]), 'state' => 'S',
    ]];
};
$authorise = function (array $request): array {
    global $USER, $SESSION;
    return door::authorise(bench::tool(), $request, $USER, new attempts($SESSION));
};

bench::check('a launch begins with the six fields at the door\'s own address', function () use ($begin) {
    [$attempt] = $begin();
    bench::same(bench::tool()->login_url(), bench::TOOL . '/lti/login/' . bench::PLATFORM . '/door');
    bench::same(door::initiation(bench::tool(), $attempt, 7), [
        'iss' => bench::SITE, 'target_link_uri' => bench::TOOL . '/lti/launch', 'login_hint' => '7',
        'lti_message_hint' => '{"gate":"' . $attempt->hint . '"}', 'client_id' => bench::CLIENT, 'lti_deployment_id' => '9',
    ]);
});
bench::check('an authorised launch says who, for what and how to answer', function () use ($begin, $authorise) {
    [$attempt, $request] = $begin();
    [$address, $fields] = $authorise($request);
    bench::same([$address, $fields['state']], [bench::TOOL . '/lti/launch', 'S']);
    $said = json_decode($fields['id_token'], true);
    bench::same([$said['aud'], $said['deployment'], $said['nonce']], [bench::CLIENT, 9, 'N']);
    bench::same($said['endpoint'], bench::TOOL . '/lti/launch');
    $p = $said['parameters'];
    bench::same([$p['user_id'], $p['custom_gate_nonce'], $p['custom_gate_contact']], ['7', $attempt->nonce, 'Support s@x.example']);
    bench::same($p['launch_presentation_return_url'], bench::SITE . '/local/ltipolicy/gate.php?step=return');
    bench::same($p['roles'], 'http://purl.imsglobal.org/vocab/lis/v2/institution/person#Other');
    bench::same([$p['lis_person_name_full'], $p['launch_presentation_locale'], $p['resource_link_id']], ['Ana Pop', 'ro', 'site']);
    bench::same(isset($p['lis_person_contact_email_primary']), false, 'an address that is not shared');
});
bench::check('names stay here unless the tool\'s privacy settings share them', function () use ($begin) {
    global $USER;
    $tool = tool::from_registration(['sendname' => '0', 'sendemailaddr' => '1'] + bench::registered());
    $p = door::parameters($tool, $begin()[0], $USER);
    bench::same([isset($p['lis_person_name_full']), isset($p['ext_user_username'])], [false, false]);
    bench::same($p['lis_person_contact_email_primary'], 'u7@x.example');
});
bench::check('a launch to the agreements holds no nonce for an answer', function () use ($begin, $authorise) {
    [, $request] = $begin('agreements');
    $said = json_decode($authorise($request)[1]['id_token'], true);
    bench::same($said['endpoint'], bench::TOOL . '/agreements');
    bench::same(isset($said['parameters']['custom_gate_nonce']), false);
    bench::same($said['parameters']['launch_presentation_return_url'], bench::SITE . '/user/profile.php');
});
bench::check('refused: a request for somebody else', function () use ($begin, $authorise) {
    bench::refused('subject', fn() => $authorise(['login_hint' => '8'] + $begin()[1]));
    bench::refused('subject', fn() => $authorise(['login_hint' => '07'] + $begin()[1]));
});
bench::check('refused: a request of another tool', function () use ($begin, $authorise) {
    bench::refused('client', fn() => $authorise(['client_id' => 'client-2'] + $begin()[1]));
});
bench::check('refused: a launch to another address', function () use ($begin, $authorise) {
    foreach (['https://evil.example/lti/launch', bench::TOOL . '/lti/launch?x', bench::TOOL . '/lti/launch/', ''] as $address) {
        bench::refused('redirect', fn() => $authorise(['redirect_uri' => $address] + $begin()[1]));
    }
});
bench::check('refused: a request that is not LTI\'s', function () use ($begin, $authorise) {
    foreach (
        [['scope' => 'openid profile'], ['response_type' => 'code'], ['response_mode' => 'query'], ['prompt' => 'login'],
        ['nonce' => ''], ['nonce' => ['N']]] as $changes
    ) {
        bench::refused('request', fn() => $authorise($changes + $begin()[1]));
    }
});
bench::check('refused: an attempt that this session did not begin, or began once', function () use ($begin, $authorise) {
    global $SESSION;
    [, $request] = $begin();
    $authorise($request);
    bench::refused('hint', fn() => $authorise($request));
    foreach (['', '{}', '{"gate":""}', '{"gate":1}', 'x', '{"gate":"guess"}'] as $hint) {
        bench::refused('hint', fn() => $authorise(['lti_message_hint' => $hint] + $begin()[1]));
    }
    [, $request] = $begin();
    $SESSION = new stdClass();
    bench::refused('hint', fn() => $authorise($request));
});
bench::check('each tab goes on to its own page, which is of this site', function () {
    global $SESSION;
    $attempts = new attempts($SESSION);
    $pages = array_map(fn($id) => bench::SITE . "/course/view.php?id=$id", [2, 3]);
    $begun = array_map(fn($page) => $attempts->begin('login', $page), $pages);
    bench::same([$begun[0]->wanted, $begun[1]->wanted], $pages);
    foreach (
        ['https://evil.example/', bench::SITE . '.evil.example/', bench::SITE, '//evil.example', 'javascript:alert(1)', '',
        bench::SITE . '/local/ltipolicy/gate.php?step=return', bench::SITE . "/x\r\nSet-Cookie: a", bench::SITE . '/' . str_repeat('a', 2000)] as $other
    ) {
        bench::same($attempts->begin('login', $other)->wanted, '', $other);
    }
});
bench::check('five attempts are kept, the latest ones', function () use ($begin, $authorise) {
    global $SESSION;
    [, $first] = $begin();
    for ($i = 0; $i < 5; $i++) {
        [, $last] = $begin();
    }
    bench::same(count($SESSION->local_ltipolicy_attempts), 5);
    bench::refused('hint', fn() => $authorise($first));
    $authorise($last);
});
bench::check('a registration that cannot be used is none', function () {
    foreach (
        [['initiatelogin' => bench::TOOL . '/lti/login'], ['initiatelogin' => 'javascript:alert(1)'], ['publickeyset' => ''],
        ['clientid' => ''], ['redirectionuris' => " \n"],
        ['initiatelogin' => bench::TOOL . '/x/lti/login/' . bench::PLATFORM]] as $changes
    ) {
        bench::same(tool::from_registration($changes + bench::registered()), null, json_encode($changes));
    }
    bench::same(bench::tool()->public_url()->out(), bench::TOOL . '/' . bench::PLATFORM . '/policies');
});
