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
 * How this site and the tool reach each other, for the settings page: what this Moodle sees itself, and what the tool sees.
 *
 * @package    local_ltipolicy
 * @copyright  2026 the ltipolicy authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class connection {
    /**
     * What this Moodle sees, a line for each thing.
     *
     * @param tool $tool
     * @return string[]
     */
    public static function own(tool $tool): array {
        $missing = [];
        if (!$tool->participants) {
            $missing[] = 'IMS LTI Names and Role Provisioning';
        }
        if (!$tool->scores) {
            $missing[] = 'IMS LTI Assignment and Grade Services';
        }
        return [
            self::keys($tool->keyseturl),
            get_string($tool->sendname && $tool->sendemail ? 'shares_fine' : 'shares_less', 'local_ltipolicy'),
            $missing ? get_string('services_less', 'local_ltipolicy', implode(', ', $missing))
                : get_string('services_fine', 'local_ltipolicy'),
        ];
    }

    /**
     * Whether Moodle can fetch the tool's key set, fetched now with the same curl as for launches. If not: what keeps it.
     *
     * @param string $url
     * @return string
     */
    private static function keys(string $url): string {
        global $CFG;
        require_once($CFG->libdir . '/filelib.php');
        $scheme = (string) parse_url($url, PHP_URL_SCHEME);
        $port = (string) (parse_url($url, PHP_URL_PORT) ?: ($scheme === 'http' ? 80 : 443));
        $a = ['url' => s($url), 'host' => s((string) parse_url($url, PHP_URL_HOST)), 'port' => s($port), 'said' => ''];
        $curl = new \curl();
        $body = (string) $curl->get($url, [], ['CURLOPT_TIMEOUT' => 4, 'CURLOPT_CONNECTTIMEOUT' => 2]);
        $status = (int) ($curl->get_info()['http_code'] ?? 0);
        if ($status === 0 && !$curl->get_errno()) {
            // Moodle itself did not let it out, and does not say for which of its two lists.
            $ports = preg_split('/\s+/', (string) ($CFG->curlsecurityallowedport ?? ''), -1, PREG_SPLIT_NO_EMPTY);
            return get_string($ports && !in_array($port, $ports, true) ? 'keys_port' : 'keys_host', 'local_ltipolicy', $a);
        }
        $said = json_decode($body);
        if ($status === 200 && !$curl->get_errno() && is_array($said->keys ?? null) && $said->keys) {
            return get_string('keys_fine', 'local_ltipolicy');
        }
        $a['said'] = s($curl->get_errno() ? (string) $curl->error : "status $status");
        return get_string('keys_failed', 'local_ltipolicy', $a);
    }

    /**
     * What the tool sees: its own words, in the reader's language, with nothing of it believed to be HTML.
     *
     * @param tool $tool
     * @return string
     */
    public static function of_tool(tool $tool): string {
        try {
            $said = $tool->ask_connection();
        } catch (silence $e) {
            return get_string('connection_silent', 'local_ltipolicy', s((string) $e->debuginfo));
        }
        $table = new \html_table();
        foreach ($said->lines as $line) {
            $text = fn(string $name): string => s(is_string($line->$name ?? null) ? $line->$name : '');
            $found = $text('found') . ($text('step') === '' ? '' : '<br>' . \html_writer::tag('strong', $text('step')));
            $table->data[] = [$text('what'), $text('word'), $found];
        }
        return s($said->summary) . \html_writer::table($table);
    }
}
