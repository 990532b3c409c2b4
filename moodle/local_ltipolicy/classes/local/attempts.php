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
 * The launches that one browser session has under way. Each can be authorised once and answered once.
 *
 * @package    local_ltipolicy
 * @copyright  2026 the ltipolicy authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class attempts {
    /** How many are kept: one for each open tab, the oldest goes first. */
    private const KEPT = 5;
    /** How long one is kept, in seconds: long texts are read in several sittings of one day. */
    private const LIFE = 43200;

    /** @var \stdClass the session. */
    private \stdClass $session;

    /**
     * Reads the attempts of a session.
     *
     * @param \stdClass $session Moodle's $SESSION
     */
    public function __construct(\stdClass $session) {
        $this->session = $session;
        $kept = isset($session->local_ltipolicy_attempts) ? $session->local_ltipolicy_attempts : [];
        $oldest = people::now() - self::LIFE;
        $this->session->local_ltipolicy_attempts = array_filter(
            $kept,
            fn($a) => $a->time > $oldest && isset($a->used, $a->wanted)
        );
    }

    /**
     * Begins an attempt.
     *
     * @param string $purpose "login", or the page of the tool that is wanted
     * @param string $wanted the page of this site that was wanted when it began; each tab has its own
     * @return \stdClass with hint, nonce, purpose, wanted
     */
    public function begin(string $purpose, string $wanted = ''): \stdClass {
        $attempt = (object) [
            'hint' => random_string(32), 'nonce' => random_string(32), 'purpose' => $purpose,
            'wanted' => self::own($wanted) ? $wanted : '', 'time' => people::now(), 'authorised' => false, 'used' => false,
        ];
        $all = $this->session->local_ltipolicy_attempts;
        $all[$attempt->hint] = $attempt;
        $this->session->local_ltipolicy_attempts = array_slice($all, -self::KEPT, null, true);
        return $attempt;
    }

    /**
     * Authorises the attempt with this hint, once.
     *
     * @param string $hint
     * @return \stdClass|null
     */
    public function authorise(string $hint): ?\stdClass {
        $attempt = $this->session->local_ltipolicy_attempts[$hint] ?? null;
        if ($attempt === null || $attempt->authorised) {
            return null;
        }
        $attempt->authorised = true;
        return $attempt;
    }

    /**
     * Whether an address is a page of this site to go on to: no other site's, and none of the door's own.
     *
     * @param string $address
     * @return bool
     */
    public static function own(string $address): bool {
        global $CFG;
        return strlen($address) <= 2000 && strpos($address, $CFG->wwwroot . '/') === 0
            && strpos($address, $CFG->wwwroot . '/local/ltipolicy/') !== 0 && !preg_match('/[\x00-\x20\\\\]/', $address);
    }

    /**
     * Finds the attempt whose nonce was used already: who comes back to it, by Back or a second press, goes on from
     * there.
     *
     * @param string $nonce
     * @return \stdClass|null
     */
    public function answered(string $nonce): ?\stdClass {
        foreach ($this->session->local_ltipolicy_attempts as $attempt) {
            if ($nonce !== '' && $attempt->used && hash_equals($attempt->nonce, $nonce)) {
                return $attempt;
            }
        }
        return null;
    }

    /**
     * Finds the authorised attempt with this nonce and uses it up: a nonce counts once.
     *
     * @param string $nonce
     * @return \stdClass|null
     */
    public function use_nonce(string $nonce): ?\stdClass {
        foreach ($this->session->local_ltipolicy_attempts as $attempt) {
            if ($nonce !== '' && $attempt->authorised && !$attempt->used && hash_equals($attempt->nonce, $nonce)) {
                $attempt->used = true;
                return $attempt;
            }
        }
        return null;
    }
}
