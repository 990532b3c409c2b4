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
 * Strings: Lithuanian.
 *
 * @package    local_ltipolicy
 * @category   string
 * @copyright  2026 the ltipolicy authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

$string['agreements'] = 'Politikos ir sutikimai';
$string['app'] = 'Į politikas atsakykite naršyklėje';
$string['app_open'] = 'Atverti svetainę naršyklėje';
$string['app_text'] = 'Ši svetainė prašo perskaityti jos politikas ir į jas atsakyti. Programėlėje to padaryti negalima: prisijunkite prie svetainės naršyklėje, atsakykite ten ir grįžkite į programėlę.';
$string['atonce'] = 'Klausti jau prisijungusių iš karto';
$string['atonce_desc'] = 'Paskelbus politiką, prisijungusių asmenų klausiama atvėrus kitą puslapį. Kitu atveju – kitą kartą prisijungus.';
$string['audience'] = 'Ko klausiama';
$string['audience_all'] = 'Visų';
$string['audience_cohorts'] = 'Žemiau nurodytų kohortų narių';
$string['audience_desc'] = 'Svetainės administratorių ir svečių niekada neklausiama.';
$string['cachedef_probe'] = 'Ar politikų įrankis atsako';
$string['cachedef_tool'] = 'Politikų įrankio registracija';
$string['closed_blocked'] = 'Pačios svetainės HTTP sauga neleidžia kreiptis į paslaugą.';
$string['closed_clock'] = 'Svetainės ir paslaugos laikrodžiai skiriasi.';
$string['closed_disabled'] = 'Paslaugos operatorius šią svetainę išjungė.';
$string['closed_key'] = 'Paslauga negali patikrinti šios svetainės parašo.';
$string['closed_moved'] = 'Paslauga žino šią svetainę kitu adresu.';
$string['closed_nodoor'] = 'Paslauga dar nepažįsta šios svetainės prisijungimo.';
$string['closed_other'] = 'Svetainė nesupranta, ką paslauga atsako.';
$string['closed_pending'] = 'Šios svetainės registracija paslaugoje neaktyvi.';
$string['closed_unknown'] = 'Paslauga nepažįsta šios svetainės.';
$string['code'] = 'Kodas:';
$string['cohorts'] = 'Kohortos';
$string['cohorts_desc'] = 'Naudojama tik jei klausiama kohortų narių.';
$string['connection_moodle'] = 'Iš šio „Moodle“';
$string['connection_silent'] = 'Įrankis nesako, kaip ryšys atrodo iš jo pusės. ({$a})';
$string['connection_tool'] = 'Iš įrankio';
$string['contact'] = 'Į ką kreiptis';
$string['contact_desc'] = 'Vardas ir adresas, kuriuos mato nenorintieji sutikti. Tuščia: svetainės pagalba.';
$string['eventaccepted'] = 'Įleista pagal politikų įrankio atsakymą';
$string['eventdeclined'] = 'Išėjo nesutikęs su politikomis';
$string['eventletin'] = 'Įleista, kol politikų įrankis neatsakė';
$string['eventrefused'] = 'Politikų įrankio pranešimas atmestas';
$string['eventstate'] = 'Politikos pasikeitė įrankyje';
$string['everylogin'] = 'Klausti įrankio kaskart prisijungiant';
$string['everylogin_desc'] = 'Visi kaskart prisijungdami pereina per įrankį, tik peradresavimais, jei nėra į ką atsakyti. Kitu atveju – tik tie, kuriems kas nors pasikeitė.';
$string['exemptauth'] = 'Netaikoma tapatumo nustatymo būdams';
$string['exemptauth_desc'] = 'Paskyrų su šiais būdais niekada neklausiama. Pati „Moodle“ netaiko to saityno paslaugų paskyroms.';
$string['exemptusers'] = 'Netaikoma paskyroms';
$string['exemptusers_desc'] = 'Naudotojų vardai, po vieną eilutėje. Netaikoma ir vaidmenims su leidimu local/ltipolicy:exempt.';
$string['goingon'] = 'Palaukite akimirką …';
$string['keys_failed'] = 'Šis „Moodle“ negali atsiųsti įrankio raktų iš {$a->url}. Patikrinkite vardą, užkardas ir sertifikatą. ({$a->said})';
$string['keys_fine'] = 'Šis „Moodle“ gali atsiųsti įrankio raktus.';
$string['keys_host'] = 'HTTP sauga neleidžia šiam „Moodle“ pasiekti įrankio raktų, {$a->url}. Sauga > HTTP sauga (Security > HTTP security), laukas „cURL užblokuotų prieglobų sąrašas“ (cURL blocked hosts list): ištrinkite eilutę, apimančią {$a->host}, kitas palikite.';
$string['keys_port'] = 'HTTP sauga neleidžia šiam „Moodle“ pasiekti įrankio raktų, {$a->url}. Sauga > HTTP sauga (Security > HTTP security), laukas „cURL leidžiamų prievadų sąrašas“ (cURL allowed ports list): įrašykite eilutę {$a->port}.';
$string['letinnote'] = 'Šios svetainės politikų dabar parodyti nepavyksta. Galite tęsti; jūsų bus paklausta vėliau.';
$string['loggedout'] = 'Jūs atsijungėte. Į politikas galite atsakyti bet kada vėl prisijungę.';
$string['ltipolicy:exempt'] = 'Įeiti neklausiant apie politikas';
$string['ltipolicy:viewagreements'] = 'Matyti savo sutikimus politikų įrankyje';
$string['notconfigured'] = 'Politikų įrankis nesukonfigūruotas: niekieno neklausiama.';
$string['pageaway'] = 'Politikų dabar parodyti nepavyksta';
$string['pageaway_text'] = 'Prieš tęsiant ši svetainė prašo atsakyti į jos politikas, o jas rodanti paslauga dabar neatsako. Pabandykite po kelių minučių. Jei tai tęsiasi, rašykite: {$a}';
$string['pageclosed'] = 'Politikų dabar parodyti nepavyksta';
$string['pageclosed_text'] = 'Prieš tęsiant ši svetainė prašo atsakyti į jos politikas, o jas rodanti paslauga šios svetainės nepriima. Laukti neverta: rašykite {$a}';
$string['pageloginas'] = 'Politikos neatveriamos';
$string['pageloginas_text'] = 'Esate prisijungę kaip {$a}. Atsakymai ten būtų laikomi to asmens atsakymais, todėl tai atveriama tik jam pačiam.';
$string['pagenotaccepted'] = 'Jūs nesutikote';
$string['pagenotaccepted_text'] = 'Šia svetaine gali naudotis tik tie, kurie sutiko su jos privalomomis politikomis. Galite jas peržiūrėti dar kartą arba atsijungti. Jei kas nors kelia nerimą, klauskite: {$a}';
$string['pagerefused'] = 'Atsakymo patikrinti nepavyko';
$string['pagerefused_text'] = 'Iš politikų puslapio grįžęs atsakymas netinkamas, per senas arba jau panaudotas. Jūsų atsakymai neprarasti. Pabandykite dar kartą; jei kartosis, rašykite: {$a}';
$string['pagestuck'] = 'Jūs vis grįžtate čia';
$string['pagestuck_text'] = 'Jūs kelis kartus be rezultato buvote nukreipti prie politikų, todėl svetainė sustojo. Atsijunkite ir vėl prisijunkite arba pabandykite kitą naršyklę. Jei tai tęsiasi, rašykite: {$a}';
$string['pluginname'] = 'Politikos prisijungiant (ltipolicy)';
$string['policies'] = 'Politikos';
$string['privacy:gone'] = 'Kad politikų įrankiui pranešta apie sustabdytą paskyrą.';
$string['privacy:tool'] = 'Politikų įrankis rodo politikas ir saugo atsakymus.';
$string['privacy:tool:email'] = 'El. pašto adresas, jei įrankio nuostatos leidžia';
$string['privacy:tool:idnumber'] = 'ID numeris';
$string['privacy:tool:lang'] = 'Kalba';
$string['privacy:tool:name'] = 'Vardas ir naudotojo vardas, jei įrankio nuostatos leidžia';
$string['privacy:tool:userid'] = 'Paskyros numeris';
$string['privacy:user'] = 'Pagal kokius atsakymus asmuo paskutinį kartą įleistas. Pačius atsakymus saugo įrankis.';
$string['privacy:user:remaining'] = 'Kiek savanoriškų politikų liko neatsakyta';
$string['privacy:user:state'] = 'Ko svetainė tuo metu prašė';
$string['privacy:user:time'] = 'Kada';
$string['privacy:user:userid'] = 'Asmuo';
$string['privacy:user:versions'] = 'Versijų, į kurias atsakyta, numeriai';
$string['renew'] = 'Klausti įrankio iš naujo';
$string['renew_desc'] = 'pamiršti, ką įrankis sakė iki šiol, iš naujo paimti jo raktus ir jo paklausti. Tam atvejui, kai operatorius praneša, kad raktas pavogtas.';
$string['renew_done'] = 'Įrankio paklausta iš naujo. Galioja tai, ką jis sako dabar.';
$string['services_fine'] = 'Įrankiui leidžiama gauti dalyvius ir siųsti įvertinimus.';
$string['services_less'] = 'Įrankiui neleidžiama: {$a}. „Tvarkyti įrankius“ (Manage tools), redaguokite įrankį, Paslaugos (Services).';
$string['shares_fine'] = 'Įrankiui pateikiami vardai ir el. pašto adresai.';
$string['shares_less'] = 'Įrankiui nepateikiami vardai arba el. pašto adresai. Jei turėtų: „Tvarkyti įrankius“ (Manage tools), redaguokite įrankį, Privatumas (Privacy).';
$string['status'] = 'Būsena';
$string['status_active'] = 'Šis priedas tvarko svetainės politikas: asmenų klausiama prisijungiant.';
$string['status_answers'] = 'Įrankis atsako: {$a}';
$string['status_command'] = 'Ką įrankio operatorius turi kartą įvykdyti:';
$string['status_elsewhere'] = 'Jei įrankis turi kitą šios svetainės durų adresą, jo operatorius vykdo:';
$string['status_inactive'] = 'Dar niekieno neklausiama: Naudotojai > Privatumas ir politika > Politikos nustatymai (Users > Privacy and policies > Policy settings), laukas „Svetainės politikos tvarkytojas“ (Site policy handler): pasirinkite šį priedą.';
$string['status_letin'] = 'Turintys ką atsakyti įleidžiami su pranešimu, kaip pasirinkta žemiau.';
$string['status_state'] = 'Politikų, į kurias reikia atsakyti: {$a->policies}, nuo {$a->since}';
$string['status_unconfirmed'] = 'Dar niekas nesulaikomas: įrankis nepatvirtino šios svetainės durų. Jis tai padarys pats pirmą kartą atsakęs, ir nuo tada jo laukiama taip pat tada, kai jis šios svetainės nepriima.';
$string['status_waiting'] = 'Turintys ką atsakyti sulaikomi, kol tai bus sutvarkyta. Kad tuo tarpu būtų įleidžiami, pasirinkite tai žemiau: „Kai įrankis neatsako arba nepriima šios svetainės“. Svetainės administratoriai niekada nesulaikomi.';
$string['taskrefresh'] = 'Klausti politikų įrankio, kas pasikeitė';
$string['toolinactive'] = 'Pasirinkto įrankio naudoti negalima: puslapyje „Tvarkyti įrankius“ (Manage tools) jis turi būti įjungtas, LTI 1.3, su viešuoju raktų rinkiniu. Nieko neklausiama.';
$string['toolsilent'] = 'Politikų įrankis neatsakė kaip sutarta.';
$string['tryagain'] = 'Bandyti dar kartą';
$string['typeid'] = 'Politikų įrankis';
$string['typeid_desc'] = 'Išorinis įrankis, rodantis politikas: aktyvus, LTI 1.3, su viešųjų raktų rinkiniu ir prisijungimo adresu https://TOOL/lti/login/ID.';
$string['whenaway'] = 'Kai įrankis neatsako arba nepriima šios svetainės';
$string['whenaway_desc'] = 'Kas nutinka turintiems ką atsakyti, kai įrankis jau patvirtino šios svetainės duris. Visi kiti nieko nepastebi.';
$string['whenaway_letin'] = 'Įleisti su pranešimu';
$string['whenaway_wait'] = 'Laukti';
$string['why_blocked'] = 'Ši „Moodle“ pati neleidžia užklausų į {$a->tool}. Leiskite jo adresą ir prievadą: Sauga > HTTP sauga (Security > HTTP security). ({$a->said})';
$string['why_clock'] = '{$a->tool} atsako, bet jo ir šio serverio laikrodžiai skiriasi. Čia dabar {$a->time}: nustatykite abu laikrodžius pagal tinklą (NTP). ({$a->said})';
$string['why_disabled'] = '{$a->tool} atsako, bet operatorius šią svetainę išjungė. Kad vėl įjungtų, operatorius vykdo: ltipolicy platform activate {$a->id}';
$string['why_key'] = '{$a->tool} atsako, bet negali patikrinti šios svetainės parašo. Įrankis turi galėti gauti {$a->keys}. ({$a->said})';
$string['why_keysaway'] = '{$a->tool} atsako, bet dabar negali atsiųsti šios svetainės raktų, todėl negali patikrinti jos parašo. Pabandys dar kartą pats; jei tai tęsiasi, pažiūrėkite, ar pasiekia {$a->keys}. ({$a->said})';
$string['why_moved'] = '{$a->tool} žino šią svetainę kitu adresu nei {$a->site}. Jei svetainė perkelta, įrankio operatorius vykdo „ltipolicy platform move“ su {$a->id}; jei tai kopija, jai reikia atskiros registracijos.';
$string['why_nodoor'] = '{$a->tool} pažįsta šią svetainę, bet dar ne jos duris. Įrankio operatorius turi įvykdyti žemiau esančią komandą.';
$string['why_other'] = '{$a->tool} atsako taip, kad šis papildinys nesupranta. Atnaujinkite abu iki tos pačios laidos. ({$a->said})';
$string['why_pending'] = '{$a->tool} pažįsta šią svetainę, bet jos registracija dar neaktyvi. Įrankio operatorius turi įvykdyti: ltipolicy platform activate {$a->id}';
$string['why_unknown'] = '{$a->tool} atsako, bet nepažįsta šios svetainės kaip {$a->id}. Žemiau pasirinkite tinkamą įrankį arba užregistruokite jį iš naujo. ({$a->said})';
$string['why_unreachable'] = '{$a->tool} neatsako. Ar jis veikia ir ar šis serveris gali jį pasiekti? ({$a->said})';
