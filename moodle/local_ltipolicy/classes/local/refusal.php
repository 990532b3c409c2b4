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
 * A message that was not believed, with the code of the rule that it broke.
 *
 * The codes: malformed, signature, expired, issuer, audience, subject, lifetime, purpose, nonce, result, state,
 * stale, request, client, redirect, hint, inactive.
 *
 * @package    local_ltipolicy
 * @copyright  2026 the ltipolicy authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class refusal extends \Exception {
    /** @var string which rule was broken. */
    public string $rule;

    /** @var \stdClass|null the attempt that was answered before, if that is what is wrong. */
    public ?\stdClass $attempt = null;

    /**
     * Makes a refusal.
     *
     * @param string $rule its code
     * @param \Throwable|null $because what happened, for the log
     */
    public function __construct(string $rule, ?\Throwable $because = null) {
        parent::__construct('refused: ' . $rule . ($because ? ': ' . $because->getMessage() : ''), 0, $because);
        $this->rule = $rule;
    }
}
