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
 * The tool did not answer, or not as agreed.
 *
 * @package    local_ltipolicy
 * @copyright  2026 the ltipolicy authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class silence extends \moodle_exception {
    /** Kinds in which the tool did answer, and refused: no waiting mends them, an administrator does. */
    private const REFUSALS = ['unknown', 'nodoor', 'pending', 'disabled', 'moved', 'clock', 'key', 'blocked', 'other'];

    /** @var string why: unreachable, keysaway, or one of REFUSALS. */
    public string $kind;

    /**
     * Makes one.
     *
     * @param string $kind
     * @param string $detail for administrators
     */
    public function __construct(string $kind, string $detail) {
        $this->kind = $kind;
        parent::__construct('toolsilent', 'local_ltipolicy', '', null, $detail);
    }

    /**
     * Whether this kind is a refusal.
     *
     * @param string $kind
     * @return bool
     */
    public static function is_refusal(string $kind): bool {
        return in_array($kind, self::REFUSALS, true);
    }
}
