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
 * Which answers of the tool let somebody in.
 *
 * @package    local_ltipolicy
 * @copyright  2026 the ltipolicy authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

use local_ltipolicy\local\answer;
use local_ltipolicy\local\attempts;
use local_ltipolicy\local\people;
use local_ltipolicy\local\state;
use local_ltipolicy\local\tool;

$take = function (string $jwt): answer {
    global $USER, $SESSION;
    return answer::of_person($jwt, bench::tool(), $USER->id, new attempts($SESSION));
};
$genuine = fn(array $changes = []) => bench::sign(bench::claims(bench::attempt()->nonce, $changes));
$knows = fn(int $serial, string $letter = 'a') => world::$config['state'] = json_encode(
    ['state' => str_repeat($letter, 64), 'serial' => $serial, 'versions' => [1, 2]]
);

bench::check('a genuine answer lets in', function () use ($take, $genuine) {
    global $USER, $DB, $SESSION;
    $answer = $take($genuine());
    bench::same($answer->result, 'answered');
    people::let_in($answer);
    bench::same($USER->policyagreed, 1, 'the session\'s mark');
    bench::same($DB->fields, ['user 7 policyagreed=1']);
    bench::same($DB->records['local_ltipolicy_user'][0]->versions, '1 2');
    bench::same($SESSION->local_ltipolicy_serial, 200);
});
bench::check('with voluntary policies open only the session is let in', function () use ($take, $genuine) {
    global $USER, $DB;
    people::let_in($take($genuine(['left' => 1])));
    bench::same([$USER->policyagreed, $DB->fields], [1, []]);
});
bench::check('refused: the answer about another user', function () use ($take, $genuine) {
    bench::refused('subject', fn() => $take($genuine(['sub' => '8'])));
    bench::refused('subject', fn() => $take($genuine(['sub' => 7]))); // A number is not a subject.
    bench::refused('subject', fn() => $take($genuine(['sub' => null])));
});
bench::check('refused: the own answer in another user\'s session', function () use ($take, $genuine) {
    global $USER;
    $jwt = $genuine();
    $USER = bench::person(8);
    bench::refused('subject', fn() => $take($jwt));
});
bench::check('refused: the answer for another site', function () use ($take, $genuine) {
    bench::refused('audience', fn() => $take($genuine(['aud' => 'https://other.example'])));
    bench::refused('audience', fn() => $take($genuine(['aud' => [bench::SITE]])));
    bench::refused('audience', fn() => $take($genuine(['aud' => null])));
});
bench::check('refused: the answer of another registration', function () use ($take, $genuine) {
    bench::refused('issuer', fn() => $take($genuine(['iss' => 'client-2'])));
    bench::refused('issuer', fn() => $take($genuine(['iss' => bench::SITE, 'aud' => bench::CLIENT]))); // A launch, turned round.
});
bench::check('refused: an expired answer', function () use ($take, $genuine) {
    $jwt = $genuine();
    world::$now += 60;
    bench::refused('expired', fn() => $take($jwt));
});
bench::check('refused: an answer from the future', function () use ($take, $genuine) {
    bench::refused('expired', fn() => $take($genuine(['iat' => world::$now + 1])));
});
bench::check('refused: an answer without end, or with a long life', function () use ($take, $genuine) {
    bench::refused('lifetime', fn() => $take($genuine(['exp' => null])));
    bench::refused('lifetime', fn() => $take($genuine(['iat' => null])));
    bench::refused('lifetime', fn() => $take($genuine(['exp' => world::$now + 111])));
    bench::refused('lifetime', fn() => $take($genuine(['exp' => (string) (world::$now + 60)])));
});
bench::check('refused: an answer used twice', function () use ($take, $genuine) {
    $jwt = $genuine();
    $take($jwt);
    bench::refused('nonce', fn() => $take($jwt));
});
bench::check('refused: an answer to another session', function () use ($take, $genuine) {
    global $SESSION;
    $jwt = $genuine();
    $SESSION = new stdClass();
    bench::attempt();
    bench::refused('nonce', fn() => $take($jwt));
});
bench::check('refused: an answer to an attempt that was never authorised', function () use ($take) {
    global $SESSION;
    $attempt = (new attempts($SESSION))->begin('login');
    bench::refused('nonce', fn() => $take(bench::sign(bench::claims($attempt->nonce))));
});
bench::check('refused: an answer without nonce', function () use ($take) {
    bench::attempt();
    bench::refused('nonce', fn() => $take(bench::sign(bench::claims(''))));
    bench::refused('nonce', fn() => $take(bench::sign(bench::claims('', ['nonce' => null]))));
});
bench::check('refused: an answer that comes after a day', function () use ($take) {
    $nonce = bench::attempt()->nonce;
    world::$now += 43201;
    bench::refused('nonce', fn() => $take(bench::sign(bench::claims($nonce))));
});
bench::check('refused: an unsigned answer', function () use ($take) {
    $claims = bench::claims(bench::attempt()->nonce);
    $none = fn(string $alg) => base64url(json_encode(['typ' => 'JWT', 'alg' => $alg, 'kid' => 'tool'])) . '.'
        . base64url(json_encode($claims)) . '.';
    bench::refused('signature', fn() => $take($none('none')));
    bench::refused('signature', fn() => $take($none('None')));
    bench::refused('signature', fn() => $take($none('RS256')));
});
bench::check('refused: an answer signed with another key', function () use ($take) {
    $claims = bench::claims(bench::attempt()->nonce);
    bench::refused('signature', fn() => $take(bench::sign($claims, 'thief')));
    bench::refused('signature', fn() => $take(bench::sign($claims, 'thief', ['kid' => 'thief'])));
    bench::refused('signature', fn() => $take(bench::sign($claims, 'tool', ['kid' => ''])));
});
bench::check('refused: an answer signed with the public key as a secret', function () use ($take) {
    $text = base64url(json_encode(['typ' => 'JWT', 'alg' => 'HS256', 'kid' => 'tool'])) . '.'
        . base64url(json_encode(bench::claims(bench::attempt()->nonce)));
    $secret = jwk_to_pem(bench::jwk('tool'));
    bench::refused('signature', fn() => $take($text . '.' . base64url(hash_hmac('sha256', $text, $secret, true))));
});
bench::check('refused: an answer changed by one byte', function () use ($take, $genuine) {
    [$head, $body, $signature] = explode('.', $genuine());
    $changed = base64url(str_replace('"sub":"7"', '"sub":"8"', unbase64url($body)));
    bench::refused('signature', fn() => $take("$head.$changed.$signature"));
});
bench::check('refused: text that is no message', function () use ($take) {
    bench::refused('malformed', fn() => $take(''));
    bench::refused('malformed', fn() => $take('a.b'));
    bench::refused('malformed', fn() => $take(str_repeat('a', 9000) . '.b.c'));
    bench::refused('signature', fn() => $take('a.b.c'));
});
bench::check('refused: a message for another purpose', function () use ($take, $genuine) {
    bench::refused('purpose', fn() => $take($genuine(['purpose' => 'notice'])));
    bench::refused('purpose', fn() => $take($genuine(['purpose' => null])));
});
bench::check('refused: an answer for an older policy state', function () use ($take, $genuine, $knows) {
    global $USER, $DB;
    $knows(201, 'b');
    bench::refused('stale', fn() => $take($genuine()));
    $knows(200, 'b'); // The same moment, but something else is asked.
    bench::refused('stale', fn() => $take($genuine()));
    bench::same([$USER->policyagreed, $DB->fields], [0, []]);
});
bench::check('the current and a newer policy state let in', function () use ($take, $genuine, $knows) {
    $knows(200);
    $take($genuine());
    $knows(199, 'b');
    $take($genuine());
});
bench::check('refused: an answer without a proper state', function () use ($take, $genuine) {
    foreach (
        [['state' => null], ['state' => 'A'], ['state' => str_repeat('A', 64)], ['state' => str_repeat('a', 64) . "\n"],
        ['serial' => null], ['serial' => 0], ['serial' => '200'],
        ['versions' => '1'], ['versions' => ['1']], ['versions' => [0]]] as $changes
    ) {
        bench::refused('state', fn() => $take($genuine($changes)));
    }
});
bench::check('no list of versions is an empty one: with no active policy nobody is stopped', function () use ($take, $genuine) {
    foreach ([['versions' => null], ['versions' => []]] as $changes) {
        bench::same($take($genuine($changes))->state->versions, []);
    }
    foreach (['{"state":"%s","serial":7,"versions":null}', '{"state":"%s","serial":7}'] as $said) {
        bench::same(state::from_claims(json_decode(sprintf($said, str_repeat('a', 64))))->versions, []);
    }
});
bench::check('an answer that comes again is refused, and says to which page it led', function () use ($take) {
    global $SESSION;
    $attempts = new attempts($SESSION);
    $attempt = $attempts->authorise($attempts->begin('login', bench::SITE . '/course/view.php?id=3')->hint);
    $jwt = bench::sign(bench::claims($attempt->nonce));
    bench::same($take($jwt)->attempt->wanted, bench::SITE . '/course/view.php?id=3');
    try {
        $take($jwt);
        throw new Exception('taken twice');
    } catch (local_ltipolicy\local\refusal $e) {
        bench::same([$e->rule, $e->attempt->wanted], ['nonce', bench::SITE . '/course/view.php?id=3']);
    }
    try {
        $take(bench::sign(bench::claims('a nonce of another session')));
    } catch (local_ltipolicy\local\refusal $e) {
        bench::same([$e->rule, $e->attempt], ['nonce', null]);
    }
});
bench::check('refused: an unknown result', function () use ($take, $genuine) {
    bench::refused('result', fn() => $take($genuine(['result' => 'fine'])));
    bench::refused('result', fn() => $take($genuine(['result' => null])));
    bench::refused('result', fn() => $take($genuine(['result' => true])));
});
bench::check('declining is an answer that lets nobody in', function () use ($take, $genuine) {
    bench::same($take($genuine(['result' => 'declined']))->result, answer::DECLINED);
});
bench::check('a nonce is gone after a refusal, too', function () use ($take, $genuine) {
    $nonce = bench::attempt()->nonce;
    bench::refused('result', fn() => $take(bench::sign(bench::claims($nonce, ['result' => 'x']))));
    bench::refused('nonce', fn() => $take(bench::sign(bench::claims($nonce))));
});
bench::check('a recorded answer of the tool lets in, once, in its minute', function () use ($take) {
    global $CFG, $USER, $SESSION;
    $kept = json_decode(file_get_contents(__DIR__ . '/../fixtures/answer.json'), true);
    world::$keysets[bench::TOOL . '/lti/jwks'] = $kept['jwks']['keys'];
    world::$now = $kept['claims']['iat'] + 11;
    $CFG->wwwroot = $kept['claims']['aud'];
    $USER = bench::person(6);
    $registered = ['clientid' => $kept['claims']['iss']] + bench::registered();
    $attempt = bench::attempt();
    $attempt->nonce = $kept['claims']['nonce'];
    $take = fn() => answer::of_person($kept['answer'], tool::from_registration($registered), 6, new attempts($SESSION));
    $answer = $take();
    bench::same([$answer->result, $answer->left, $answer->state->versions], ['answered', 0, [1, 2, 3]]);
    bench::refused('nonce', $take);
    world::$now += 60;
    bench::refused('expired', $take);
});

$notice = fn(array $changes = []) => bench::sign(bench::claims('', $changes + [
    'purpose' => 'notice', 'sub' => null, 'nonce' => null, 'result' => null, 'left' => null,
]));
bench::check('a notice is learnt once', function () use ($notice) {
    global $DB;
    $DB->count = 3;
    bench::same(answer::of_notice($notice(), bench::tool())->learn(), 3);
    bench::same(state::known()->serial, 200);
    bench::same(world::$events[0][0], 'local_ltipolicy\event\state_changed');
    bench::same(answer::of_notice($notice(), bench::tool())->learn(), null);
    bench::same(count($DB->selects), 1);
});
bench::check('an older notice changes nothing', function () use ($notice, $knows) {
    global $DB;
    $knows(300, 'b');
    bench::same(answer::of_notice($notice(), bench::tool())->learn(), null);
    bench::same([state::known()->serial, $DB->selects], [300, []]);
});
bench::check('refused: somebody\'s answer as a notice, and forged notices', function () use ($notice, $genuine) {
    $as = fn(string $jwt) => fn() => answer::of_notice($jwt, bench::tool());
    bench::refused('purpose', $as($genuine()));
    bench::refused('audience', $as($notice(['aud' => 'https://other.example'])));
    bench::refused('signature', $as(bench::sign(bench::claims('', ['purpose' => 'notice']), 'thief')));
    $old = $notice();
    world::$now += 60;
    bench::refused('expired', $as($old));
});
bench::check('while another plugin handles policies nothing is learnt', function () use ($notice) {
    global $CFG, $DB;
    $CFG->sitepolicyhandler = 'tool_policy';
    bench::same(answer::of_notice($notice(), bench::tool())->learn(), null);
    bench::same([state::known()->serial, $DB->selects], [0, []]);
});

$tell = fn(array $state) => new class ($state) extends tool {
    private array $state;
    public function __construct(array $state) {
        $this->state = $state;
        $this->clientid = bench::CLIENT;
    }
    public function ask_state(int $timeout = 10): state {
        if (!$this->state) {
            throw new moodle_exception('toolsilent');
        }
        return state::from_claims((object) $this->state);
    }
};
bench::check('refused: a serial far ahead of the clock, that nothing genuine would ever pass', function () use ($notice, $genuine, $take) {
    foreach ([(world::$now + 601) * 1000, PHP_INT_MAX] as $serial) {
        bench::refused('serial', fn() => answer::of_notice($notice(['serial' => $serial]), bench::tool()));
        bench::refused('serial', fn() => $take($genuine(['serial' => $serial])));
    }
    bench::same(answer::of_notice($notice(['serial' => (world::$now + 600) * 1000]), bench::tool())->serial, (world::$now + 600) * 1000);
});
bench::check('a serial far ahead that was learnt once counts as nothing known', function () use ($knows) {
    $knows(PHP_INT_MAX);
    bench::same(state::known()->serial, 0);
});
bench::check('an administrator has the site believe the tool anew after a thief spoke in its name', function () use ($notice, $tell, $genuine, $take) {
    $thief = answer::of_notice($notice(['serial' => world::$now * 1000, 'state' => str_repeat('f', 64), 'versions' => [9]]), bench::tool());
    bench::same($thief->learn(), 0);
    bench::refused('stale', fn() => $take($genuine()));
    state::renew($tell(['state' => str_repeat('a', 64), 'serial' => 200, 'versions' => [1, 2]]));
    bench::same([state::known()->serial, state::known()->versions, world::$forgotten], [200, [1, 2], [bench::CLIENT]]);
    bench::same($take($genuine())->result, 'answered');
});
bench::check('a tool that does not answer changes nothing when it is to be believed anew', function () use ($knows, $tell) {
    $knows(300);
    try {
        state::renew($tell([]));
        throw new Exception('it did not say so');
    } catch (moodle_exception $e) {
        bench::same([state::known()->serial, world::$forgotten], [300, []]);
    }
});
