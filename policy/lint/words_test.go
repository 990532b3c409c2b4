package lint_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ltipolicy/policy"
	"ltipolicy/policy/lint"
	"ltipolicy/policy/source"
)

// lintCase holds texts of one language for one rule: paragraphs are apart by " ¶ ". In bad ones the rule finds
// something, in fine ones nothing.
type lintCase struct {
	rule      lint.Rule
	lang      string
	bad, fine []string
}

var lintCases = []lintCase{
	{lint.Implied, "en", []string{
		"By using the platform you agree to these rules.",
		"If you continue browsing this website, you agree to our policies.",
		"Your continued use of the service constitutes acceptance of the terms.",
		"By registering, users accept the conditions below.",
		"Whoever logs in reads the rules: through using the campus you give your consent to them.",
	}, []string{
		"By ticking the box you agree to these rules.",
		"By using the platform you do not agree to anything.",
		"When you visit the site, you can accept or refuse cookies.",
		"When you register we ask whether you agree to the rules.",
		"Do I agree by using the platform?",
		"By using a password of your own you protect your account.",
		"The use of recordings is possible where you agree in writing.",
	}},
	{lint.Implied, "ro", []string{
		"Prin utilizarea platformei sunteți de acord cu aceste reguli.",
		"Prin simpla accesare a site-ului vă dați acordul pentru prelucrarea datelor.",
		"Continuând navigarea, acceptați politica noastră.",
		"Utilizarea serviciului presupune acceptarea condiţiilor.",
		"PRIN FOLOSIREA CAMPUSULUI VA DATI ACORDUL.",
	}, []string{
		"Prin bifarea căsuței vă dați acordul asupra politicii.",
		"Prin utilizarea platformei nu vă dați acordul pentru nimic.",
		"Când folosiți platforma, puteți accepta sau refuza modulele cookie.",
		"Dacă sunteți de acord cu regulile, apăsați butonul de mai jos.",
		"Prin utilizarea unei parole puternice vă protejați contul.",
	}},
	{lint.Implied, "lt", []string{
		"Naudodamiesi šia svetaine jūs sutinkate su taisyklėmis.",
		"Jei toliau naršote svetainėje, laikoma, kad sutinkate su slapukais.",
		"Naudojimasis platforma reiškia, kad pritariate šioms taisyklėms.",
		"Registruodamasis naudotojas sutinka su sąlygomis.",
	}, []string{
		"Paspausdami mygtuką jūs sutinkate su taisyklėmis.",
		"Naudodamiesi svetaine jūs dar nesutinkate su taisyklėmis.",
		"Naudodamiesi svetaine galite sutikti arba nesutikti su slapukais.",
		"Pažymėdami langelį ir naudodamiesi platforma sutinkate su taisyklėmis.",
		"Registruodamasis naudotojas nurodo savo vardą.",
	}},
	{lint.Implied, "bg", []string{
		"С използването на платформата Вие се съгласявате с тези правила.",
		"Използвайки сайта, приемате нашата политика.",
		"Ако продължите да разглеждате и използвате сайта, се съгласявате с бисквитките.",
		"Използването на услугата означава, че сте съгласни с условията.",
	}, []string{
		"С отметката в квадратчето се съгласявате с тези правила.",
		"С използването на платформата не се съгласявате с нищо.",
		"Когато посещавате сайта, можете да приемете или откажете бисквитките.",
		"Използвайки парола, защитавате профила си.",
		"Давате съгласие само с бутона по-долу.",
	}},
	{lint.Implied, "sr-Cyrl", []string{
		"Коришћењем платформе прихватате ова правила.",
		"Ако наставите да користите сајт, пристајете на нашу политику.",
		"Употреба услуге значи да прихватате услове.",
		"Korišćenjem platforme prihvatate ova pravila.",
	}, []string{
		"Кликом на дугме прихватате ова правила.",
		"Коришћењем платформе не прихватате ништа.",
		"Када посетите сајт, можете да прихватите или одбијете колачиће.",
		"Користећи лозинку штитите свој налог.",
		"Уколико пристајете, означите квадратић.",
	}},
	{lint.Implied, "pt", []string{
		"Ao utilizar a plataforma, concorda com estas regras.",
		"Se continuar a navegar, aceita a nossa política.",
		"A utilização do serviço implica a aceitação dos termos.",
		"Mediante o uso do campus, considera-se que aceita as condições.",
	}, []string{
		"Ao assinalar a caixa, concorda com estas regras.",
		"Ao utilizar a plataforma, não concorda com nada.",
		"Ao utilizar a plataforma, pode aceitar ou recusar os cookies.",
		"Ao utilizar uma senha forte, protege a sua conta.",
	}},

	{lint.Unilateral, "en", []string{
		"The university may change these rules at any time.",
		"We reserve the right to amend this policy.",
		"These terms may be modified without notice.",
		"We may update the conditions unilaterally. They are on this page.",
	}, []string{
		"You may change your cookie settings or leave these terms at any time.",
		"We may change these rules and will notify you thirty days in advance.",
		"We may change these rules at any time. You will be told beforehand and asked again.",
		"The university may not change these rules unilaterally.",
		"The policy may be updated when the law changes.",
	}},
	{lint.Unilateral, "ro", []string{
		"Universitatea poate modifica oricând aceste reguli.",
		"Ne rezervăm dreptul de a modifica prezenta politică.",
		"Regulamentul poate fi modificat fără notificare prealabilă.",
	}, []string{
		"Puteți modifica oricând setările din aceste reguli.",
		"Universitatea poate modifica regulile oricând, după ce vă informează cu 30 de zile înainte.",
		"Universitatea nu poate modifica unilateral regulile.",
		"Orice schimbare la politicile noastre va fi scrisă pe această pagină.",
	}},
	{lint.Unilateral, "lt", []string{
		"Universitetas bet kada gali pakeisti šias taisykles.",
		"Pasiliekame teisę keisti šią politiką.",
		"Sąlygos gali būti pakeistos be išankstinio įspėjimo.",
	}, []string{
		"Naudotojas gali bet kada pakeisti savo sutikimą pagal šias taisykles.",
		"Universitetas gali bet kada pakeisti taisykles, apie tai pranešęs prieš 30 dienų.",
		"Universitetas negali vienašališkai keisti taisyklių.",
		"Taisyklės gali būti atnaujintos pasikeitus įstatymams.",
	}},
	{lint.Unilateral, "bg", []string{
		"Университетът може по всяко време да промени тези правила.",
		"Запазваме си правото да изменяме настоящата политика.",
		"Условията могат да бъдат променени без предизвестие.",
	}, []string{
		"Вие можете да промените избора си по тези правила по всяко време.",
		"Университетът може по всяко време да промени правилата, като Ви уведоми 30 дни по-рано.",
		"Университетът не може едностранно да променя правилата.",
		"Политиката може да бъде актуализирана при промяна на закона.",
	}},
	{lint.Unilateral, "sr-Cyrl", []string{
		"Универзитет може у било ком тренутку да промени ова правила.",
		"Задржавамо право да мењамо ову политику.",
		"Услови могу бити измењени без претходне најаве.",
	}, []string{
		"Корисник може у било ком тренутку да промени избор из ових правила.",
		"Универзитет може једнострано да измени правила, о чему ћете бити обавештени 30 дана раније.",
		"Универзитет не може једнострано да мења правила.",
		"Политика може бити ажурирана када се закон промени.",
	}},
	{lint.Unilateral, "pt", []string{
		"A universidade pode alterar estas regras a qualquer momento.",
		"Reservamo-nos o direito de modificar esta política.",
		"Os termos podem ser alterados sem aviso prévio.",
	}, []string{
		"O utilizador pode alterar as condições do seu perfil a qualquer momento.",
		"A universidade pode alterar as regras a qualquer momento, com 30 dias de antecedência.",
		"A universidade não pode alterar unilateralmente as regras.",
		"A política pode ser atualizada quando a lei muda.",
	}},

	{lint.Bundled, "en", []string{
		"You agree that the data of your profile are public.",
		"Users consent to the publication of their photographs.",
		"The student accepts that recordings may be used for promotional purposes.",
	}, []string{
		"You agree to the rules, which are publicly available.",
		"You agree that your data are not made public.",
		"If you agree, your photograph is published.",
		"You can agree separately to the publication of your photograph.",
		"Your data become public only after your explicit consent.",
	}},
	{lint.Bundled, "ro", []string{
		"Sunteți de acord ca datele din profil să fie publice.",
		"Utilizatorul acceptă publicarea fotografiilor sale.",
		"Vă dați acordul pentru folosirea imaginii în scopuri de promovare.",
	}, []string{
		"Sunteți de acord cu regulile, care sunt publice.",
		"Dacă sunteți de acord, fotografia dumneavoastră este publicată.",
		"Vă dați acordul separat pentru publicarea fotografiei.",
		"Datele dumneavoastră nu sunt publice.",
	}},
	{lint.Bundled, "lt", []string{
		"Jūs sutinkate, kad jūsų nuotraukos būtų skelbiamos viešai.",
		"Naudotojas sutinka, kad jo duomenys būtų naudojami reklamai.",
	}, []string{
		"Naudotojas sutinka su taisyklėmis, kurios yra viešos.",
		"Jei sutinkate, jūsų nuotrauka bus skelbiama viešai.",
		"Naudotojas atskirai sutinka, kad jo nuotrauka būtų vieša.",
		"Naudotojo duomenys nėra vieši.",
	}},
	{lint.Bundled, "bg", []string{
		"Вие се съгласявате данните от профила Ви да бъдат публични.",
		"Потребителят приема снимките му да се използват за рекламни цели.",
	}, []string{
		"Вие се съгласявате с правилата, които са публични.",
		"Ако се съгласявате, снимката Ви се публикува.",
		"Отделно се съгласявате снимката Ви да бъде публикувана.",
		"Данните Ви не са публични.",
	}},
	{lint.Bundled, "sr-Cyrl", []string{
		"Прихватате да подаци из вашег профила буду јавни.",
		"Корисник прихвата да се његове фотографије објављују.",
	}, []string{
		"Прихватате правила која су јавно доступна.",
		"Ако пристајете, ваша слика се објављује.",
		"Посебно пристајете да се ваша слика објављује.",
		"Неки подаци биће приказани у јавном делу само пошто сте дали изричити пристанак.",
	}},
	{lint.Bundled, "pt", []string{
		"Concorda que os dados do seu perfil sejam públicos.",
		"O utilizador aceita a divulgação das suas fotografias.",
	}, []string{
		"Concorda com as regras, que são públicas.",
		"Se concorda, a sua fotografia é publicada.",
		"Concorda separadamente com a publicação da sua fotografia.",
		"Os seus dados não são públicos.",
	}},

	{lint.Cookies, "en", []string{
		"We use only technically necessary cookies. ¶ Analytics cookies count our visitors.",
		"Cookies are used solely for your session. ¶ Cookies help us with marketing.",
		"We set no other cookies. ¶ Google Analytics tells us how you found the page.",
	}, []string{
		"We use only technically necessary cookies. ¶ We do not use analytics cookies.",
		"Only necessary cookies are set without your consent. ¶ Analytics cookies wait for your yes.",
		"We use necessary cookies and analytics cookies. ¶ Third-party cookies measure our campaigns.",
		"We use only session cookies. ¶ Do you use third-party cookies?",
		"We use only session cookies. ¶ We work without analytics cookies.",
	}},
	{lint.Cookies, "ro", []string{
		"Folosim numai cookie-uri strict necesare. ¶ Cookie-urile de analiză numără vizitatorii.",
		"Cookie-urile sunt folosite exclusiv pentru sesiune. ¶ Google Analytics ne arată de unde veniți.",
	}, []string{
		"Folosim numai cookie-uri strict necesare. ¶ Nu folosim cookie-uri de analiză.",
		"Numai cookie-urile necesare sunt active fără acordul dumneavoastră. ¶ Cookie-urile de marketing sunt opționale.",
		"Folosim cookies în scopul îmbunătățirii securității. ¶ Cookie-urile statistice numără vizitatorii.",
	}},
	{lint.Cookies, "lt", []string{
		"Naudojame tik būtinus slapukus. ¶ Analitiniai slapukai skaičiuoja lankytojus.",
		"Slapukai naudojami tik sesijai palaikyti. ¶ Trečiųjų šalių slapukai padeda rinkodarai.",
	}, []string{
		"Naudojame tik būtinus slapukus. ¶ Analitinių slapukų nenaudojame.",
		"Tik būtini slapukai įrašomi be jūsų sutikimo. ¶ Analitiniai slapukai įrašomi jums leidus.",
		"Naudojame būtinus slapukus. ¶ Analitiniai slapukai skaičiuoja lankytojus.",
	}},
	{lint.Cookies, "bg", []string{
		"Използваме само технически необходими бисквитки. ¶ Аналитичните бисквитки броят посетителите.",
		"Бисквитките служат единствено за Вашата сесия. ¶ Бисквитките на трети страни помагат на рекламата.",
	}, []string{
		"Използваме само необходими бисквитки. ¶ Не използваме аналитични бисквитки.",
		"Само необходимите бисквитки са включени без Вашето съгласие. ¶ Аналитичните бисквитки са по избор.",
		"Използваме необходими бисквитки. ¶ Аналитичните бисквитки броят посетителите.",
	}},
	{lint.Cookies, "sr-Cyrl", []string{
		"Користимо само неопходне колачиће. ¶ Аналитички колачићи броје посетиоце.",
		"Колачићи служе искључиво за вашу сесију. ¶ Колачићи трећих страна помажу у оглашавању.",
	}, []string{
		"Користимо само неопходне колачиће. ¶ Не користимо аналитичке колачиће.",
		"Само неопходни колачићи раде без ваше сагласности. ¶ Аналитички колачићи су по избору.",
		"Користимо неопходне колачиће. ¶ Аналитички колачићи броје посетиоце.",
	}},
	{lint.Cookies, "pt", []string{
		"Utilizamos apenas cookies estritamente necessários. ¶ Os cookies analíticos contam os visitantes.",
		"Os cookies servem exclusivamente para a sessão. ¶ Os cookies de terceiros ajudam a publicidade.",
	}, []string{
		"Utilizamos apenas cookies necessários. ¶ Não utilizamos cookies analíticos.",
		"Apenas os cookies necessários são usados sem o seu consentimento. ¶ Os cookies de marketing são opcionais.",
		"Utilizamos cookies necessários. ¶ Os cookies analíticos contam os visitantes.",
	}},
}

// lintVersion makes a version of one text that no rule about missing words concerns.
func lintVersion(t *testing.T, lang, text string) policy.Version {
	t.Helper()
	var b strings.Builder
	for p := range strings.SplitSeq(text, " ¶ ") {
		if h, ok := strings.CutPrefix(p, "# "); ok {
			b.WriteString("<h2>" + h + "</h2>")
			continue
		}
		b.WriteString("<p>" + p + "</p>")
	}
	safe, _, err := source.Sanitize(b.String())
	if err != nil {
		t.Fatal(err)
	}
	return policy.Version{
		Type: policy.TypeSite, Kind: policy.Agree, EffectiveFrom: time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC),
		Texts: []policy.Text{{Lang: lang, Name: "x", Content: safe}},
	}
}

func hasRule(list []lint.Finding, rule lint.Rule) bool {
	return slices.ContainsFunc(list, func(f lint.Finding) bool { return f.Rule == rule })
}

// runLintCases checks the cases of some rules, on the version that change makes of the usual one. Every
// language that the linter knows must have both kinds of cases for each rule.
func runLintCases(t *testing.T, cases []lintCase, change func(*policy.Version)) {
	t.Helper()
	langs := map[lint.Rule][]string{}
	for _, c := range cases {
		t.Run(string(c.rule)+"/"+c.lang, func(t *testing.T) {
			for _, text := range c.bad {
				v := lintVersion(t, c.lang, text)
				change(&v)
				if !hasRule(lint.Version(v), c.rule) {
					t.Errorf("not found: %s", text)
				}
			}
			for _, text := range c.fine {
				v := lintVersion(t, c.lang, text)
				change(&v)
				if hasRule(lint.Version(v), c.rule) {
					t.Errorf("false alarm: %s", text)
				}
			}
		})
		if len(c.bad) > 1 && len(c.fine) > 2 {
			langs[c.rule] = append(langs[c.rule], strings.TrimSuffix(c.lang, "-Cyrl"))
		}
	}
	for rule, have := range langs {
		for _, lang := range lint.Languages() {
			if !slices.Contains(have, lang) {
				t.Errorf("%s has no cases in %s", rule, lang)
			}
		}
	}
}

func TestLintFindsWhatATextSays(t *testing.T) {
	runLintCases(t, lintCases, func(*policy.Version) {})
}
