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
 * The policy tool as it is registered in this site: an External tool with LTI 1.3 and a key set.
 *
 * The tool's addresses follow from the registered login address, which holds the id under which the tool knows
 * this site: https://TOOL/lti/login/ID.
 *
 * @package    local_ltipolicy
 * @copyright  2026 the ltipolicy authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class tool {
    /** @var int id of the tool type, which is also the deployment id. */
    public int $typeid;
    /** @var string client id. */
    public string $clientid;
    /** @var string scheme and host of the tool. */
    public string $base;
    /** @var string the tool's name for this site. */
    public string $platform;
    /** @var string address that launches are for. */
    public string $launchurl;
    /** @var string the tool's key set. */
    public string $keyseturl;
    /** @var string[] where the tool takes launches. */
    public array $redirecturis;
    /** @var bool whether the tool is told names. */
    public bool $sendname;
    /** @var bool whether the tool is told mail addresses. */
    public bool $sendemail;

    /** @var string why the tool did not answer when it was last asked; for administrators. */
    public string $silence = '';

    /**
     * Reads a registration.
     *
     * @param array $registered typeid, clientid, toolurl, initiatelogin, publickeyset, redirectionuris, sendname,
     *     sendemailaddr
     * @return self|null null if it is not one that can be used
     */
    public static function from_registration(array $registered): ?self {
        $login = (string) ($registered['initiatelogin'] ?? '');
        if (!preg_match('#^(https?://[^/?\#]+)/lti/login/([0-9a-f-]{36})$#', $login, $parts)) {
            return null;
        }
        $tool = new self();
        $tool->typeid = (int) ($registered['typeid'] ?? 0);
        $tool->clientid = (string) ($registered['clientid'] ?? '');
        $tool->base = $parts[1];
        $tool->platform = $parts[2];
        $tool->launchurl = (string) ($registered['toolurl'] ?? '');
        $tool->keyseturl = (string) ($registered['publickeyset'] ?? '');
        $tool->redirecturis = array_values(array_filter(array_map(
            'trim',
            explode("\n", (string) ($registered['redirectionuris'] ?? ''))
        )));
        $tool->sendname = (int) ($registered['sendname'] ?? 0) === 1;
        $tool->sendemail = (int) ($registered['sendemailaddr'] ?? 0) === 1;
        $complete = $tool->typeid && $tool->clientid !== '' && $tool->keyseturl !== '' && $tool->launchurl !== '';
        return $complete && $tool->redirecturis ? $tool : null;
    }

    /**
     * The tool chosen in the settings.
     *
     * @return self|null null if none is chosen or it cannot be used
     */
    public static function current(): ?self {
        global $DB;
        $typeid = (int) get_config('local_ltipolicy', 'typeid');
        if (!$typeid) {
            return null;
        }
        $cache = \cache::make('local_ltipolicy', 'tool');
        $registered = $cache->get($typeid);
        if (!is_array($registered)) {
            $type = $DB->get_record('lti_types', ['id' => $typeid], 'id, clientid, baseurl, state, ltiversion');
            $registered = [];
            if ($type && $type->ltiversion === '1.3.0' && (int) $type->state === 1) {
                $registered = $DB->get_records_menu('lti_types_config', ['typeid' => $typeid], '', 'name, value');
                $registered['typeid'] = (int) $type->id;
                $registered['clientid'] = $type->clientid;
                $registered['toolurl'] = $type->baseurl;
                unset($registered['servicesalt']);
            }
            $cache->set($typeid, $registered);
        }
        return self::from_registration($registered);
    }

    /**
     * The site's tools that can be chosen.
     *
     * @return string[] names by type id
     */
    public static function choices(): array {
        global $DB;
        $choices = [];
        foreach ($DB->get_records('lti_types', ['ltiversion' => '1.3.0', 'state' => 1], 'name', 'id, name, baseurl') as $type) {
            $choices[$type->id] = format_string($type->name) . ' (' . parse_url($type->baseurl, PHP_URL_HOST) . ')';
        }
        return $choices;
    }

    /**
     * Where launches at login begin.
     *
     * @return string
     */
    public function login_url(): string {
        return $this->base . '/lti/login/' . $this->platform . '/door';
    }

    /**
     * Where the tool says what it asks of everybody.
     *
     * @return string
     */
    public function state_url(): string {
        return $this->base . '/lti/door/' . $this->platform . '/state';
    }

    /**
     * The tool's list of policies, for anyone.
     *
     * @return \moodle_url
     */
    public function public_url(): \moodle_url {
        return new \moodle_url($this->base . '/' . $this->platform . '/policies');
    }

    /**
     * What a launch with this purpose is for.
     *
     * @param string $purpose
     * @return string
     */
    public function target(string $purpose): string {
        return $purpose === 'agreements' ? $this->base . '/agreements' : $this->launchurl;
    }

    /**
     * The claims of a message that the tool signed. Only signature and times were checked.
     *
     * @param string $jwt
     * @return \stdClass
     * @throws refusal
     */
    public function verify(string $jwt): \stdClass {
        global $CFG;
        require_once($CFG->dirroot . '/mod/lti/locallib.php');
        try {
            return lti_verify_with_keyset($jwt, $this->keyseturl, $this->clientid);
        } catch (\Firebase\JWT\ExpiredException | \Firebase\JWT\BeforeValidException $e) {
            throw new refusal('expired', $e);
        } catch (\Throwable $e) {
            throw new refusal('signature', $e);
        }
    }

    /**
     * Has Moodle fetch the tool's keys again before it believes the next message.
     */
    public function forget_keys(): void {
        \cache::make('mod_lti', 'keyset')->delete($this->clientid);
    }

    /**
     * Asks the tool what it asks of everybody now.
     *
     * @param int $timeout in seconds
     * @return state
     * @throws \moodle_exception if it does not answer, or not as agreed
     */
    public function ask_state(int $timeout = 10): state {
        global $CFG;
        require_once($CFG->libdir . '/filelib.php');
        $now = people::now();
        $key = \mod_lti\local\ltiopenid\jwks_helper::get_private_key();
        $request = \Firebase\JWT\JWT::encode([
            'iss' => $CFG->wwwroot, 'aud' => $this->clientid, 'iat' => $now, 'exp' => $now + 60, 'purpose' => 'state',
            'jti' => random_string(24),
        ], $key['key'], 'RS256', $key['kid']);
        $curl = new \curl();
        $body = $curl->post($this->state_url(), http_build_query(['request' => $request], '', '&'), [
            'CURLOPT_TIMEOUT' => $timeout, 'CURLOPT_CONNECTTIMEOUT' => min(3, $timeout), 'CURLOPT_FOLLOWLOCATION' => false,
        ]);
        $status = (int) ($curl->get_info()['http_code'] ?? 0);
        $said = $curl->get_errno() ? null : json_decode((string) $body);
        if ($status !== 200 || !($said instanceof \stdClass)) {
            $detail = $curl->get_errno()
                ? (string) $curl->error
                : 'status ' . $status . ' ' . substr(strip_tags((string) $body), 0, 200);
            throw new \moodle_exception('toolsilent', 'local_ltipolicy', '', null, $detail);
        }
        try {
            return state::from_claims($said);
        } catch (refusal $e) {
            throw new \moodle_exception('toolsilent', 'local_ltipolicy', '', null, $e->getMessage());
        }
    }

    /**
     * Whether the tool answers, asked at most every half minute. What it says on the occasion is learnt.
     *
     * @return bool
     */
    public function answers(): bool {
        $cache = \cache::make('local_ltipolicy', 'probe');
        $known = $cache->get($this->typeid);
        if (!is_string($known)) {
            $known = '';
            try {
                $this->ask_state(4)->learn();
            } catch (\moodle_exception $e) {
                $known = $e->debuginfo ?: $e->getMessage();
            }
            $cache->set($this->typeid, $known);
        }
        $this->silence = $known;
        return $known === '';
    }
}
