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
 * What the policy tool says, signed. Nothing in a message counts before every rule below holds.
 *
 * Moodle's own function checks the signature and the times that are there; whom a message is from, for, about
 * and what for is checked here.
 *
 * @package    local_ltipolicy
 * @copyright  2026 the ltipolicy authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class answer {
    /** Nothing compulsory is left. */
    public const ANSWERED = 'answered';
    /** The person leaves without accepting. */
    public const DECLINED = 'declined';

    /** Longest message that is looked at. */
    private const MAXLENGTH = 8192;
    /** Longest life that a message may have, in seconds. */
    private const MAXLIFE = 120;

    /** @var string ANSWERED or DECLINED. */
    public string $result;

    /** @var int voluntary policies that are still open. */
    public int $left;

    /** @var state what was asked; its versions are those that the person answered. */
    public state $state;

    /** @var \stdClass the attempt that it answers. */
    public \stdClass $attempt;

    /**
     * Checks the answer to a person's launch and uses up the one-time value that it repeats.
     *
     * @param string $jwt
     * @param tool $tool
     * @param int $userid who is logged in
     * @param attempts $attempts that person's attempts in this session
     * @return self
     * @throws refusal
     */
    public static function of_person(string $jwt, tool $tool, int $userid, attempts $attempts): self {
        $claims = self::claims($jwt, $tool, 'login');
        if (!isset($claims->sub) || !is_string($claims->sub) || $claims->sub !== (string) $userid) {
            throw new refusal('subject');
        }
        $nonce = isset($claims->nonce) && is_string($claims->nonce) ? $claims->nonce : '';
        $attempt = $attempts->use_nonce($nonce);
        if ($attempt === null) {
            $refusal = new refusal('nonce');
            $refusal->attempt = $attempts->answered($nonce);
            throw $refusal;
        }
        $answer = new self();
        $answer->attempt = $attempt;
        $answer->result = is_string($claims->result ?? null) ? $claims->result : '';
        if (!in_array($answer->result, [self::ANSWERED, self::DECLINED], true)) {
            throw new refusal('result');
        }
        $answer->left = is_int($claims->left ?? null) && $claims->left > 0 ? $claims->left : 0;
        $answer->state = state::from_claims($claims);
        if ($answer->state->behind(state::known())) {
            $refusal = new refusal('stale');
            $refusal->attempt = $attempt;
            throw $refusal;
        }
        return $answer;
    }

    /**
     * Checks the news of a new state. It names nobody and may come again.
     *
     * @param string $jwt
     * @param tool $tool
     * @return state
     * @throws refusal
     */
    public static function of_notice(string $jwt, tool $tool): state {
        return state::from_claims(self::claims($jwt, $tool, 'notice'));
    }

    /**
     * The claims of a message that this tool made for this site, for this purpose, a moment ago.
     *
     * @param string $jwt
     * @param tool $tool
     * @param string $purpose
     * @return \stdClass
     * @throws refusal
     */
    private static function claims(string $jwt, tool $tool, string $purpose): \stdClass {
        global $CFG;
        $parts = explode('.', $jwt);
        if (strlen($jwt) > self::MAXLENGTH || count($parts) !== 3) {
            throw new refusal('malformed');
        }
        $header = json_decode((string) base64_decode(strtr($parts[0], '-_', '+/'), true));
        if (!($header instanceof \stdClass) || ($header->alg ?? null) !== 'RS256' || empty($header->kid)) {
            throw new refusal('signature');
        }
        $claims = $tool->verify($jwt);
        if (($claims->iss ?? null) !== $tool->clientid) {
            throw new refusal('issuer');
        }
        if (($claims->aud ?? null) !== $CFG->wwwroot) {
            throw new refusal('audience');
        }
        $now = people::now();
        $iat = $claims->iat ?? null;
        $exp = $claims->exp ?? null;
        if (!is_int($iat) || !is_int($exp) || $exp <= $iat || $exp - $iat > self::MAXLIFE) {
            throw new refusal('lifetime');
        }
        if ($now >= $exp || $iat > $now) {
            throw new refusal('expired');
        }
        if (($claims->purpose ?? null) !== $purpose) {
            throw new refusal('purpose');
        }
        return $claims;
    }
}
