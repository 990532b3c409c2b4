package lint_test

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ltipolicy/policy"
	"ltipolicy/policy/lint"
	"ltipolicy/policy/markup"
	"ltipolicy/policy/source"
	"ltipolicy/testdata"

	"github.com/google/go-cmp/cmp"
)

var lintPairs = []lintCase{
	{lint.NeverShared, "en", []string{
		"We never share your data with third parties. ¶ We may disclose data where the law requires it.",
		"Your data are not passed on to others. ¶ Data may be transmitted to the judicial authorities upon request.",
	}, []string{
		"We never share your data with third parties, unless the law requires it. ¶ Data may be disclosed to a court.",
		"We do not provide data to third parties. However, courts may require it. ¶ Data may be transmitted to the judicial authority.",
		"We never share your data with third parties for advertising. ¶ We may disclose data where the law requires it.",
		"We never sell your data. ¶ We may disclose data where the law requires it.",
		"We never share your data with third parties. ¶ The law does not oblige us to anything.",
		"Do we share data with third parties? ¶ We may disclose data where the law requires it.",
	}},
	{lint.NeverShared, "ro", []string{
		"Datele nu sunt transmise niciodată către terți. ¶ Putem transmite datele atunci când legea o cere.",
		"Nu divulgăm datele către nicio terță parte, în orice condiții. ¶ Putem fi obligați să comunicăm datele instanțelor judecătorești.",
	}, []string{
		"Nu transmitem datele către terți, cu excepția cazurilor cerute de lege. ¶ Putem transmite datele instanțelor.",
		"Nu distribuim datele către terți. Am putea fi obligați prin lege să le transmitem. ¶ Putem transmite datele instanțelor.",
		"Nu transmitem datele către terți în scopuri comerciale. ¶ Putem transmite datele atunci când legea o cere.",
		"Nu vindem datele. ¶ Putem transmite datele atunci când legea o cere.",
	}},
	{lint.NeverShared, "lt", []string{
		"Duomenys niekada neperduodami tretiesiems asmenims. ¶ Duomenys gali būti perduodami, kai to reikalauja įstatymai.",
		"Duomenys nebus teikiami trečiosioms šalims. ¶ Privalome pateikti duomenis teismui.",
	}, []string{
		"Duomenys neperduodami tretiesiems asmenims, išskyrus įstatymų numatytus atvejus. ¶ Privalome pateikti duomenis teismui.",
		"Duomenys neperduodami tretiesiems asmenims reklamai. ¶ Privalome pateikti duomenis teismui.",
		"Duomenys nebus teikiami trečiosioms šalims. Tačiau privalome pateikti juos teismui. ¶ Duomenys gali būti perduodami teismui.",
	}},
	{lint.NeverShared, "bg", []string{
		"Никога не предоставяме данни на трети лица. ¶ Данните могат да бъдат предоставени, когато законът го изисква.",
		"Данните няма да бъдат разкривани на други лица. ¶ Можем да предадем данни на съда.",
	}, []string{
		"Не предоставяме данни на трети лица, освен ако законът го изисква. ¶ Можем да предадем данни на съда.",
		"Не предоставяме данни на трети лица за рекламни цели. ¶ Можем да предадем данни на съда.",
		"Не предоставяме данни на трети лица. Но законът може да го изиска. ¶ Можем да предадем данни на съда.",
	}},
	{lint.NeverShared, "sr-Cyrl", []string{
		"Податке никада не делимо са трећим лицима. ¶ Подаци могу бити откривени када то закон захтева.",
		"Ваши подаци неће бити достављени другим лицима. ¶ Можемо да проследимо податке суду.",
	}, []string{
		"Податке не делимо са трећим лицима, осим када то закон захтева. ¶ Можемо да проследимо податке суду.",
		"Податке не делимо са трећим лицима у маркетиншке сврхе. ¶ Можемо да проследимо податке суду.",
		"Податке не делимо са трећим лицима. Међутим, суд их може тражити. ¶ Можемо да проследимо податке суду.",
	}},
	{lint.NeverShared, "pt", []string{
		"Os dados nunca são transmitidos a terceiros. ¶ Podemos divulgar dados quando a lei o exige.",
		"Não partilhamos dados com terceiros. ¶ Os dados podem ser comunicados aos tribunais.",
	}, []string{
		"Não partilhamos dados com terceiros, exceto quando a lei o exige. ¶ Os dados podem ser comunicados aos tribunais.",
		"Não partilhamos dados com terceiros para fins comerciais. ¶ Os dados podem ser comunicados aos tribunais.",
		"Não partilhamos dados com terceiros. Contudo, a lei pode exigi-lo. ¶ Os dados podem ser comunicados aos tribunais.",
	}},

	{lint.Contacts, "en", []string{
		"If you have questions, write to info@a.example. ¶ Questions on this policy: privacy@a.example.",
		"To delete your account, write to delete@a.example. ¶ We delete your data if you write to help@a.example.",
		"To exercise your rights write to x@a.example. ¶ You exercise your right of access by a letter to y@a.example.",
	}, []string{
		"If you have questions, write to info@a.example. ¶ Questions on this policy: Info@A.example.",
		"If you have questions, write to info@a.example or privacy@a.example. ¶ Questions on this policy: privacy@a.example.",
		"If you have questions, write to info@a.example. ¶ Technical questions: support@a.example.",
		"If you have questions, write to info@a.example. ¶ Questions to the Data Protection Officer: dpo@a.example.",
		"If you have questions, write to info@a.example. ¶ To delete your account, write to delete@a.example.",
		"If you have questions, write to info@a.example. ¶ The supervisory authority answers questions too: office@authority.example.",
	}},
	{lint.Contacts, "ro", []string{
		"Pentru întrebări scrieți la info@a.example. ¶ Dacă aveți întrebări despre politică: date@a.example.",
		"Pentru ștergerea contului scrieți la sterge@a.example. ¶ Ștergem datele la cerere: ajutor@a.example.",
	}, []string{
		"Pentru întrebări scrieți la info@a.example. ¶ Întrebări tehnice: suport@a.example.",
		"Pentru întrebări scrieți la info@a.example. ¶ Întrebări către responsabilul cu protecția datelor: dpo@a.example.",
		"Pentru întrebări scrieți la info@a.example. ¶ Alte întrebări: info@a.example.",
	}},
	{lint.Contacts, "lt", []string{
		"Kilus klausimų rašykite info@a.example. ¶ Klausimus apie politiką siųskite privatumas@a.example.",
		"Dėl paskyros ištrynimo: ištrinti paskyrą galima parašius trinti@a.example. ¶ Ištrinsime duomenis, jei parašysite pagalba@a.example.",
	}, []string{
		"Kilus klausimų rašykite info@a.example. ¶ Techniniai klausimai: pagalba@a.example.",
		"Kilus klausimų rašykite info@a.example. ¶ Klausimai duomenų apsaugos pareigūnui: dap@a.example.",
		"Kilus klausimų rašykite info@a.example. ¶ Ištrinti paskyrą: trinti@a.example.",
	}},
	{lint.Contacts, "bg", []string{
		"При въпроси пишете на info@a.example. ¶ Въпроси за политиката: danni@a.example.",
		"За изтриване на профила пишете на iztrij@a.example. ¶ Изтриваме данните при искане до pomosht@a.example.",
	}, []string{
		"При въпроси пишете на info@a.example. ¶ Технически въпроси: pomosht@a.example.",
		"При въпроси пишете на info@a.example. ¶ Въпроси към длъжностното лице по защита на данните: dlzd@a.example.",
		"При въпроси пишете на info@a.example. ¶ Въпроси за политиката: info@a.example.",
	}},
	{lint.Contacts, "sr-Cyrl", []string{
		"За питања пишите на info@a.example. ¶ Питања о политици: podaci@a.example.",
		"Да бисте избрисали налог, пишите на brisanje@a.example. ¶ Брисање података: pomoc@a.example.",
	}, []string{
		"За питања пишите на info@a.example. ¶ Техничка питања: podrska@a.example.",
		"За питања пишите на info@a.example. ¶ Питања лицу за заштиту података: dpo@a.example.",
		"За питања пишите на info@a.example. ¶ Да бисте избрисали налог, пишите на brisanje@a.example.",
	}},
	{lint.Contacts, "pt", []string{
		"Em caso de dúvidas escreva para info@a.example. ¶ Questões sobre a política: dados@a.example.",
		"Para apagar a sua conta escreva para apagar@a.example. ¶ Eliminamos os dados a pedido: ajuda@a.example.",
	}, []string{
		"Em caso de dúvidas escreva para info@a.example. ¶ Questões técnicas: suporte@a.example.",
		"Em caso de dúvidas escreva para info@a.example. ¶ Questões ao encarregado da proteção de dados: epd@a.example.",
		"Em caso de dúvidas escreva para info@a.example. ¶ Para apagar a conta: apagar@a.example.",
	}},
}

func TestLintFindsWhatATextSaysTwice(t *testing.T) {
	runLintCases(t, lintPairs, func(*policy.Version) {})
}

// In these, the fine texts hold what is missing from the bad ones.
var lintMissing = []lintCase{
	{lint.Date, "en", []string{"We keep your data.", "We follow Regulation (EU) 2016/679 of 27 April 2016.", "In force are the rules of the house."},
		[]string{"This policy applies from 24 May 2018.", "Last updated: 2018-05-24", "24.05.2018", "Adopted by the senate on 3 March 2020 and amended since.", "Version of May 2018"}},
	{lint.Date, "ro", []string{"Păstrăm datele.", "Conform Regulamentului UE 2016/679 din 27 aprilie 2016 păstrăm datele dumneavoastră."},
		[]string{"Politica este valabilă de la 24 mai 2018.", "Timișoara, 24.05.2018", "Intră în vigoare la 1 septembrie 2024, după aprobare.", "Actualizată în mai 2018"}},
	{lint.Date, "lt", []string{"Saugome duomenis.", "Vadovaujamės 2016 m. balandžio 27 d. Europos Parlamento ir Tarybos reglamentu dėl asmenų apsaugos."},
		[]string{"Politika galioja nuo 2018 m. gegužės 24 d.", "Atnaujinta 2018-05-24", "Patvirtinta senato posėdyje 2024 m. rugsėjo 1 d. ir taikoma visiems."}},
	{lint.Date, "bg", []string{"Съхраняваме данни.", "Съгласно Регламент (ЕС) 2016/679 от 27 април 2016 г. относно защитата на физическите лица съхраняваме данни."},
		[]string{"Политиката е в сила от 24 май 2018 г.", "Варна, 24.05.2018 г.", "Утвърдена на 1 септември 2024 г. от ректора на университета."}},
	{lint.Date, "sr-Cyrl", []string{"Чувамо податке.", "По Уредби (ЕУ) 2016/679 Европског парламента и Савета од 27. априла 2016. године чувамо податке."},
		[]string{"Политика је на снази од 24. маја 2018. године.", "Београд, 24.05.2018.", "Ажурирано 1. септембра 2024. године за све кориснике."}},
	{lint.Date, "pt", []string{"Guardamos os dados.", "Segundo o Regulamento (UE) 2016/679, de 27 de abril de 2016, guardamos os dados dos estudantes."},
		[]string{"Esta política está em vigor desde 24 de maio de 2018.", "Lisboa, 24/05/2018", "Última atualização em setembro de 2024, para todos os utilizadores."}},

	{lint.Authority, "en", []string{"You may complain to us.", "The academic authority decides."},
		[]string{"You may lodge a complaint with a supervisory authority.", "The National Data Protection Commission (CNPD) hears you.", "You can complain to the Information Commissioner."}},
	{lint.Authority, "ro", []string{"Vă puteți plânge la noi.", "Date transmise autorităților fiscale."},
		[]string{"Puteți depune o plângere la autoritatea de supraveghere.", "Autoritatea Națională de Supraveghere a Prelucrării Datelor cu Caracter Personal", "Scrieți la ANSPDCP."}},
	{lint.Authority, "lt", []string{"Galite skųstis mums.", "Institucija tvarko duomenis."},
		[]string{"Turite teisę pateikti skundą priežiūros institucijai.", "Valstybinė duomenų apsaugos inspekcija", "Kreipkitės į VDAI."}},
	{lint.Authority, "bg", []string{"Можете да подадете оплакване до нас.", "Данни се предоставят на държавни органи."},
		[]string{"Можете да подадете жалба до надзорен орган.", "Комисия за защита на личните данни", "Обърнете се към КЗЛД."}},
	{lint.Authority, "sr-Cyrl", []string{"Можете се жалити нама.", "Подаци се достављају државним органима."},
		[]string{"Можете поднети жалбу надзорном органу.", "Повереник за информације од јавног значаја и заштиту података о личности", "Обратите се органима за заштиту података."}},
	{lint.Authority, "pt", []string{"Pode reclamar junto de nós.", "Os dados são enviados à autoridade tributária."},
		[]string{"Pode apresentar reclamação à autoridade de controlo.", "Comissão Nacional de Proteção de Dados", "Contacte a CNPD."}},

	{lint.Withdrawal, "en", []string{"You have the right of access.", "You cannot withdraw your consent."},
		[]string{"You may withdraw your consent at any time.", "Consent can be revoked by a letter.", "You gave consent, and you can withdraw it."}},
	{lint.Withdrawal, "ro", []string{"Aveți dreptul de acces.", "Nu vă puteți retrage acordul."},
		[]string{"Vă puteți retrage oricând consimțământul.", "Acordul poate fi revocat în scris.", "Aveți dreptul la retragerea consimţământului."}},
	{lint.Withdrawal, "lt", []string{"Turite teisę susipažinti su duomenimis.", "Negalite atšaukti sutikimo."},
		[]string{"Galite bet kada atšaukti sutikimą.", "Sutikimas gali būti atšauktas raštu.", "Jūs turite teisę atsiimti savo sutikimą."}},
	{lint.Withdrawal, "bg", []string{"Имате право на достъп.", "Съгласието не се оттегля."},
		[]string{"Можете да оттеглите съгласието си по всяко време.", "Съгласието може да бъде оттеглено писмено.", "Право на оттегляне на съгласие"}},
	{lint.Withdrawal, "sr-Cyrl", []string{"Имате право приступа.", "Сагласност не можете повући."},
		[]string{"Можете повући сагласност у сваком тренутку.", "Пристанак се може опозвати писмено.", "Имате право на повлачење пристанка."}},
	{lint.Withdrawal, "pt", []string{"Tem direito de acesso.", "Não pode retirar o consentimento."},
		[]string{"Pode retirar o consentimento a qualquer momento.", "O consentimento pode ser revogado por escrito.", "Tem o direito de revogar a autorização dada."}},
}

func TestLintFindsWhatATextDoesNotSay(t *testing.T) {
	runLintCases(t, lintMissing, func(v *policy.Version) { v.Type, v.EffectiveFrom = policy.TypePrivacy, time.Time{} })
}

func TestLintMindsTheVersionAroundTheText(t *testing.T) {
	day := time.Date(2018, 5, 24, 0, 0, 0, 0, time.UTC)
	publicity := "You agree that your photographs are published."
	for name, c := range map[string]struct {
		text   string
		change func(*policy.Version)
		want   []lint.Rule
	}{
		"rules need neither authority nor withdrawal": {"Be kind.", func(*policy.Version) {}, []lint.Rule{lint.Date}},
		"an own revision says nothing of the day":     {"Be kind.", func(v *policy.Version) { v.Revision = "2" }, []lint.Rule{lint.Date}},
		"a revision with a day does":                  {"Be kind.", func(v *policy.Version) { v.Revision = "UPT 6224 / 23.05.2018" }, nil},
		"an effective date does":                      {"Be kind.", func(v *policy.Version) { v.EffectiveFrom = day }, nil},
		"privacy needs both": {"Be kind.", func(v *policy.Version) { v.Type, v.EffectiveFrom = policy.TypePrivacy, day },
			[]lint.Rule{lint.Authority, lint.Withdrawal}},
		"so does what third parties do": {"Be kind.", func(v *policy.Version) { v.Type, v.EffectiveFrom = policy.TypeThirdParty, day },
			[]lint.Rule{lint.Authority, lint.Withdrawal}},
		"consent needs withdrawal":         {"Be kind.", func(v *policy.Version) { v.Kind, v.EffectiveFrom = policy.Consent, day }, []lint.Rule{lint.Withdrawal}},
		"publicity within rules":           {publicity, func(v *policy.Version) { v.EffectiveFrom = day }, []lint.Rule{lint.Bundled}},
		"publicity as a choice of its own": {publicity + " You may withdraw your consent.", func(v *policy.Version) { v.Kind, v.EffectiveFrom = policy.Consent, day }, nil},
		"a blank of a template":            {"We keep it until [day or event].", func(v *policy.Version) { v.EffectiveFrom = day }, []lint.Rule{lint.Blank}},
		"a reference in brackets":          {"We keep it, see [12].", func(v *policy.Version) { v.EffectiveFrom = day }, nil},
		"another language":                 {"Durch die Nutzung stimmen Sie zu.", func(v *policy.Version) { v.Type, v.Texts[0].Lang = policy.TypePrivacy, "de" }, nil},
		"no language":                      {"Be kind.", func(v *policy.Version) { v.Texts[0].Lang = "" }, nil},
		"no text":                          {"", func(v *policy.Version) { v.Type = policy.TypePrivacy }, nil},
		"a region":                         {"Be kind.", func(v *policy.Version) { v.Texts[0].Lang = "en-GB" }, []lint.Rule{lint.Date}},
	} {
		v := lintVersion(t, "en", c.text)
		v.EffectiveFrom = time.Time{}
		c.change(&v)
		var got []lint.Rule
		for _, f := range lint.Version(v) {
			got = append(got, f.Rule)
			if f.Lang != v.Texts[0].Lang {
				t.Errorf("%s: found in %q", name, f.Lang)
			}
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s:\n%s", name, d)
		}
	}
}

// TestLintOnTheSeeds is the list that people reviewed: these remarks on the seven source policies, at these
// lines of the source documents, and no others.
func TestLintOnTheSeeds(t *testing.T) {
	want := map[string][]string{
		"confidentialitate": {
			"implied_consent 158", "never_shared 8,13,47,65,73,96,104,142,146 x 10,113,143", "conflicting_contacts 16 x 166",
			"missing_authority", "no_withdrawal",
		},
		"privacy-lusofona":   {"missing_date", "no_withdrawal"},
		"privatumo-politika": {"missing_date"},
		"svetaines-politika": {"implied_consent 140", "unilateral_change 141", "bundled_publicity 149", "missing_date"},
		"slapuku-politika":   {"cookie_claims 182,182 x 195,197,201,203,204,212,226,227,228,230", "missing_date", "no_withdrawal"},
		"poveritelnost":      {"missing_date", "no_withdrawal"},
		"etwinning":          {"conflicting_contacts 135 x 206", "missing_date"},
	}
	byName := map[string]testdata.Seed{}
	seeds, err := testdata.Seeds()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range seeds {
		byName[s.Name] = s
	}
	got := map[string][]string{}
	for _, p := range demoSources(t) {
		s, ok := byName[p.Texts[0].Name]
		if !ok {
			continue
		}
		v, _, err := p.Version(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		document, err := testdata.Document(s.File)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(document, "\n")
		for _, f := range lint.Version(v) {
			line := string(f.Rule)
			for i, places := range [][]lint.Place{f.Places, f.Against} {
				if len(places) > 0 {
					line += []string{" ", " x "}[i] + strings.Join(lineNumbers(lines, s, places), ",")
				}
			}
			got[p.Slug] = append(got[p.Slug], line)
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

// demoSources are all policies of the demo.
func demoSources(t *testing.T) []source.Policy {
	t.Helper()
	var all []source.Policy
	for _, inst := range testdata.Institutions() {
		for _, folder := range []func() (fs.FS, error){inst.Policies, inst.CoursePolicies} {
			fsys, err := folder()
			if err != nil {
				t.Fatal(err)
			}
			list, err := source.Read(fsys)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, list...)
		}
	}
	return all
}

// lineNumbers says in which lines of a source document the places stand, counting repeated sentences up.
func lineNumbers(lines []string, s testdata.Seed, places []lint.Place) []string {
	var out []string
	seen := map[string]int{}
	for _, p := range places {
		span := s.Content
		if p.InSummary {
			span = s.Summary
		}
		at := 0
		for n := span.Lines[0]; n <= span.Lines[1] && at == 0; n++ {
			if n > seen[p.Text] && strings.Contains(strings.ReplaceAll(lines[n-1], "  ", " "), strings.TrimSuffix(p.Text, ".")) {
				at = n
			}
		}
		seen[p.Text] = at
		out = append(out, fmt.Sprint(at))
	}
	return out
}

func TestSentences(t *testing.T) {
	for text, want := range map[string]string{
		"By using it you agree. By using it, see art. 5 para. 2, e.g. Moodle, you agree! Fine.": "By using it you agree. | By using it, see art. 5 para. 2, e.g. Moodle, you agree!",
		"3.1. By using it you agree (“Terms”.) Others do not.":                                  "3.1. By using it you agree (“Terms”.)",
		"In 2018. By using it you agree to Dr. Who's terms.":                                    "By using it you agree to Dr. Who's terms.",
		"“By using it you agree.” “Really?” By\u00a0using it you\u00a0agree.":                   "“By using it you agree.” | By\u00a0using it you\u00a0agree.",
	} {
		var got []string
		for _, f := range lint.Version(lintVersion(t, "en", text)) {
			for _, p := range f.Places {
				got = append(got, p.Text)
			}
		}
		if s := strings.Join(got, " | "); s != want {
			t.Errorf("%s\ngot  %s\nwant %s", text, s, want)
		}
	}
}

// TestLintPlacesLeadIntoTheText: every place has its id in the anchored text, right where the sentence is.
func TestLintPlacesLeadIntoTheText(t *testing.T) {
	bad := "By using it you agree."
	src := bad + "<h2>Use</h2><p><b>" + bad + "</b></p><ul><li id=\"fn-1\">" + bad + "</li><li>x<ul><li>" + bad + "</li></ul></li></ul>" +
		"<p>a<br>" + bad + "<br>" + bad + "</p><table><tr><td>a</td><td><p>" + bad + "</p></td></tr></table>"
	safe, _, err := source.Sanitize(src)
	if err != nil {
		t.Fatal(err)
	}
	v := policy.Version{EffectiveFrom: time.Now(), Texts: []policy.Text{{Lang: "en", Summary: safe, Content: safe}}}
	list := lint.Version(v)
	if len(list) != 14 {
		t.Fatalf("%d findings", len(list))
	}
	text := lint.Anchored(v.Texts[0], list)
	if markup.PlainText(text.Content) != markup.PlainText(safe) || markup.PlainText(text.Summary) != markup.PlainText(safe) {
		t.Error("marking the places changed the words")
	}
	for _, f := range list {
		p := f.Places[0]
		html := string(text.Content)
		if p.InSummary {
			html = string(text.Summary)
		}
		at := regexp.MustCompile(`id="`+p.ID()+`"[^>]*>`).FindAllStringIndex(html, -1)
		if len(at) != 1 {
			t.Errorf("%s stands %d times in %s", p.ID(), len(at), html)
			continue
		}
		rest := html[at[0][1]:]
		if row, ok := strings.CutPrefix(rest, "<td>a</td>"); ok {
			rest = row // a row has one place for all its cells
		}
		if s := markup.PlainText(policy.SafeHTML(rest)); !strings.HasPrefix(s, p.Text) {
			t.Errorf("%s leads to %q", p.ID(), s)
		}
	}
	if same := lint.Anchored(v.Texts[0], nil); same != v.Texts[0] {
		t.Error("a text without findings is changed")
	}
	shown := markup.Show(text, "text-0", 4, 5)
	for _, id := range []string{`id="text-0-l-s0"`, `id="text-0-l-c0"`} {
		if !strings.Contains(string(shown.Summary)+string(shown.Content), id) {
			t.Errorf("shown on a page, the text has no %s", id)
		}
	}
	if s := list[len(list)-1].Places[0].Section; s != "Use" {
		t.Errorf("the section is %q", s)
	}
}

func FuzzLint(f *testing.F) {
	for i, lang := range lint.Languages() {
		f.Add(lang, "<h2>1. A</h2><p>By using it you agree. Nr. 5 <b>a@b.example</b>…</p>", i)
	}
	for _, c := range slices.Concat(lintCases, lintPairs, lintMissing) {
		f.Add(c.lang, "<p>"+strings.ReplaceAll(c.bad[0], " ¶ ", "</p><br>")+"</p>", 1)
	}
	f.Add("sr", "<table><td>\t.<td>Љ. „Њ.“ \xff<ul><li>?</ul></table>", 0)
	f.Fuzz(func(t *testing.T, lang, src string, kind int) {
		safe, _, err := source.Sanitize(src)
		if err != nil || len(safe) > 1<<14 {
			return
		}
		v := policy.Version{
			Type: policy.Type(kind % 3), Kind: []policy.Kind{policy.Agree, policy.Consent}[kind&1],
			Texts: []policy.Text{{Lang: lang, Summary: safe, Content: safe}},
		}
		list := lint.Version(v)
		text := lint.Anchored(v.Texts[0], list)
		lines := strings.Split(markup.PlainText(safe), "\n")
		for _, x := range list {
			for _, p := range slices.Concat(x.Places, x.Against) {
				if p.Text == "" || p.Block >= len(lines) || !strings.Contains(lines[p.Block], p.Text) {
					t.Errorf("%s: %q is not in %q", x.Rule, p.Text, lines)
				}
				html := text.Content
				if p.InSummary {
					html = text.Summary
				}
				if strings.Count(string(html), `id="`+p.ID()+`"`) != 1 {
					t.Errorf("%s has no single place in %s", p.ID(), html)
				}
			}
		}
		if markup.PlainText(text.Content) != markup.PlainText(safe) {
			t.Errorf("%q became %q", safe, text.Content)
		}
	})
}

func BenchmarkLint(b *testing.B) {
	v := policy.Version{Type: policy.TypePrivacy, Texts: []policy.Text{{Lang: "en", Content: policy.SafeHTML(
		strings.Repeat("<p>By using a password of your own you protect your account, and you may change it at any time.</p>", 200))}}}
	for b.Loop() {
		lint.Version(v)
	}
}

func TestLintQuotesNoMoreThanPeopleRead(t *testing.T) {
	v := lintVersion(t, "en", strings.Repeat("By using it you agree. ", 1000))
	if n := len(lint.Version(v)); n != 50 {
		t.Errorf("%d remarks", n)
	}
}
