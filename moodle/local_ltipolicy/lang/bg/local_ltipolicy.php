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
 * Strings: Bulgarian.
 *
 * @package    local_ltipolicy
 * @category   string
 * @copyright  2026 the ltipolicy authors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */

defined('MOODLE_INTERNAL') || die();

$string['agreements'] = 'Политики и съгласия';
$string['app'] = 'Отговорете на политиките в браузър';
$string['app_open'] = 'Отвори сайта в браузър';
$string['app_text'] = 'Този сайт Ви моли да прочетете политиките му и да отговорите. В приложението това не е възможно: влезте в сайта през браузър, отговорете там и се върнете в приложението.';
$string['atonce'] = 'Питай веднага и хората, които вече са влезли';
$string['atonce_desc'] = 'При публикуване на политика влезлите хора се питат на следващата страница. Иначе – при следващото влизане.';
$string['audience'] = 'Кого се пита';
$string['audience_all'] = 'Всички';
$string['audience_cohorts'] = 'Членовете на кохортите по-долу';
$string['audience_desc'] = 'Администраторите на сайта и гостите никога не се питат.';
$string['cachedef_probe'] = 'Дали инструментът за политики отговаря';
$string['cachedef_tool'] = 'Регистрация на инструмента за политики';
$string['code'] = 'Код:';
$string['cohorts'] = 'Кохорти';
$string['cohorts_desc'] = 'Използва се само ако се питат членове на кохорти.';
$string['contact'] = 'Към кого да се обърнат';
$string['contact_desc'] = 'Име и адрес, които виждат хората, които не искат да приемат. Празно: поддръжката на сайта.';
$string['eventaccepted'] = 'Допуснат по отговора на инструмента';
$string['eventdeclined'] = 'Излязъл без да приеме политиките';
$string['eventletin'] = 'Допуснат, докато инструментът не отговаря';
$string['eventrefused'] = 'Отхвърлено съобщение на инструмента';
$string['eventstate'] = 'Политиките в инструмента са променени';
$string['everylogin'] = 'Питай инструмента при всяко влизане';
$string['everylogin_desc'] = 'Всички минават през инструмента при всяко влизане, само с пренасочвания, ако няма на какво да се отговори. Иначе – само тези, за които нещо се е променило.';
$string['exemptauth'] = 'Освободени методи за удостоверяване';
$string['exemptauth_desc'] = 'Акаунти с тези методи никога не се питат. Самият Moodle освобождава акаунтите за уеб услуги.';
$string['exemptusers'] = 'Освободени акаунти';
$string['exemptusers_desc'] = 'Потребителски имена, по едно на ред. Освободени са и ролите с право local/ltipolicy:exempt.';
$string['goingon'] = 'Един момент, моля …';
$string['letinnote'] = 'В момента политиките на сайта не могат да бъдат показани. Можете да продължите; ще бъдете попитани по-късно.';
$string['loggedout'] = 'Излязохте. Можете да отговорите на политиките по всяко време, като влезете отново.';
$string['ltipolicy:exempt'] = 'Влизане без питане за политики';
$string['ltipolicy:viewagreements'] = 'Преглед на собствените съгласия в инструмента';
$string['notconfigured'] = 'Инструментът за политики не е настроен: никой не се пита.';
$string['pageaway'] = 'Политиките не могат да бъдат показани сега';
$string['pageaway_text'] = 'Преди да продължите, сайтът Ви моли да отговорите на политиките му, а услугата, която ги показва, в момента не отговаря. Опитайте отново след няколко минути. Ако продължава, пишете на: {$a}';
$string['pageloginas'] = 'Политиките не се отварят';
$string['pageloginas_text'] = 'Влезли сте като {$a}. Отговорите там биха се броили за отговори на този човек, затова страницата се отваря само за него.';
$string['pagenotaccepted'] = 'Не сте приели';
$string['pagenotaccepted_text'] = 'Сайтът може да се ползва само от хора, приели задължителните му политики. Можете да ги прегледате отново или да излезете. Ако нещо Ви притеснява, попитайте: {$a}';
$string['pagerefused'] = 'Отговорът не можа да бъде проверен';
$string['pagerefused_text'] = 'Върнатото от политиките е невалидно, твърде старо или вече използвано. Отговорите Ви не са загубени. Опитайте отново; ако се повтори, пишете на: {$a}';
$string['pagestuck'] = 'Постоянно се връщате тук';
$string['pagestuck_text'] = 'Няколко пъти бяхте изпратени към политиките без резултат, затова сайтът спря. Излезте и влезте отново или опитайте друг браузър. Ако продължава, пишете на: {$a}';
$string['pluginname'] = 'Политики при вход (ltipolicy)';
$string['policies'] = 'Политики';
$string['privacy:gone'] = 'Че инструментът за политики е уведомен, че акаунт е спрян.';
$string['privacy:tool'] = 'Инструментът за политики показва политиките и пази отговорите.';
$string['privacy:tool:email'] = 'Адрес на е-поща, ако настройките на инструмента го споделят';
$string['privacy:tool:idnumber'] = 'Идентификационен номер';
$string['privacy:tool:lang'] = 'Език';
$string['privacy:tool:name'] = 'Име и потребителско име, ако настройките на инструмента ги споделят';
$string['privacy:tool:userid'] = 'Номер на акаунта';
$string['privacy:user'] = 'По кои отговори човек е допуснат последно. Самите отговори се пазят от инструмента.';
$string['privacy:user:remaining'] = 'Колко доброволни политики са останали отворени';
$string['privacy:user:state'] = 'Какво е искал сайтът тогава';
$string['privacy:user:time'] = 'Кога';
$string['privacy:user:userid'] = 'Човекът';
$string['privacy:user:versions'] = 'Номера на версиите с отговор';
$string['renew'] = 'Попитай инструмента отново';
$string['renew_desc'] = 'забравя казаното от инструмента досега, взема отново ключовете му и го пита. За случая, когато операторът му съобщи, че е откраднат ключ.';
$string['renew_done'] = 'Инструментът беше попитан отново. Важи това, което казва сега.';
$string['status'] = 'Състояние';
$string['status_active'] = 'Този модул обработва политиките на сайта: хората се питат при влизане.';
$string['status_answers'] = 'Инструментът отговаря: {$a}';
$string['status_command'] = 'Какво трябва да изпълни веднъж операторът на инструмента:';
$string['status_inactive'] = 'Още никой не се пита: изберете този модул за обработка на политиките в Потребители > Поверителност и политики > Настройки на политиките.';
$string['status_state'] = 'Политики, които искат отговор: {$a->policies}, от {$a->since}';
$string['status_unconfirmed'] = 'Още никой не се задържа: инструментът не е потвърдил вратата на този сайт. Прави го сам при първия си отговор.';
$string['taskrefresh'] = 'Питане на инструмента какво се е променило';
$string['toolsilent'] = 'Инструментът за политики не отговори, както е уговорено.';
$string['tryagain'] = 'Опитайте отново';
$string['typeid'] = 'Инструмент за политики';
$string['typeid_desc'] = 'Външният инструмент, който показва политиките: активен, LTI 1.3, с публичен набор от ключове и адрес за вход от вида https://TOOL/lti/login/ID.';
$string['whenaway'] = 'Когато инструментът не отговаря';
$string['whenaway_desc'] = 'Какво става с хората, които имат да отговарят, докато инструментът липсва. Останалите не забелязват нищо.';
$string['whenaway_letin'] = 'Допускане с бележка';
$string['whenaway_wait'] = 'Изчакване';
$string['why_blocked'] = 'Самият Moodle не пуска въпроси към {$a->tool}. Никой не се задържа. Разрешете хоста и порта в Сигурност > HTTP сигурност. ({$a->said})';
$string['why_clock'] = '{$a->tool} отговаря, но часовникът му и този на сървъра се различават. Никой не се задържа. Тук е {$a->time}: сверете двата часовника по мрежата (NTP). ({$a->said})';
$string['why_disabled'] = '{$a->tool} отговаря, но операторът е изключил този сайт. Никой не се задържа. За да го включи отново, операторът изпълнява: ltipolicy platform activate {$a->id}';
$string['why_key'] = '{$a->tool} отговаря, но не може да провери какво подписва този сайт. Никой не се задържа. Инструментът трябва да може да изтегли {$a->keys}. ({$a->said})';
$string['why_moved'] = '{$a->tool} познава този сайт под друг адрес, а не {$a->site}. Никой не се задържа. Ако сайтът е преместен, операторът на инструмента изпълнява „ltipolicy platform move“ за {$a->id}; ако това е копие, то има нужда от собствена регистрация.';
$string['why_nodoor'] = '{$a->tool} познава този сайт, но още не и вратата му. Никой не се задържа. Операторът на инструмента трябва да изпълни командата по-долу.';
$string['why_other'] = '{$a->tool} отговаря с нещо, което тази приставка не разбира. Никой не се задържа. Обновете двете до едно и също издание. ({$a->said})';
$string['why_pending'] = '{$a->tool} познава този сайт, но регистрацията още не е активна. Никой не се задържа. Операторът на инструмента трябва да изпълни: ltipolicy platform activate {$a->id}';
$string['why_unknown'] = '{$a->tool} отговаря, но не познава този сайт като {$a->id}. Никой не се задържа. Изберете долу правилния инструмент или го регистрирайте отново. ({$a->said})';
$string['why_unreachable'] = '{$a->tool} не отговаря. Работи ли и може ли този сървър да го достигне? ({$a->said})';
