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
 * The steps of the door. Each ends the request.
 *
 * @package    local_ltipolicy
 * @copyright  2026 the ltipolicy authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
class gate {
    /** How often somebody is sent to the tool without result before a page says so. */
    private const ROUNDS = 4;
    /** Within how many seconds. */
    private const ROUNDTIME = 300;
    /** How long somebody stays inside who was let in while the tool was away, in seconds. */
    private const LETIN = 900;

    /**
     * Sends the browser to the tool, or on if there is no need.
     */
    public function step_consent(): void {
        global $USER, $SESSION;
        $wanted = $this->wanted();
        if (!empty($USER->policyagreed) || !people::held_up()) {
            $this->go_on($wanted);
        }
        $tool = tool::current();
        if (!$tool->answers()) {
            $this->away($tool, $wanted);
        }
        if (!$this->another_round()) {
            $this->page('stuck', ['retry' => false]);
        }
        $this->send($tool, 'login', $wanted);
    }

    /**
     * The page of this site that was wanted: the one in the address, which each tab has for itself, else the session's.
     *
     * @return string empty if there is none
     */
    private function wanted(): string {
        global $SESSION;
        foreach ([optional_param('wanted', '', PARAM_RAW_TRIMMED), (string) ($SESSION->wantsurl ?? '')] as $address) {
            if (attempts::own($address)) {
                return $address;
            }
        }
        return '';
    }

    /**
     * Sends the browser to the person's own agreements at the tool.
     */
    public function step_agreements(): void {
        global $USER;
        $this->alone();
        $tool = tool::current();
        require_capability('local/ltipolicy:viewagreements', \context_system::instance());
        if ($tool === null || isguestuser()) {
            throw new \moodle_exception('notconfigured', 'local_ltipolicy');
        }
        $this->send($tool, 'agreements');
    }

    /**
     * Begins a launch: a form that posts itself to the tool.
     *
     * @param tool $tool
     * @param string $purpose
     * @param string $wanted where to go on to afterwards
     */
    private function send(tool $tool, string $purpose, string $wanted = ''): void {
        global $USER, $SESSION;
        $attempt = (new attempts($SESSION))->begin($purpose, $wanted);
        $this->post($tool->login_url(), door::initiation($tool, $attempt, (int) $USER->id));
    }

    /**
     * The authorisation endpoint.
     */
    public function step_auth(): void {
        global $USER, $SESSION;
        $this->alone();
        $tool = tool::current();
        if ($tool === null || isguestuser()) {
            throw new \moodle_exception('notconfigured', 'local_ltipolicy');
        }
        $request = [];
        foreach (
            ['scope', 'response_type', 'response_mode', 'prompt', 'nonce', 'client_id', 'redirect_uri', 'login_hint',
            'lti_message_hint', 'state'] as $name
        ) {
            $request[$name] = optional_param($name, '', PARAM_RAW);
        }
        try {
            [$address, $fields] = door::authorise($tool, $request, $USER, new attempts($SESSION));
        } catch (refusal $e) {
            if ($e->rule === 'hint') {
                $this->back_again(null); // Authorised before: somebody came here by Back.
            }
            $this->refused($e);
        }
        $this->post($address, $fields);
    }

    /**
     * Takes the tool's answer and lets in.
     */
    public function step_return(): void {
        global $USER, $SESSION;
        $jwt = optional_param('answer', '', PARAM_RAW_TRIMMED);
        $tool = tool::current();
        if ($jwt === '' || $tool === null || \core\session\manager::is_loggedinas()) {
            redirect(new \moodle_url('/local/ltipolicy/gate.php', ['step' => 'consent']));
        }
        try {
            $answer = answer::of_person($jwt, $tool, (int) $USER->id, new attempts($SESSION));
        } catch (refusal $e) {
            if ($e->rule === 'stale') {
                // A new version appeared on the way: ask again, and no more often than any other round.
                $this->again($e->attempt);
            }
            if ($e->rule === 'nonce') {
                $this->back_again($e->attempt);
            }
            $this->refused($e);
        }
        if ($answer->result !== answer::ANSWERED) {
            $this->page('notaccepted');
        }
        people::let_in($answer);
        \local_ltipolicy\event\answer_accepted::create([
            'context' => \context_system::instance(), 'userid' => $USER->id, 'relateduserid' => $USER->id,
            'other' => ['serial' => $answer->state->serial],
        ])->trigger();
        $this->go_on($answer->attempt->wanted);
    }

    /**
     * Leads on who comes with an answer that was used, by Back or a second press: to what they wanted if they are in,
     * else through another round.
     *
     * @param \stdClass|null $attempt the one that was answered, if this session began it
     */
    private function back_again(?\stdClass $attempt): void {
        global $USER;
        $wanted = $attempt === null ? '' : $attempt->wanted;
        if (!empty($USER->policyagreed)) {
            $this->go_on($wanted);
        }
        $this->again($attempt);
    }

    /**
     * Begins another round.
     *
     * @param \stdClass|null $attempt the one before
     */
    private function again(?\stdClass $attempt): void {
        $wanted = $attempt === null || $attempt->wanted === '' ? [] : ['wanted' => $attempt->wanted];
        redirect(new \moodle_url('/local/ltipolicy/gate.php', ['step' => 'consent'] + $wanted));
    }

    /**
     * Leads away who is "logged in as" another person: the tool opens for the person alone.
     */
    private function alone(): void {
        if (\core\session\manager::is_loggedinas()) {
            redirect(new \moodle_url('/local/ltipolicy/gate.php', ['step' => 'loginas']));
        }
    }

    /**
     * Says to somebody "logged in as" another person why the policies do not open. It stands in the frame or the window
     * of the activity, which may be the only one.
     */
    public function step_loginas(): void {
        global $OUTPUT, $PAGE, $SITE, $USER;
        if (!\core\session\manager::is_loggedinas()) {
            redirect(new \moodle_url('/'));
        }
        $PAGE->set_pagelayout('embedded');
        $PAGE->set_title(get_string('pageloginas', 'local_ltipolicy'));
        $PAGE->set_heading(format_string($SITE->fullname));
        echo $OUTPUT->header();
        echo $OUTPUT->heading(get_string('pageloginas', 'local_ltipolicy'), 2);
        echo $OUTPUT->notification(get_string('pageloginas_text', 'local_ltipolicy', s(fullname($USER))), 'info', false);
        $site = get_string('backto', 'moodle', format_string($SITE->fullname));
        echo \html_writer::link(new \moodle_url('/'), $site, ['target' => '_top']);
        echo $OUTPUT->footer();
        exit;
    }

    /**
     * Logs out somebody who does not accept: at once on the tool's word, else after a click.
     */
    public function step_logout(): void {
        global $USER, $SESSION;
        $jwt = optional_param('answer', '', PARAM_RAW_TRIMMED);
        $tool = tool::current();
        $sure = optional_param('sesskey', '', PARAM_RAW) !== '' && confirm_sesskey();
        if ($jwt !== '' && $tool !== null) {
            try {
                $answer = answer::of_person($jwt, $tool, (int) $USER->id, new attempts($SESSION));
                $sure = $answer->result === answer::DECLINED;
            } catch (refusal $e) {
                if ($e->rule !== 'stale') {
                    $this->refused($e);
                }
                $sure = true;
            }
        }
        if (!$sure) {
            $this->page('notaccepted');
        }
        \local_ltipolicy\event\policies_declined::create([
            'context' => \context_system::instance(), 'userid' => $USER->id, 'relateduserid' => $USER->id,
        ])->trigger();
        require_logout();
        // The new session cannot carry a message.
        redirect(new \moodle_url('/local/ltipolicy/gate.php', ['step' => 'left']));
    }

    /**
     * Says to somebody who is logged out that this is not the end.
     */
    public function step_left(): void {
        global $OUTPUT, $PAGE, $SITE;
        $PAGE->set_pagelayout('secure');
        $PAGE->set_title(get_string('pagenotaccepted', 'local_ltipolicy'));
        $PAGE->set_heading(format_string($SITE->fullname));
        echo $OUTPUT->header();
        echo $OUTPUT->notification(get_string('loggedout', 'local_ltipolicy'), 'info', false);
        echo $OUTPUT->single_button(new \moodle_url('/login/index.php'), get_string('login'), 'get');
        echo $OUTPUT->footer();
        exit;
    }

    /**
     * The tool's list of policies, at an address of this site's own.
     */
    public function step_policies(): void {
        $tool = tool::current();
        redirect($tool === null ? new \moodle_url('/') : $tool->public_url());
    }

    /**
     * What the mobile app shows in place of the policies: where to answer them.
     */
    public function step_app(): void {
        global $OUTPUT, $PAGE;
        $tool = tool::current();
        $PAGE->set_pagelayout('embedded');
        $PAGE->set_title(get_string('pluginname', 'local_ltipolicy'));
        echo $OUTPUT->header();
        echo $OUTPUT->render_from_template('local_ltipolicy/app', [
            'site' => (new \moodle_url('/'))->out(false),
            'policies' => $tool === null ? '' : $tool->public_url()->out(false),
        ]);
        echo $OUTPUT->footer();
        exit;
    }

    /**
     * Takes the news of a new state from the tool's server.
     */
    public function step_notify(): void {
        $tool = tool::current();
        $status = '200 OK';
        $said = [];
        try {
            if (($_SERVER['REQUEST_METHOD'] ?? '') !== 'POST') {
                throw new refusal('malformed');
            }
            if ($tool === null || !people::active()) {
                throw new refusal('inactive');
            }
            $state = answer::of_notice(required_param('notice', PARAM_RAW_TRIMMED), $tool);
            $tool->confirm();
            $said['people'] = $state->learn();
        } catch (refusal $e) {
            $status = $e->rule === 'inactive' ? '409 Conflict' : '400 Bad Request';
            $said = ['error' => $e->rule];
        }
        header(($_SERVER['SERVER_PROTOCOL'] ?? 'HTTP/1.1') . ' ' . $status);
        header('Content-Type: application/json');
        header('Cache-Control: no-store');
        echo json_encode($said);
        exit;
    }

    /**
     * Goes on to what was wanted.
     *
     * @param string $wanted a page of this site; empty: the first page
     */
    private function go_on(string $wanted): void {
        global $SESSION;
        if (($SESSION->wantsurl ?? '') === $wanted) {
            unset($SESSION->wantsurl); // Another tab's stays.
        }
        redirect(attempts::own($wanted) ? $wanted : new \moodle_url('/'));
    }

    /**
     * The tool does not answer, or refuses this site: in with a note, or a page that says which of both.
     *
     * @param tool $tool
     * @param string $wanted where to go on to
     */
    private function away(tool $tool, string $wanted): void {
        global $USER, $SESSION;
        if (!people::lets_in_when_away()) {
            $closed = silence::is_refusal($tool->kind);
            $this->page($closed ? 'closed' : 'away', $closed ? [
                'why' => get_string("closed_$tool->kind", 'local_ltipolicy'), 'rule' => $tool->kind,
            ] : []);
        }
        $SESSION->local_ltipolicy_letin = people::now() + self::LETIN;
        \local_ltipolicy\event\user_admitted::create([
            'context' => \context_system::instance(), 'userid' => $USER->id, 'relateduserid' => $USER->id,
        ])->trigger();
        \core\notification::info(get_string('letinnote', 'local_ltipolicy'));
        $this->go_on($wanted);
    }

    /**
     * Counts a round trip.
     *
     * @return bool whether one more may be tried
     */
    private function another_round(): bool {
        global $SESSION;
        $since = people::now() - self::ROUNDTIME;
        $rounds = array_filter($SESSION->local_ltipolicy_rounds ?? [], fn($time) => $time > $since);
        if (count($rounds) >= self::ROUNDS) {
            $SESSION->local_ltipolicy_rounds = [];
            return false;
        }
        $rounds[] = people::now();
        $SESSION->local_ltipolicy_rounds = array_values($rounds);
        return true;
    }

    /**
     * Says that a message was not believed.
     *
     * @param refusal $e
     */
    private function refused(refusal $e): void {
        global $USER;
        \local_ltipolicy\event\answer_refused::create([
            'context' => \context_system::instance(), 'userid' => $USER->id, 'relateduserid' => $USER->id,
            'other' => ['rule' => $e->rule],
        ])->trigger();
        $this->page('refused', ['rule' => $e->rule]);
    }

    /**
     * A page between login and site: what happened, try again, log out.
     *
     * @param string $what
     * @param array $more
     */
    private function page(string $what, array $more = []): void {
        global $OUTPUT, $PAGE, $SITE;
        $PAGE->set_pagelayout('secure');
        $PAGE->set_title(get_string("page$what", 'local_ltipolicy'));
        $PAGE->set_heading(format_string($SITE->fullname));
        $gate = '/local/ltipolicy/gate.php';
        $wanted = $this->wanted();
        echo $OUTPUT->header();
        echo $OUTPUT->render_from_template('local_ltipolicy/message', $more + [
            'title' => get_string("page$what", 'local_ltipolicy'),
            'text' => get_string("page{$what}_text", 'local_ltipolicy', s(people::contact())),
            'retry' => (new \moodle_url($gate, ['step' => 'consent'] + ($wanted === '' ? [] : ['wanted' => $wanted])))->out(false),
            'logout' => (new \moodle_url($gate, ['step' => 'logout']))->out(false),
            'sesskey' => sesskey(),
        ]);
        echo $OUTPUT->footer();
        exit;
    }

    /**
     * A form that posts itself in the whole window; without scripts a button does.
     *
     * @param string $address
     * @param string[] $fields
     */
    private function post(string $address, array $fields): void {
        global $OUTPUT, $PAGE;
        $PAGE->set_pagelayout('redirect');
        $PAGE->set_title(get_string('pluginname', 'local_ltipolicy'));
        $hidden = [];
        foreach ($fields as $name => $value) {
            $hidden[] = ['name' => $name, 'value' => $value];
        }
        echo $OUTPUT->header();
        echo $OUTPUT->render_from_template('local_ltipolicy/post', ['address' => $address, 'fields' => $hidden]);
        echo $OUTPUT->footer();
        exit;
    }
}
