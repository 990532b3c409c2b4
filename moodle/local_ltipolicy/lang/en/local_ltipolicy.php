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

/**
 * Strings: English.
 *
 * @package    local_ltipolicy
 * @category   string
 * @copyright  2026 the ltipolicy authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

$string['agreements'] = 'Policies and agreements';
$string['app'] = 'Please answer the policies in a browser';
$string['app_open'] = 'Open the site in a browser';
$string['app_text'] = 'This site asks you to read and answer its policies. That is not possible in the app: log in to the site in a browser, answer there, then come back to the app.';
$string['atonce'] = 'Ask people who are inside at once';
$string['atonce_desc'] = 'When a policy is published, people who are logged in are asked at their next page. Otherwise they are asked at their next login.';
$string['audience'] = 'Who is asked';
$string['audience_all'] = 'Everybody';
$string['audience_cohorts'] = 'Members of the cohorts below';
$string['audience_desc'] = 'Site administrators and guests are never asked.';
$string['cachedef_probe'] = 'Whether the policy tool answers';
$string['cachedef_tool'] = 'Registration of the policy tool';
$string['closed_blocked'] = 'This site\'s own HTTP security keeps it from asking the service.';
$string['closed_clock'] = 'The clocks of the site and of the service differ.';
$string['closed_disabled'] = 'The operator of the service has disabled this site.';
$string['closed_key'] = 'The service cannot check what this site signs.';
$string['closed_moved'] = 'The service knows this site at another address.';
$string['closed_nodoor'] = 'The service does not know the login of this site yet.';
$string['closed_other'] = 'The site does not understand what the service answers.';
$string['closed_pending'] = 'The registration of this site is not active at the service.';
$string['closed_unknown'] = 'The service does not know this site.';
$string['code'] = 'Code:';
$string['cohorts'] = 'Cohorts';
$string['cohorts_desc'] = 'Only used if members of cohorts are asked.';
$string['connection_moodle'] = 'From this Moodle';
$string['connection_silent'] = 'The tool does not tell how the connection looks from its side. ({$a})';
$string['connection_tool'] = 'From the tool';
$string['contact'] = 'Whom to ask';
$string['contact_desc'] = 'Name and address that people see who do not want to accept. Empty: the support contact of the site.';
$string['eventaccepted'] = 'Let in on the policy tool\'s answer';
$string['eventdeclined'] = 'Left without accepting the policies';
$string['eventletin'] = 'Let in while the policy tool was away';
$string['eventrefused'] = 'Message of the policy tool refused';
$string['eventstate'] = 'Policies changed at the policy tool';
$string['everylogin'] = 'Ask the tool at every login';
$string['everylogin_desc'] = 'Everybody passes the tool at each login, in redirects only if nothing is open. Otherwise only people for whom something changed do.';
$string['exemptauth'] = 'Exempt authentication methods';
$string['exemptauth_desc'] = 'Accounts with these methods are never asked. Moodle itself exempts web services accounts.';
$string['exemptusers'] = 'Exempt accounts';
$string['exemptusers_desc'] = 'User names, one on a line. Roles with the capability local/ltipolicy:exempt are exempt, too.';
$string['goingon'] = 'One moment, please …';
$string['keys_failed'] = 'This Moodle cannot fetch the tool\'s keys from {$a->url}. Look at the name, firewalls and the certificate. ({$a->said})';
$string['keys_fine'] = 'This Moodle can fetch the tool\'s keys.';
$string['keys_host'] = 'HTTP security keeps this Moodle from the tool\'s keys, {$a->url}. Under Security > HTTP security, take the line that covers {$a->host} out of "cURL blocked hosts list", and leave the others.';
$string['keys_port'] = 'HTTP security keeps this Moodle from the tool\'s keys, {$a->url}. Under Security > HTTP security, add a line {$a->port} to "cURL allowed ports list".';
$string['letinnote'] = 'The policies of this site cannot be shown at the moment. You can go on; you will be asked later.';
$string['loggedout'] = 'You are logged out. You can answer the policies at any time by logging in again.';
$string['ltipolicy:exempt'] = 'Enter without being asked for policies';
$string['ltipolicy:viewagreements'] = 'See one\'s own agreements at the policy tool';
$string['notconfigured'] = 'The policy tool is not set up: nobody is asked.';
$string['pageaway'] = 'The policies cannot be shown now';
$string['pageaway_text'] = 'Before you go on, this site asks you to answer its policies, and the service that shows them does not answer at the moment. Please try again in a few minutes. If it lasts, please write to: {$a}';
$string['pageclosed'] = 'The policies cannot be shown now';
$string['pageclosed_text'] = 'Before you go on, this site asks you to answer its policies, and the service that shows them refuses this site. Waiting does not mend that: please write to {$a}';
$string['pageloginas'] = 'The policies do not open';
$string['pageloginas_text'] = 'You are logged in as {$a}. What is answered there would count as an answer of that person, so it opens for the person alone.';
$string['pagenotaccepted'] = 'You have not accepted';
$string['pagenotaccepted_text'] = 'This site can be used only by people who have accepted its compulsory policies. You can look at them again, or log out. If something worries you, please ask: {$a}';
$string['pagerefused'] = 'The answer could not be checked';
$string['pagerefused_text'] = 'What came back from the policies is not valid, too old, or was used already. Your answers are not lost. Please try again; if it happens again, please write to: {$a}';
$string['pagestuck'] = 'You keep coming back here';
$string['pagestuck_text'] = 'You were sent to the policies several times without result, so this site stopped. Log out and log in again, or try another browser. If it lasts, please write to: {$a}';
$string['pluginname'] = 'Policies at login (ltipolicy)';
$string['policies'] = 'Policies';
$string['privacy:gone'] = 'That the policy tool was told that an account is suspended.';
$string['privacy:tool'] = 'The policy tool shows the policies and keeps the answers.';
$string['privacy:tool:email'] = 'Mail address, if the tool\'s privacy settings share it';
$string['privacy:tool:idnumber'] = 'ID number';
$string['privacy:tool:lang'] = 'Language';
$string['privacy:tool:name'] = 'Name and user name, if the tool\'s privacy settings share them';
$string['privacy:tool:userid'] = 'Number of the account';
$string['privacy:user'] = 'On which answers a person was last let in. The answers themselves are kept by the tool.';
$string['privacy:user:remaining'] = 'How many voluntary policies were left open';
$string['privacy:user:state'] = 'What the site asked then';
$string['privacy:user:time'] = 'When';
$string['privacy:user:userid'] = 'The person';
$string['privacy:user:versions'] = 'Numbers of the versions answered';
$string['renew'] = 'Ask the tool anew';
$string['renew_desc'] = 'forget what the tool has said until now, fetch its keys again and ask it. For when its operator says that a key was stolen.';
$string['renew_done'] = 'The tool was asked anew. What it says now is what counts.';
$string['services_fine'] = 'The tool may ask for participants and send scores.';
$string['services_less'] = 'The tool may not use: {$a}. Under Manage tools, edit the tool, Services.';
$string['shares_fine'] = 'The tool is told names and mail addresses.';
$string['shares_less'] = 'The tool is not told names, or not mail addresses. If it should be: Manage tools, edit the tool, Privacy.';
$string['status'] = 'Status';
$string['status_active'] = 'This plugin is the site\'s policy handler: people are asked at login.';
$string['status_answers'] = 'The tool answers: {$a}';
$string['status_command'] = 'What the operator of the tool must run once:';
$string['status_elsewhere'] = 'If the tool has another address for this site\'s door, its operator runs:';
$string['status_inactive'] = 'Nobody is asked yet: choose this plugin as "Site policy handler" under Users > Privacy and policies > Policy settings.';
$string['status_letin'] = 'People who have something to answer go in with a note, as chosen below.';
$string['status_state'] = 'Policies that ask for an answer: {$a->policies}, since {$a->since}';
$string['status_unconfirmed'] = 'Nobody is held up yet: the tool has not confirmed this site\'s door. It does so by itself at its first answer, and from then on people wait for it also when it refuses this site.';
$string['status_waiting'] = 'People who have something to answer are held up until this is mended. To let them in meanwhile, choose so below under "When the tool does not answer or refuses this site". Site administrators are never held up.';
$string['taskrefresh'] = 'Ask the policy tool what has changed';
$string['toolinactive'] = 'The chosen tool cannot be used: under Manage tools it must be active, of LTI 1.3, with a public keyset. Nobody is asked.';
$string['toolsilent'] = 'The policy tool did not answer as agreed.';
$string['tryagain'] = 'Try again';
$string['typeid'] = 'Policy tool';
$string['typeid_desc'] = 'The External tool that shows the policies: active, LTI 1.3, with a public keyset, and with an initiate login URL of the form https://TOOL/lti/login/ID.';
$string['whenaway'] = 'When the tool does not answer or refuses this site';
$string['whenaway_desc'] = 'What happens to people who have something to answer, once the tool has confirmed this site\'s door. Everybody else notices nothing.';
$string['whenaway_letin'] = 'Let in with a note';
$string['whenaway_wait'] = 'Wait';
$string['why_blocked'] = 'This Moodle itself does not let questions out to {$a->tool}. Allow its host and port under Security > HTTP security. ({$a->said})';
$string['why_clock'] = '{$a->tool} answers, but its clock and this server\'s differ. Here it is {$a->time}: set both clocks by the network (NTP). ({$a->said})';
$string['why_disabled'] = '{$a->tool} answers, but its operator has disabled this site. To enable it again, the operator runs: ltipolicy platform activate {$a->id}';
$string['why_key'] = '{$a->tool} answers, but cannot check what this site signs. The tool must be able to fetch {$a->keys}. ({$a->said})';
$string['why_keysaway'] = '{$a->tool} answers, but cannot fetch this site\'s keys at the moment, and so cannot check what it signs. It tries again by itself; if it lasts, look whether it can reach {$a->keys}. ({$a->said})';
$string['why_moved'] = '{$a->tool} knows this site under another address than {$a->site}. If the site has moved, the tool\'s operator runs "ltipolicy platform move" for {$a->id}; if this is a copy, it needs a registration of its own.';
$string['why_nodoor'] = '{$a->tool} knows this site, but not yet its door. The tool\'s operator must run the command below.';
$string['why_other'] = '{$a->tool} answers something that this plugin does not understand. Bring both to the same release. ({$a->said})';
$string['why_pending'] = '{$a->tool} knows this site, but its registration is not active yet. The tool\'s operator must run: ltipolicy platform activate {$a->id}';
$string['why_unknown'] = '{$a->tool} answers, but does not know this site as {$a->id}. Choose the right tool below, or register it again. ({$a->said})';
$string['why_unreachable'] = '{$a->tool} does not answer. Is it running, and can this server reach it? ({$a->said})';
