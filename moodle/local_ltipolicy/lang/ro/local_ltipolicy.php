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
 * Strings: Romanian.
 *
 * @package    local_ltipolicy
 * @category   string
 * @copyright  2026 the ltipolicy authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

$string['agreements'] = 'Politici și acorduri';
$string['app'] = 'Răspundeți la politici într-un navigator';
$string['app_open'] = 'Deschide site-ul în navigator';
$string['app_text'] = 'Acest site vă cere să citiți politicile sale și să răspundeți. În aplicație nu este posibil: autentificați-vă pe site într-un navigator, răspundeți acolo, apoi reveniți în aplicație.';
$string['atonce'] = 'Întreabă imediat persoanele deja autentificate';
$string['atonce_desc'] = 'Când se publică o politică, persoanele autentificate sunt întrebate la următoarea pagină. Altfel, la următoarea autentificare.';
$string['audience'] = 'Cine este întrebat';
$string['audience_all'] = 'Toată lumea';
$string['audience_cohorts'] = 'Membrii cohortelor de mai jos';
$string['audience_desc'] = 'Administratorii site-ului și vizitatorii nu sunt întrebați niciodată.';
$string['cachedef_probe'] = 'Dacă instrumentul pentru politici răspunde';
$string['cachedef_tool'] = 'Înregistrarea instrumentului pentru politici';
$string['closed_blocked'] = 'Chiar securitatea HTTP a acestui site nu îl lasă să întrebe serviciul.';
$string['closed_clock'] = 'Ceasul site-ului și cel al serviciului diferă.';
$string['closed_disabled'] = 'Operatorul serviciului a dezactivat acest site.';
$string['closed_key'] = 'Serviciul nu poate verifica ce semnează acest site.';
$string['closed_moved'] = 'Serviciul cunoaște acest site sub altă adresă.';
$string['closed_nodoor'] = 'Serviciul nu cunoaște încă autentificarea acestui site.';
$string['closed_other'] = 'Site-ul nu înțelege ce răspunde serviciul.';
$string['closed_pending'] = 'Înregistrarea acestui site nu este activă la serviciu.';
$string['closed_unknown'] = 'Serviciul nu cunoaște acest site.';
$string['code'] = 'Cod:';
$string['cohorts'] = 'Cohorte';
$string['cohorts_desc'] = 'Se folosește numai dacă sunt întrebați membrii cohortelor.';
$string['connection_moodle'] = 'Din acest Moodle';
$string['connection_silent'] = 'Instrumentul nu spune cum arată legătura din partea lui. ({$a})';
$string['connection_tool'] = 'De la instrument';
$string['contact'] = 'Pe cine se poate întreba';
$string['contact_desc'] = 'Numele și adresa pe care le văd cei care nu vor să accepte. Gol: asistența site-ului.';
$string['eventaccepted'] = 'Intrare permisă pe baza răspunsului instrumentului';
$string['eventdeclined'] = 'Ieșire fără acceptarea politicilor';
$string['eventletin'] = 'Intrare permisă cât timp instrumentul nu răspundea';
$string['eventrefused'] = 'Mesaj al instrumentului refuzat';
$string['eventstate'] = 'Politici modificate în instrument';
$string['everylogin'] = 'Întreabă instrumentul la fiecare autentificare';
$string['everylogin_desc'] = 'Toată lumea trece prin instrument la fiecare autentificare, doar prin redirecționări dacă nu este nimic de răspuns. Altfel, numai cei pentru care s-a schimbat ceva.';
$string['exemptauth'] = 'Metode de autentificare exceptate';
$string['exemptauth_desc'] = 'Conturile cu aceste metode nu sunt întrebate niciodată. Moodle însuși exceptează conturile pentru servicii web.';
$string['exemptusers'] = 'Conturi exceptate';
$string['exemptusers_desc'] = 'Nume de utilizator, câte unul pe linie. Sunt exceptate și rolurile cu permisiunea local/ltipolicy:exempt.';
$string['goingon'] = 'Un moment, vă rugăm …';
$string['keys_failed'] = 'Acest Moodle nu poate aduce cheile instrumentului de la {$a->url}. Verificați numele, firewallurile și certificatul. ({$a->said})';
$string['keys_fine'] = 'Acest Moodle poate aduce cheile instrumentului.';
$string['keys_host'] = 'Securitatea HTTP împiedică acest Moodle să ajungă la cheile instrumentului, {$a->url}. La Securitate > Securitate HTTP (Security > HTTP security), scoateți din „cURL listă gazde blocate” (cURL blocked hosts list) rândul care cuprinde {$a->host} și lăsați-le pe celelalte.';
$string['keys_port'] = 'Securitatea HTTP împiedică acest Moodle să ajungă la cheile instrumentului, {$a->url}. La Securitate > Securitate HTTP (Security > HTTP security), adăugați un rând {$a->port} la „Liste cu porturi cURL acceptate” (cURL allowed ports list).';
$string['letinnote'] = 'Politicile acestui site nu pot fi afișate acum. Puteți continua; veți fi întrebat mai târziu.';
$string['loggedout'] = 'Ați ieșit din cont. Puteți răspunde la politici oricând, autentificându-vă din nou.';
$string['ltipolicy:exempt'] = 'Intră fără a fi întrebat despre politici';
$string['ltipolicy:viewagreements'] = 'Vede propriile acorduri în instrumentul pentru politici';
$string['notconfigured'] = 'Instrumentul pentru politici nu este configurat: nimeni nu este întrebat.';
$string['pageaway'] = 'Politicile nu pot fi afișate acum';
$string['pageaway_text'] = 'Înainte de a continua, acest site vă cere să răspundeți la politicile sale, iar serviciul care le afișează nu răspunde acum. Încercați din nou peste câteva minute. Dacă durează, scrieți la: {$a}';
$string['pageclosed'] = 'Politicile nu pot fi afișate acum';
$string['pageclosed_text'] = 'Înainte de a continua, acest site vă cere să răspundeți la politicile sale, iar serviciul care le afișează refuză acest site. Așteptarea nu ajută: scrieți la {$a}';
$string['pageloginas'] = 'Politicile nu se deschid';
$string['pageloginas_text'] = 'Sunteți autentificat ca {$a}. Ce s-ar răspunde acolo ar conta ca răspuns al acelei persoane, de aceea se deschide numai pentru ea.';
$string['pagenotaccepted'] = 'Nu ați acceptat';
$string['pagenotaccepted_text'] = 'Acest site poate fi folosit numai de cei care i-au acceptat politicile obligatorii. Le puteți revedea sau puteți ieși din cont. Dacă vă îngrijorează ceva, întrebați: {$a}';
$string['pagerefused'] = 'Răspunsul nu a putut fi verificat';
$string['pagerefused_text'] = 'Ce a venit înapoi de la politici nu este valid, este prea vechi sau a fost deja folosit. Răspunsurile nu s-au pierdut. Încercați din nou; dacă se repetă, scrieți la: {$a}';
$string['pagestuck'] = 'Reveniți mereu aici';
$string['pagestuck_text'] = 'Ați fost trimis de mai multe ori la politici fără rezultat, așa că site-ul s-a oprit. Ieșiți din cont și intrați din nou sau încercați alt navigator. Dacă durează, scrieți la: {$a}';
$string['pluginname'] = 'Politici la autentificare (ltipolicy)';
$string['policies'] = 'Politici';
$string['privacy:gone'] = 'Că instrumentul de politici a aflat că un cont este suspendat.';
$string['privacy:tool'] = 'Instrumentul pentru politici afișează politicile și păstrează răspunsurile.';
$string['privacy:tool:email'] = 'Adresa de e-mail, dacă setările instrumentului o partajează';
$string['privacy:tool:idnumber'] = 'Numărul de identificare';
$string['privacy:tool:lang'] = 'Limba';
$string['privacy:tool:name'] = 'Numele și numele de utilizator, dacă setările instrumentului le partajează';
$string['privacy:tool:userid'] = 'Numărul contului';
$string['privacy:user'] = 'Pe baza căror răspunsuri a intrat ultima dată o persoană. Răspunsurile sunt păstrate de instrument.';
$string['privacy:user:remaining'] = 'Câte politici opționale au rămas deschise';
$string['privacy:user:state'] = 'Ce cerea site-ul atunci';
$string['privacy:user:time'] = 'Când';
$string['privacy:user:userid'] = 'Persoana';
$string['privacy:user:versions'] = 'Numerele versiunilor la care s-a răspuns';
$string['renew'] = 'Întreabă din nou instrumentul';
$string['renew_desc'] = 'uită ce a spus instrumentul până acum, preia din nou cheile lui și îl întreabă. Pentru cazul în care operatorul lui spune că a fost furată o cheie.';
$string['renew_done'] = 'Instrumentul a fost întrebat din nou. Contează ce spune acum.';
$string['services_fine'] = 'Instrumentul poate cere participanții și trimite punctaje.';
$string['services_less'] = 'Instrumentul nu poate folosi: {$a}. La „Gestionați instrumentele” (Manage tools), editați instrumentul, Servicii (Services).';
$string['shares_fine'] = 'Instrumentul primește numele și adresele de e-mail.';
$string['shares_less'] = 'Instrumentul nu primește numele sau adresele de e-mail. Dacă ar trebui: „Gestionați instrumentele” (Manage tools), editați instrumentul, Confidențialitate (Privacy).';
$string['status'] = 'Stare';
$string['status_active'] = 'Acest modul gestionează politicile site-ului: persoanele sunt întrebate la autentificare.';
$string['status_answers'] = 'Instrumentul răspunde: {$a}';
$string['status_command'] = 'Ce trebuie să execute o dată operatorul instrumentului:';
$string['status_elsewhere'] = 'Dacă instrumentul are altă adresă pentru ușa acestui site, operatorul lui rulează:';
$string['status_inactive'] = 'Încă nu este întrebat nimeni: alegeți acest modul ca „Managerul politicii site-ului” (Site policy handler) la Utilizatori > Politici de confidențialitate > Setările politicilor site-ului (Users > Privacy and policies > Policy settings).';
$string['status_letin'] = 'Cei care au de răspuns intră cu o notificare, cum s-a ales mai jos.';
$string['status_state'] = 'Politici care cer un răspuns: {$a->policies}, din {$a->since}';
$string['status_unconfirmed'] = 'Încă nimeni nu este oprit: instrumentul nu a confirmat ușa acestui site. O face singur la primul răspuns, iar de atunci oamenii îl așteaptă și când refuză acest site.';
$string['status_waiting'] = 'Cei care au de răspuns sunt opriți până la remediere. Ca să intre între timp, alegeți aceasta mai jos, la „Când instrumentul nu răspunde sau refuză acest site”. Administratorii site-ului nu sunt opriți niciodată.';
$string['taskrefresh'] = 'Întreabă instrumentul pentru politici ce s-a schimbat';
$string['toolinactive'] = 'Instrumentul ales nu poate fi folosit: la „Gestionați instrumentele” (Manage tools) trebuie să fie activ, LTI 1.3, cu un set de chei public. Nimeni nu este întrebat.';
$string['toolsilent'] = 'Instrumentul pentru politici nu a răspuns cum s-a convenit.';
$string['tryagain'] = 'Încearcă din nou';
$string['typeid'] = 'Instrumentul pentru politici';
$string['typeid_desc'] = 'Instrumentul extern care afișează politicile: activ, LTI 1.3, cu set de chei publice și cu o adresă de inițiere a autentificării de forma https://TOOL/lti/login/ID.';
$string['whenaway'] = 'Când instrumentul nu răspunde sau refuză acest site';
$string['whenaway_desc'] = 'Ce se întâmplă cu cei care au de răspuns, după ce instrumentul a confirmat ușa acestui site. Ceilalți nu observă nimic.';
$string['whenaway_letin'] = 'Intrare cu o notificare';
$string['whenaway_wait'] = 'Așteptare';
$string['why_blocked'] = 'Chiar acest Moodle nu lasă întrebări către {$a->tool}. Permiteți gazda și portul la Securitate > Securitate HTTP (Security > HTTP security). ({$a->said})';
$string['why_clock'] = '{$a->tool} răspunde, dar ceasul lui și al acestui server diferă. Aici este {$a->time}: potriviți ambele ceasuri prin rețea (NTP). ({$a->said})';
$string['why_disabled'] = '{$a->tool} răspunde, dar operatorul a dezactivat acest site. Pentru reactivare, operatorul rulează: ltipolicy platform activate {$a->id}';
$string['why_key'] = '{$a->tool} răspunde, dar nu poate verifica ce semnează acest site. Instrumentul trebuie să poată prelua {$a->keys}. ({$a->said})';
$string['why_keysaway'] = '{$a->tool} răspunde, dar nu poate prelua acum cheile acestui site, deci nu poate verifica ce semnează. Încearcă din nou singur; dacă durează, vedeți dacă poate ajunge la {$a->keys}. ({$a->said})';
$string['why_moved'] = '{$a->tool} cunoaște acest site sub altă adresă decât {$a->site}. Dacă site-ul s-a mutat, operatorul instrumentului rulează „ltipolicy platform move” pentru {$a->id}; dacă aceasta este o copie, are nevoie de o înregistrare proprie.';
$string['why_nodoor'] = '{$a->tool} cunoaște acest site, dar încă nu și ușa lui. Operatorul instrumentului trebuie să ruleze comanda de mai jos.';
$string['why_other'] = '{$a->tool} răspunde ceva ce acest modul nu înțelege. Aduceți-le pe ambele la aceeași versiune. ({$a->said})';
$string['why_pending'] = '{$a->tool} cunoaște acest site, dar înregistrarea nu este încă activă. Operatorul instrumentului trebuie să ruleze: ltipolicy platform activate {$a->id}';
$string['why_unknown'] = '{$a->tool} răspunde, dar nu cunoaște acest site ca {$a->id}. Alegeți mai jos instrumentul potrivit sau înregistrați-l din nou. ({$a->said})';
$string['why_unreachable'] = '{$a->tool} nu răspunde. Rulează și poate fi atins de pe acest server? ({$a->said})';
