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
 * Moodle's own LTI code is to move (MDL-79113): it is called in one place only.
 *
 * @package    local_ltipolicy
 * @copyright  2026 the ltipolicy authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

bench::check('Moodle\'s LTI code is called in classes/local/core.php and nowhere else', function () {
    $root = realpath(__DIR__ . '/../..');
    $callers = [];
    foreach (new RecursiveIteratorIterator(new RecursiveDirectoryIterator($root, FilesystemIterator::SKIP_DOTS)) as $file) {
        $name = substr($file->getPathname(), strlen($root) + 1);
        if ($file->getExtension() !== 'php' || strpos($name, 'tests/') === 0) {
            continue;
        }
        foreach (token_get_all(file_get_contents($file->getPathname())) as $token) {
            [$kind, $text] = is_array($token) ? $token : [0, $token];
            $called = $kind === T_STRING && strpos($text, 'lti_') === 0
                || in_array($kind, [T_NAME_FULLY_QUALIFIED, T_NAME_QUALIFIED], true) && preg_match('/^\\\\?(mod_lti|core_ltix)\\\\/', $text)
                || $kind === T_CONSTANT_ENCAPSED_STRING && preg_match('#mod/lti/locallib|(mod_lti|core_ltix)\\\\#', $text);
            if ($called) {
                $callers[$name] = true;
            }
        }
    }
    bench::same(array_keys($callers), ['classes/local/core.php']);
});
