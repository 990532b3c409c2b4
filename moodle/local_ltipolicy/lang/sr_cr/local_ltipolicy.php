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
 * Strings: Serbian (Cyrillic).
 *
 * @package    local_ltipolicy
 * @category   string
 * @copyright  2026 the ltipolicy authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

$string['agreements'] = 'Политике и сагласности';
$string['app'] = 'Одговорите на политике у прегледачу';
$string['app_open'] = 'Отвори сајт у прегледачу';
$string['app_text'] = 'Овај сајт тражи да прочитате његове политике и одговорите на њих. У апликацији то није могуће: пријавите се на сајт у прегледачу, одговорите тамо, па се вратите у апликацију.';
$string['atonce'] = 'Питај одмах и оне који су већ пријављени';
$string['atonce_desc'] = 'Када се објави политика, пријављени се питају на следећој страници. Иначе при следећој пријави.';
$string['audience'] = 'Кога питати';
$string['audience_all'] = 'Све';
$string['audience_cohorts'] = 'Чланове доле наведених група';
$string['audience_desc'] = 'Администратори сајта и гости се никада не питају.';
$string['cachedef_probe'] = 'Да ли алат за политике одговара';
$string['cachedef_tool'] = 'Регистрација алата за политике';
$string['closed_blocked'] = 'Сопствена HTTP безбедност овог сајта не пушта питања ка сервису.';
$string['closed_clock'] = 'Часовници сајта и сервиса се разликују.';
$string['closed_disabled'] = 'Оператер сервиса је искључио овај сајт.';
$string['closed_key'] = 'Сервис не може да провери шта овај сајт потписује.';
$string['closed_moved'] = 'Сервис познаје овај сајт под другом адресом.';
$string['closed_nodoor'] = 'Сервис још не познаје пријаву на овај сајт.';
$string['closed_other'] = 'Сајт не разуме шта сервис одговара.';
$string['closed_pending'] = 'Регистрација овог сајта није активна у сервису.';
$string['closed_unknown'] = 'Сервис не познаје овај сајт.';
$string['code'] = 'Код:';
$string['cohorts'] = 'Глобалне групе';
$string['cohorts_desc'] = 'Користи се само ако се питају чланови група.';
$string['connection_moodle'] = 'Из овог Moodle-а';
$string['connection_silent'] = 'Алат не каже како веза изгледа с његове стране. ({$a})';
$string['connection_tool'] = 'Од алата';
$string['contact'] = 'Коме се обратити';
$string['contact_desc'] = 'Име и адреса које виде они који не желе да прихвате. Празно: подршка сајта.';
$string['eventaccepted'] = 'Пуштен на основу одговора алата';
$string['eventdeclined'] = 'Изашао без прихватања политика';
$string['eventletin'] = 'Пуштен док алат није одговарао';
$string['eventrefused'] = 'Одбијена порука алата';
$string['eventstate'] = 'Политике у алату су промењене';
$string['everylogin'] = 'Питај алат при свакој пријави';
$string['everylogin_desc'] = 'Сви при свакој пријави пролазе кроз алат, само преусмеравањем ако нема шта да се одговори. Иначе само они за које се нешто променило.';
$string['exemptauth'] = 'Изузети начини провере идентитета';
$string['exemptauth_desc'] = 'Налози са овим начинима се никада не питају. Сам Moodle изузима налоге веб сервиса.';
$string['exemptusers'] = 'Изузети налози';
$string['exemptusers_desc'] = 'Корисничка имена, по једно у реду. Изузете су и улоге са овлашћењем local/ltipolicy:exempt.';
$string['goingon'] = 'Само тренутак …';
$string['keys_failed'] = 'Овај Moodle не може да преузме кључеве алата са {$a->url}. Проверите име, заштитне зидове и сертификат. ({$a->said})';
$string['keys_fine'] = 'Овај Moodle може да преузме кључеве алата.';
$string['keys_host'] = 'HTTP безбедност не пушта овај Moodle до кључева алата, {$a->url}. У Безбедност > HTTP безбедност (Security > HTTP security) избришите из листе блокираних хостова (cURL blocked hosts list) ред који обухвата {$a->host}, а остале оставите.';
$string['keys_port'] = 'HTTP безбедност не пушта овај Moodle до кључева алата, {$a->url}. У Безбедност > HTTP безбедност (Security > HTTP security) додајте ред {$a->port} у листу дозвољених портова (cURL allowed ports list).';
$string['letinnote'] = 'Политике овог сајта тренутно не могу да се прикажу. Можете да наставите; бићете питани касније.';
$string['loggedout'] = 'Одјављени сте. На политике можете одговорити било када када се поново пријавите.';
$string['ltipolicy:exempt'] = 'Улаз без питања о политикама';
$string['ltipolicy:viewagreements'] = 'Преглед сопствених сагласности у алату';
$string['notconfigured'] = 'Алат за политике није подешен: нико се не пита.';
$string['pageaway'] = 'Политике сада не могу да се прикажу';
$string['pageaway_text'] = 'Пре него што наставите, овај сајт тражи да одговорите на његове политике, а сервис који их приказује тренутно не одговара. Покушајте поново за неколико минута. Ако потраје, пишите на: {$a}';
$string['pageclosed'] = 'Политике сада не могу да се прикажу';
$string['pageclosed_text'] = 'Пре него што наставите, овај сајт тражи да одговорите на његове политике, а сервис који их приказује одбија овај сајт. Чекање не помаже: пишите на {$a}';
$string['pageloginas'] = 'Политике се не отварају';
$string['pageloginas_text'] = 'Пријављени сте као {$a}. Оно што би се тамо одговорило важило би као одговор те особе, па се отвара само њој.';
$string['pagenotaccepted'] = 'Нисте прихватили';
$string['pagenotaccepted_text'] = 'Овај сајт могу да користе само они који су прихватили његове обавезне политике. Можете их погледати поново или се одјавити. Ако Вас нешто брине, питајте: {$a}';
$string['pagerefused'] = 'Одговор није могао да се провери';
$string['pagerefused_text'] = 'Оно што се вратило од политика није исправно, престаро је или је већ искоришћено. Ваши одговори нису изгубљени. Покушајте поново; ако се понови, пишите на: {$a}';
$string['pagestuck'] = 'Стално се враћате овде';
$string['pagestuck_text'] = 'Више пута сте послати на политике без резултата, па је сајт стао. Одјавите се и пријавите поново или пробајте други прегледач. Ако потраје, пишите на: {$a}';
$string['pluginname'] = 'Политике при пријави (ltipolicy)';
$string['policies'] = 'Политике';
$string['privacy:gone'] = 'Да је алату за политике јављено да је налог суспендован.';
$string['privacy:tool'] = 'Алат за политике приказује политике и чува одговоре.';
$string['privacy:tool:email'] = 'Адреса е-поште, ако је подешавања алата деле';
$string['privacy:tool:idnumber'] = 'Идентификациони број';
$string['privacy:tool:lang'] = 'Језик';
$string['privacy:tool:name'] = 'Име и корисничко име, ако их подешавања алата деле';
$string['privacy:tool:userid'] = 'Број налога';
$string['privacy:user'] = 'На основу којих одговора је особа последњи пут пуштена. Саме одговоре чува алат.';
$string['privacy:user:remaining'] = 'Колико је добровољних политика остало отворено';
$string['privacy:user:state'] = 'Шта је сајт тада тражио';
$string['privacy:user:time'] = 'Када';
$string['privacy:user:userid'] = 'Особа';
$string['privacy:user:versions'] = 'Бројеви верзија на које је одговорено';
$string['renew'] = 'Питај алат поново';
$string['renew_desc'] = 'заборавља шта је алат до сада рекао, поново преузима његове кључеве и пита га. За случај да његов оператер јави да је кључ украден.';
$string['renew_done'] = 'Алат је поново упитан. Важи оно што сада каже.';
$string['services_fine'] = 'Алат сме да тражи учеснике и шаље оцене.';
$string['services_less'] = 'Алат не сме да користи: {$a}. У управљању алатима (Manage tools) уредите алат, део о сервисима (Services).';
$string['shares_fine'] = 'Алату се саопштавају имена и адресе е-поште.';
$string['shares_less'] = 'Алату се не саопштавају имена или адресе е-поште. Ако треба: у управљању алатима (Manage tools) уредите алат, део о приватности (Privacy).';
$string['status'] = 'Стање';
$string['status_active'] = 'Овај додатак обрађује политике сајта: корисници се питају при пријави.';
$string['status_answers'] = 'Алат одговара: {$a}';
$string['status_command'] = 'Шта оператер алата треба једном да изврши:';
$string['status_elsewhere'] = 'Ако алат има другу адресу за врата овог сајта, његов оператер покреће:';
$string['status_inactive'] = 'Још се нико не пита: изаберите овај додатак за обраду политика (Site policy handler) у Корисници > Приватност и политике > Подешавања политика (Users > Privacy and policies > Policy settings).';
$string['status_letin'] = 'Они који имају шта да одговоре улазе уз напомену, како је изабрано доле.';
$string['status_state'] = 'Политике које траже одговор: {$a->policies}, од {$a->since}';
$string['status_unconfirmed'] = 'Још нико није задржан: алат није потврдио врата овог сајта. То чини сам при првом одговору, а од тада се чека и када одбија овај сајт.';
$string['status_waiting'] = 'Они који имају шта да одговоре су задржани док се ово не среди. Да би у међувремену улазили, изаберите то доле, под „Када алат не одговара или одбија овај сајт“. Администратори сајта никада нису задржани.';
$string['taskrefresh'] = 'Питање алата шта се променило';
$string['toolinactive'] = 'Изабрани алат се не може користити: у управљању алатима (Manage tools) мора бити активан, LTI 1.3, са јавним скупом кључева. Нико се не пита.';
$string['toolsilent'] = 'Алат за политике није одговорио како је договорено.';
$string['tryagain'] = 'Покушај поново';
$string['typeid'] = 'Алат за политике';
$string['typeid_desc'] = 'Спољни алат који приказује политике: активан, LTI 1.3, са јавним скупом кључева и адресом за пријаву облика https://TOOL/lti/login/ID.';
$string['whenaway'] = 'Када алат не одговара или одбија овај сајт';
$string['whenaway_desc'] = 'Шта бива с онима који имају шта да одговоре, пошто је алат потврдио врата овог сајта. Остали не примећују ништа.';
$string['whenaway_letin'] = 'Пусти уз напомену';
$string['whenaway_wait'] = 'Чекај';
$string['why_blocked'] = 'Сам Moodle не пушта питања ка {$a->tool}. Дозволите тај хост и порт под Безбедност > HTTP безбедност (Security > HTTP security). ({$a->said})';
$string['why_clock'] = '{$a->tool} одговара, али се његов сат и сат овог сервера разликују. Овде је {$a->time}: подесите оба сата преко мреже (NTP). ({$a->said})';
$string['why_disabled'] = '{$a->tool} одговара, али је оператер искључио овај сајт. Да га поново укључи, оператер покреће: ltipolicy platform activate {$a->id}';
$string['why_key'] = '{$a->tool} одговара, али не може да провери шта овај сајт потписује. Алат мора моћи да преузме {$a->keys}. ({$a->said})';
$string['why_keysaway'] = '{$a->tool} одговара, али тренутно не може да преузме кључеве овог сајта, па не може да провери шта он потписује. Покушаће поново сам; ако потраје, погледајте да ли може да дође до {$a->keys}. ({$a->said})';
$string['why_moved'] = '{$a->tool} познаје овај сајт под другом адресом, а не {$a->site}. Ако је сајт пресељен, оператер алата покреће „ltipolicy platform move“ за {$a->id}; ако је ово копија, потребна јој је сопствена регистрација.';
$string['why_nodoor'] = '{$a->tool} познаје овај сајт, али још не и његова врата. Оператер алата треба да покрене команду наведену доле.';
$string['why_other'] = '{$a->tool} одговара нешто што овај додатак не разуме. Доведите оба на исто издање. ({$a->said})';
$string['why_pending'] = '{$a->tool} познаје овај сајт, али регистрација још није активна. Оператер алата треба да покрене: ltipolicy platform activate {$a->id}';
$string['why_unknown'] = '{$a->tool} одговара, али не познаје овај сајт као {$a->id}. Изаберите доле прави алат или га поново региструјте. ({$a->said})';
$string['why_unreachable'] = '{$a->tool} не одговара. Да ли ради и може ли овај сервер да га досегне? ({$a->said})';
