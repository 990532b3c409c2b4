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
    /** @var bool whether the tool may ask for a course's participants. */
    public bool $participants;
    /** @var bool whether the tool may send scores. */
    public bool $scores;

    /** @var string why the tool did not answer when it was last asked; for administrators. */
    public string $silence = '';

    /** @var string the kind of that reason, see kind_of(). */
    public string $kind = '';

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
        $tool->participants = (int) ($registered['ltiservice_memberships'] ?? 0) === 1;
        $tool->scores = (int) ($registered['ltiservice_gradesynchronization'] ?? 0) > 0;
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
        try {
            return core::verify($jwt, $this->keyseturl, $this->clientid);
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
        core::forget_keys($this->clientid);
    }

    /**
     * Asks the tool what it asks of everybody now.
     *
     * @param int $timeout in seconds
     * @return state
     * @throws silence if it does not answer, or not as agreed
     */
    public function ask_state(int $timeout = 10): state {
        $said = $this->tell('state', [], $timeout);
        try {
            $state = state::from_claims($said);
        } catch (refusal $e) {
            throw new silence($e->rule === 'serial' ? 'clock' : 'other', $e->getMessage());
        }
        $this->confirm();
        return $state;
    }

    /**
     * Tells the tool what became of accounts.
     *
     * @param string[] $accounts "active", "suspended" or "deleted" by number of the account
     * @throws silence if it does not answer, or not as agreed
     */
    public function tell_accounts(array $accounts): void {
        $list = [];
        foreach ($accounts as $id => $is) {
            $list[] = ['sub' => (string) $id, 'is' => $is];
        }
        $this->tell('accounts', ['accounts' => $list], 30);
    }

    /**
     * Asks the tool how the connection looks from its side, in the reader's language. The tool looks for eight
     * seconds at most.
     *
     * @return \stdClass with summary and lines
     * @throws silence if it does not answer, or not as agreed
     */
    public function ask_connection(): \stdClass {
        $said = $this->tell('connection', ['lang' => current_language()], 10);
        if (!is_string($said->summary ?? null) || !is_array($said->lines ?? null)) {
            throw new silence('other', 'no lines');
        }
        return $said;
    }

    /**
     * Posts a message that this site signs to the tool.
     *
     * @param string $purpose
     * @param array $claims
     * @param int $timeout in seconds
     * @return \stdClass what it says
     * @throws silence
     */
    protected function tell(string $purpose, array $claims, int $timeout): \stdClass {
        global $CFG;
        require_once($CFG->libdir . '/filelib.php');
        $now = people::now();
        $key = core::private_key();
        $request = \Firebase\JWT\JWT::encode($claims + [
            'iss' => $CFG->wwwroot, 'aud' => $this->clientid, 'iat' => $now, 'exp' => $now + 60, 'purpose' => $purpose,
            'jti' => random_string(24), 'version' => (string) get_config('local_ltipolicy', 'version'),
            'active' => people::active(),
        ], $key['key'], 'RS256', $key['kid']);
        $curl = new \curl();
        $body = (string) $curl->post(
            $this->base . '/lti/door/' . $this->platform . '/' . $purpose,
            http_build_query(['request' => $request], '', '&'),
            ['CURLOPT_TIMEOUT' => $timeout, 'CURLOPT_CONNECTTIMEOUT' => min(3, $timeout), 'CURLOPT_FOLLOWLOCATION' => false]
        );
        $status = (int) ($curl->get_info()['http_code'] ?? 0);
        $said = json_decode($body);
        if ($status === 200 && !$curl->get_errno() && $said instanceof \stdClass) {
            return $said;
        }
        if ($status === 0 && !$curl->get_errno()) {
            throw new silence('blocked', (string) ($curl->error ?: $body)); // Moodle itself did not let it out.
        }
        if ($curl->get_errno()) {
            throw new silence('unreachable', (string) $curl->error);
        }
        throw new silence(
            self::kind_of($status, $said instanceof \stdClass ? $said : null),
            "status $status " . substr(strip_tags($body), 0, 200)
        );
    }

    /**
     * Why the tool refused: unknown, nodoor, pending, disabled, moved, clock or key. Each has its own remedy.
     * keysaway is none of them: the tool cannot fetch this site's keys just now, and tries again by itself. Anything else
     * that is not an answer is unreachable, and what a tool says that this plugin does not know is other.
     *
     * @param int $status of HTTP
     * @param \stdClass|null $said
     * @return string
     */
    public static function kind_of(int $status, ?\stdClass $said): string {
        $code = is_string($said->error ?? null) ? $said->error : '';
        $detail = is_string($said->detail ?? null) ? $said->detail : '';
        $kinds = [
            'platform_pending' => 'pending', 'platform_disabled' => 'disabled', 'issuer_mismatch' => 'moved',
            'token_expired' => 'clock', 'token_from_future' => 'clock',
            'kid_unknown' => 'key', 'signature_invalid' => 'key', 'jwks_unavailable' => 'keysaway',
            'audience_mismatch' => 'unknown',
        ];
        if ($code === 'platform_unknown') {
            return $detail === 'login door' ? 'nodoor' : 'unknown';
        }
        if (isset($kinds[$code])) {
            return $kinds[$code];
        }
        if ($status === 404) {
            return $code === 'not_found' ? 'nodoor' : 'unknown'; // As tools said it before they told the two apart.
        }
        return $code === '' || $status >= 500 || $status === 429 ? 'unreachable' : 'other';
    }

    /**
     * Whether the tool has confirmed once that it knows this site's door. Until then nobody can have answered, and nobody
     * is held up; from then on only the site's own setting lets people in without an answer, not the tool's refusal.
     *
     * @return bool
     */
    public function confirmed(): bool {
        return get_config('local_ltipolicy', 'confirmed') === $this->identity();
    }

    /**
     * Keeps that the tool knows this site's door.
     */
    public function confirm(): void {
        if (!$this->confirmed()) {
            set_config('confirmed', $this->identity(), 'local_ltipolicy');
        }
    }

    /**
     * What the tool has confirmed, so that another tool or registration has to do so anew. A new address of this site
     * does not: else a line in its configuration would let everybody in.
     *
     * @return string
     */
    private function identity(): string {
        return sha1(implode(' ', [$this->base, $this->platform, $this->clientid]));
    }

    /**
     * Whether the tool answers, asked at most every few seconds. What it says on the occasion is learnt.
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
            } catch (silence $e) {
                $known = $e->kind . ' ' . $e->debuginfo;
            }
            $cache->set($this->typeid, $known);
        }
        [$this->kind, $this->silence] = explode(' ', $known . ' ', 2);
        $this->silence = trim($this->silence);
        return $known === '';
    }
}
