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

// phpcs:disable moodle.Files.MoodleInternal, moodle.Commenting, PSR1.Classes.ClassDeclaration
/**
 * A thin stand-in for the few functions of Moodle that the protocol parts call. What each does was read in
 * Moodle 4.5; nothing of Moodle is here.
 *
 * @package    local_ltipolicy
 * @copyright  2026 the ltipolicy authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

namespace Firebase\JWT {
    class ExpiredException extends \UnexpectedValueException {
    }
    class BeforeValidException extends \UnexpectedValueException {
    }
    class SignatureInvalidException extends \UnexpectedValueException {
    }
    class JWT {
        public static function encode(array $claims, $key, $alg, $kid) {
            return base64_encode(json_encode($claims)); // The test sees what was to be signed.
        }
    }
}

namespace mod_lti\local\ltiopenid {
    class jwks_helper {
        public static function get_private_key() {
            return ['key' => 'key', 'kid' => 'site'];
        }
    }
}

namespace core\hook {
    class after_config {
    }
}

namespace core\task {
    abstract class adhoc_task {
        private $data;
        public function set_custom_data($data) {
            $this->data = json_decode(json_encode($data));
        }
        public function get_custom_data() {
            return $this->data;
        }
    }
    class manager {
        public static function queue_adhoc_task(adhoc_task $task) {
            \world::$tasks[] = $task;
        }
    }
}

namespace core {
    interface clock {
        public function time(): int;
    }
    class di {
        public static function get(string $id) {
            return new class implements clock {
                public function time(): int {
                    return \world::$now;
                }
            };
        }
    }
}

namespace core\lock {
    class lock_config {
        public static function get_lock_factory(string $type) {
            return new class {
                public function get_lock($resource, $timeout) {
                    return new class {
                        public function release() {
                            return true;
                        }
                    };
                }
            };
        }
    }
}

namespace core\session {
    class manager {
        public static function is_loggedinas() {
            return \world::$loggedinas;
        }
    }
}

namespace core\event {
    abstract class base {
        protected $data = [];
        public $objectid;
        public $userid;
        public const LEVEL_OTHER = 0;
        public const LEVEL_PARTICIPATING = 2;
        public static function create(?array $data = null) {
            $event = new static();
            $event->data = $data;
            $event->objectid = $data['objectid'] ?? null;
            $event->userid = $data['userid'] ?? null;
            return $event;
        }
        public function trigger() {
            \world::$events[] = [static::class, $this->data];
        }
    }
    class user_created extends base {
    }
    class user_deleted extends base {
    }
    class user_updated extends base {
    }
    class user_loggedin extends base {
    }
}

namespace core_privacy\local\sitepolicy {
    abstract class handler {
        public static function accept() {
            global $USER;
            $USER->policyagreed = 1;
            return true;
        }
    }
}

namespace {
    define('MOODLE_INTERNAL', true);
    define('WS_SERVER', false);
    define('AJAX_SCRIPT', false);
    define('CLI_SCRIPT', false);
    define('SQL_PARAMS_NAMED', 1);

    /** Everything that tests set. */
    class world {
        public static int $now = 1800000000;
        public static array $config = [];
        public static array $keysets = [];
        public static array $cohorts = [];
        public static array $admins = [];
        public static array $exempt = [];
        public static array $events = [];
        public static array $forgotten = [];
        public static array $tasks = [];
        public static array $posted = [];
        public static array $http = [];
        public static string $here = '';
        public static bool $loggedinas = false;
        public static ?array $registered = null;
    }

    class moodle_url {
        private string $url;
        private array $params;
        public function __construct($url, array $params = []) {
            global $CFG;
            $this->url = $url[0] === '/' ? $CFG->wwwroot . $url : $url;
            $this->params = $params;
        }
        public function out($escaped = true) {
            return $this->url . ($this->params ? '?' . http_build_query($this->params, '', $escaped ? '&amp;' : '&') : '');
        }
    }
    class moodle_exception extends Exception {
        public $debuginfo;
        public function __construct($code, $module = '', $link = '', $a = null, $debuginfo = null) {
            $this->debuginfo = $debuginfo;
            parent::__construct($code . ' ' . $debuginfo);
        }
    }
    class coding_exception extends moodle_exception {
    }
    /** Where a page ends that leads elsewhere. */
    class redirected extends Exception {
    }
    class context_system {
        public int $id = 1;
        public static function instance() {
            return new self();
        }
    }
    class core_text {
        public static function substr($text, $start, $length) {
            return iconv_substr($text, $start, $length, 'UTF-8');
        }
    }
    class cache {
        private array $held = [];
        private static array $all = [];
        public static function make($component, $area) {
            if ($component === 'core') {
                throw new coding_exception('no such cache');
            }
            return self::$all[$area] ??= new self();
        }
        public static function forget_all() {
            self::$all = [];
        }
        public function get($key) {
            if ($this === (self::$all['tool'] ?? null) && $key === 9 && world::$registered !== null) {
                return world::$registered;
            }
            return $this->held[$key] ?? false;
        }
        public function set($key, $value) {
            $this->held[$key] = $value;
        }
        public function delete($key) {
            unset($this->held[$key]);
            world::$forgotten[] = $key;
        }
    }
    /** People and records in memory; conditions are only recorded. */
    class fake_database {
        public array $fields = [];
        public array $records = [];
        public array $selects = [];
        public int $count = 0;
        public array $users = [];
        public function get_record($table, $where, $what = '*') {
            return $table === 'user' ? ($this->users[$where['id']] ?? false) : false;
        }
        public function get_records_select($table, $select, $params, $sort, $what) {
            return array_filter($this->users, fn($u) => $u->deleted || $u->suspended);
        }
        public function record_exists($table, $where) {
            return (bool) array_filter($this->records[$table] ?? [], fn($r) => $r->userid === $where['userid']);
        }
        public function insert_record($table, $record) {
            $this->records[$table][] = clone (object) $record;
            return count($this->records[$table]);
        }
        public function delete_records($table, $where) {
            $this->records[$table] = [];
        }
        public function set_field($table, $field, $value, $where) {
            $this->fields[] = "$table {$where['id']} $field=$value";
        }
        public function set_field_select($table, $field, $value, $select, $params) {
            $this->selects[] = [$table, $field, $value, $select, $params];
        }
        public function count_records_select($table, $select, $params) {
            return $this->count;
        }
        public function get_recordset_sql($sql) {
            $kept = array_unique(array_column($this->records['local_ltipolicy_user'] ?? [], 'versions'));
            $rows = array_map(fn($v) => (object) ['versions' => $v], $kept);
            return new class ($rows) extends ArrayIterator {
                public function close() {
                }
            };
        }
        public function get_in_or_equal($items, $type, $prefix, $equal = true) {
            $params = [];
            foreach (array_values($items) as $i => $item) {
                $params["$prefix$i"] = $item;
            }
            return [($equal ? 'IN (:' : 'NOT IN (:') . implode(',:', array_keys($params)) . ')', $params];
        }
        public function start_delegated_transaction() {
            return new class {
                public function allow_commit() {
                }
            };
        }
    }

    function get_config($plugin, $name) {
        return world::$config[$name] ?? false;
    }
    function set_config($name, $value, $plugin = null) {
        world::$config[$name] = $value;
    }
    function unset_config($name, $plugin = null) {
        unset(world::$config[$name]);
    }
    function s($text) {
        return htmlspecialchars($text, ENT_QUOTES, 'UTF-8');
    }
    class html_table {
        public array $data = [];
    }
    class html_writer {
        public static function tag($name, $text) {
            return "<$name>$text</$name>";
        }
        public static function alist($lines) {
            return implode("\n", $lines);
        }
        public static function link($url, $text) {
            return $text;
        }
        public static function table($table) {
            return implode("\n", array_map(fn($row) => implode('|', $row), $table->data));
        }
    }
    class core_date {
        public static function get_user_timezone() {
            return 'UTC';
        }
    }
    function userdate($time, $format = '') {
        return gmdate('c', $time);
    }
    function sesskey() {
        return 'sesskey';
    }
    function upgrade_plugin_savepoint($result, $version, $type, $plugin) {
        world::$config['version'] = $version;
    }
    function mtrace($text) {
        echo $text;
    }
    function get_string($key, $component = '') {
        return $key;
    }
    function redirect($url) {
        throw new redirected($url instanceof moodle_url ? $url->out(false) : $url);
    }
    function qualified_me() {
        return world::$here;
    }
    function during_initial_install() {
        return false;
    }
    function random_string($length) {
        return substr(bin2hex(random_bytes($length)), 0, $length);
    }
    function isloggedin() {
        global $USER;
        return !empty($USER->id);
    }
    function isguestuser($user = null) {
        global $USER, $CFG;
        return (int) ($user->id ?? $USER->id) === (int) $CFG->siteguest;
    }
    function is_siteadmin($user = null) {
        global $USER;
        return in_array((int) ($user->id ?? $USER->id), world::$admins, true);
    }
    function has_capability($capability, $context, $user = null, $doanything = true) {
        return in_array((int) $user->id, world::$exempt, true);
    }
    function get_users_by_capability() {
        return array_fill_keys(world::$exempt, true);
    }
    function current_language() {
        return 'ro';
    }
    function get_site_identifier() {
        return 'site';
    }
    function html_to_text($html, $width = 75) {
        return strip_tags($html);
    }
    function fullname($user) {
        return "$user->firstname $user->lastname";
    }

    function base64url(string $bytes): string {
        return rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
    }
    function unbase64url(string $text): string {
        return (string) base64_decode(strtr($text, '-_', '+/'));
    }
    /** The RSA public key of a JWK as PEM (RFC 8017, A.1.1, in a SubjectPublicKeyInfo). */
    function jwk_to_pem(array $jwk): string {
        $wrap = function (int $tag, string $content): string {
            $length = strlen($content);
            if ($length < 128) {
                return chr($tag) . chr($length) . $content;
            }
            $bytes = ltrim(pack('N', $length), "\0");
            return chr($tag) . chr(0x80 | strlen($bytes)) . $bytes . $content;
        };
        $number = fn(string $n) => $wrap(0x02, (ord($n[0]) & 0x80 ? "\0" : '') . $n);
        $key = $wrap(0x30, $number(unbase64url($jwk['n'])) . $number(unbase64url($jwk['e'])));
        $algorithm = hex2bin('300d06092a864886f70d0101010500');
        return "-----BEGIN PUBLIC KEY-----\n"
            . chunk_split(base64_encode($wrap(0x30, $algorithm . $wrap(0x03, "\0" . $key))), 64, "\n")
            . "-----END PUBLIC KEY-----\n";
    }

    spl_autoload_register(function (string $class) {
        global $CFG; // As in Moodle's own.
        if (strpos($class, 'local_ltipolicy\\') === 0) {
            require(__DIR__ . '/../../classes/' . str_replace('\\', '/', substr($class, 16)) . '.php');
        }
    });
}
