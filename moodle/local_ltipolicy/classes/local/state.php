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
 * What the policy tool asks of everybody on this site at one moment.
 *
 * The serial grows with every change, so that of two states the later one is known whatever order news arrives
 * in; the hash identifies the list of material versions.
 *
 * @package    local_ltipolicy
 * @copyright  2026 the ltipolicy authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class state {
    /**
     * How far a serial may be ahead of this site's clock, in seconds. It is a time in milliseconds: without a bound,
     * whoever once had the tool's key could claim one that nothing genuine ever passes.
     */
    private const AHEAD = 600;

    /** @var string SHA-256 in hexadecimal; empty while nothing is known. */
    public string $hash;

    /** @var int grows with every change; 0 while nothing is known. */
    public int $serial;

    /** @var int[] ids of the material versions. */
    public array $versions;

    /**
     * Makes a state.
     *
     * @param string $hash
     * @param int $serial
     * @param int[] $versions
     */
    public function __construct(string $hash = '', int $serial = 0, array $versions = []) {
        $this->hash = $hash;
        $this->serial = $serial;
        $this->versions = $versions;
    }

    /**
     * Reads a state from what the tool said.
     *
     * @param \stdClass $claims
     * @return self
     * @throws refusal with "state" unless all of it is there and well formed
     */
    public static function from_claims(\stdClass $claims): self {
        $hash = $claims->state ?? null;
        $serial = $claims->serial ?? null;
        $versions = $claims->versions ?? []; // None: a tool in Go may say null.
        if (!is_string($hash) || !preg_match('/^[0-9a-f]{64}$/D', $hash)) {
            throw new refusal('state');
        }
        if (!is_int($serial) || $serial <= 0 || !is_array($versions)) {
            throw new refusal('state');
        }
        if ($serial > (people::now() + self::AHEAD) * 1000) {
            throw new refusal('serial');
        }
        foreach ($versions as $id) {
            if (!is_int($id) || $id <= 0) {
                throw new refusal('state');
            }
        }
        return new self($hash, $serial, array_values(array_unique($versions)));
    }

    /**
     * The latest state that this site has heard of.
     *
     * @return self
     */
    public static function known(): self {
        $kept = json_decode((string) get_config('local_ltipolicy', 'state'));
        if (!($kept instanceof \stdClass)) {
            return new self();
        }
        try {
            return self::from_claims($kept);
        } catch (refusal $e) {
            return new self();
        }
    }

    /**
     * Whether somebody let in on this state would have been let in on too little: a later one is known.
     *
     * @param self $known
     * @return bool
     */
    public function behind(self $known): bool {
        return $this->serial < $known->serial || ($this->serial === $known->serial && $this->hash !== $known->hash);
    }

    /**
     * Takes note of a state: if it is later than the known one, it is kept and everybody whose answers do not
     * cover it will be asked. Anything else changes nothing, so that news may come twice and in any order. Nor
     * does anything change while another plugin is the site's policy handler.
     *
     * @return int|null how many will be asked; null if it was no news
     */
    public function learn(): ?int {
        if (!people::active() || $this->serial <= self::known()->serial) {
            return null;
        }
        $lock = \core\lock\lock_config::get_lock_factory('local_ltipolicy')->get_lock('state', 10);
        if (!$lock) {
            return null; // Somebody else is at it; the scheduled task asks again.
        }
        try {
            $known = self::known();
            if ($this->serial <= $known->serial) {
                return null;
            }
            $concerned = people::lower($this);
            set_config('state', json_encode([
                'state' => $this->hash, 'serial' => $this->serial, 'versions' => $this->versions,
            ]), 'local_ltipolicy');
        } finally {
            $lock->release();
        }
        \local_ltipolicy\event\state_changed::create([
            'context' => \context_system::instance(),
            'other' => ['before' => $known->serial, 'after' => $this->serial, 'people' => $concerned],
        ])->trigger();
        return $concerned;
    }

    /**
     * Believes the tool anew, whatever was heard in its name: its keys and its state are fetched again, the state with
     * a question that this site signs, at the tool's own address. For the site's administrators, after the tool's key
     * was in wrong hands.
     *
     * @param tool $tool
     * @return self what the tool says now
     * @throws \moodle_exception if it does not answer; then nothing is changed
     */
    public static function renew(tool $tool): self {
        $said = $tool->ask_state();
        $tool->forget_keys();
        self::forget();
        $said->learn();
        return $said;
    }

    /**
     * Forgets what is known, so that the next news concerns everybody.
     */
    public static function forget(): void {
        unset_config('state', 'local_ltipolicy');
    }
}
