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
 * A fresh site for each check, a tool with a key, and what the checks have in common.
 *
 * @package    local_ltipolicy
 * @copyright  2026 the ltipolicy authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

use local_ltipolicy\local\attempts;
use local_ltipolicy\local\refusal;
use local_ltipolicy\local\tool;

class bench {
    public const SITE = 'https://moodle.example';
    public const TOOL = 'https://tool.example';
    public const CLIENT = 'client-1';
    public const PLATFORM = '01a201d6-0561-7633-8db3-37da390f0abf';

    private static array $results = [];
    private static array $keys = [];

    /** Runs one check on a fresh site. */
    public static function check(string $name, callable $check): void {
        self::fresh();
        try {
            $check();
            self::$results[$name] = null;
        } catch (Throwable $e) {
            self::$results[$name] = $e->getMessage() . ' at ' . basename($e->getFile()) . ':' . $e->getLine();
        }
    }

    public static function report(bool $verbose): int {
        $failed = array_filter(self::$results);
        foreach (self::$results as $name => $problem) {
            if ($problem !== null) {
                echo "FAIL $name: $problem\n";
            } else if ($verbose) {
                echo "ok   $name\n";
            }
        }
        echo count(self::$results) . ' checks, ' . count($failed) . " failed\n";
        return $failed ? 1 : 0;
    }

    private static function fresh(): void {
        global $CFG, $USER, $SESSION, $SITE, $DB;
        world::$now = 1800000000;
        world::$config = ['typeid' => 9, 'exemptauth' => 'webservice'];
        world::$keysets = [self::TOOL . '/lti/jwks' => [self::jwk('tool')]];
        world::$cohorts = world::$exempt = world::$events = world::$forgotten = world::$tasks = world::$posted = [];
        world::$http = ['status' => 0, 'body' => '', 'errno' => 7, 'error' => 'nobody there'];
        world::$here = '';
        $_SERVER['REQUEST_METHOD'] = 'GET';
        cache::forget_all();
        world::$admins = [2];
        world::$loggedinas = false;
        world::$registered = self::registered();
        $CFG = (object) [
            'wwwroot' => self::SITE, 'dirroot' => __DIR__ . '/moodle', 'libdir' => __DIR__ . '/moodle/lib', 'siteguest' => 1,
            'version' => '2024100706', 'sitepolicyhandler' => 'local_ltipolicy', 'supportname' => 'Support',
            'supportemail' => 's@x.example',
        ];
        $SITE = (object) ['shortname' => 'CV', 'fullname' => 'Campus <b>Virtual</b>'];
        $USER = self::person(7);
        $SESSION = new stdClass();
        $DB = new fake_database();
        self::tool()->confirm();
    }

    /** What the tool says to the next question. */
    public static function tool_says(int $status, $body): void {
        world::$http = ['status' => $status, 'body' => is_string($body) ? $body : json_encode($body), 'errno' => 0, 'error' => ''];
    }

    public static function person(int $id, array $more = []): stdClass {
        return (object) ($more + [
            'id' => $id, 'username' => "u$id", 'auth' => 'manual', 'policyagreed' => 0, 'firstname' => 'Ana', 'lastname' => 'Pop',
            'email' => "u$id@x.example", 'idnumber' => "S-$id",
        ]);
    }

    public static function registered(): array {
        return [
            'typeid' => 9, 'clientid' => self::CLIENT, 'toolurl' => self::TOOL . '/lti/launch',
            'initiatelogin' => self::TOOL . '/lti/login/' . self::PLATFORM, 'publickeyset' => self::TOOL . '/lti/jwks',
            'redirectionuris' => self::TOOL . "/lti/launch\n", 'sendname' => '1', 'sendemailaddr' => '0',
        ];
    }

    public static function tool(): tool {
        return tool::from_registration(self::registered());
    }

    public static function key(string $name) {
        return self::$keys[$name] ??= openssl_pkey_new(['private_key_bits' => 2048, 'private_key_type' => OPENSSL_KEYTYPE_RSA]);
    }

    public static function jwk(string $name): array {
        $rsa = openssl_pkey_get_details(self::key($name))['rsa'];
        $numbers = ['n' => base64url($rsa['n']), 'e' => base64url($rsa['e'])];
        return ['kty' => 'RSA', 'alg' => 'RS256', 'use' => 'sig', 'kid' => $name] + $numbers;
    }

    /** A signed message; $header and $key let a test lie. */
    public static function sign(array $claims, string $key = 'tool', array $header = []): string {
        $header += ['typ' => 'JWT', 'alg' => 'RS256', 'kid' => 'tool'];
        $text = base64url(json_encode($header)) . '.' . base64url(json_encode($claims));
        openssl_sign($text, $signature, self::key($key), OPENSSL_ALGO_SHA256);
        return $text . '.' . base64url($signature);
    }

    /** An authorised attempt of the session. */
    public static function attempt(): stdClass {
        global $SESSION;
        $attempts = new attempts($SESSION);
        return $attempts->authorise($attempts->begin('login')->hint);
    }

    /** What the tool says of person 7 who answered everything, with changes; null takes a claim out. */
    public static function claims(string $nonce, array $changes = []): array {
        $claims = $changes + [
            'iss' => self::CLIENT, 'aud' => self::SITE, 'iat' => world::$now - 10, 'exp' => world::$now + 60, 'jti' => 'x',
            'purpose' => 'login', 'sub' => '7', 'nonce' => $nonce, 'result' => 'answered', 'left' => 0,
            'state' => str_repeat('a', 64), 'serial' => 200, 'versions' => [1, 2],
        ];
        return array_filter($claims, fn($v) => $v !== null);
    }

    public static function same($got, $want, string $what = ''): void {
        if ($got !== $want) {
            throw new Exception($what . ' is ' . json_encode($got) . ', want ' . json_encode($want));
        }
    }

    /** Expects a refusal for exactly this rule. */
    public static function refused(string $rule, callable $act): void {
        try {
            $act();
        } catch (refusal $e) {
            self::same($e->rule, $rule, 'the refusal');
            return;
        }
        throw new Exception("not refused, want $rule");
    }
}
