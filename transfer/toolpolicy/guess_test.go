package toolpolicy_test

import (
	"testing"

	"ltipolicy/transfer/toolpolicy"
)

// paragraphs are a piece of a policy in many languages.
var paragraphs = []struct{ tag, text string }{
	{"en", "By using this platform you agree that your data will be kept for as long as the course lasts. You may ask us at any time which of them we have."},
	{"de", "Mit der Nutzung dieser Plattform sind Sie einverstanden, dass Ihre Daten für die Dauer des Kurses gespeichert werden. Sie können jederzeit Auskunft über die Daten verlangen, die wir haben."},
	{"nl", "Door het gebruik van dit platform gaat u ermee akkoord dat uw gegevens worden bewaard zolang de cursus duurt. U kunt ons altijd vragen welke gegevens wij van u hebben."},
	{"af", "Deur hierdie platform te gebruik, stem jy in dat jou data gehou word solank die kursus duur. Jy kan ons enige tyd vra watter data ons van jou het, en ons sal dit nie met ander deel nie."},
	{"sv", "Genom att använda plattformen godkänner du att dina uppgifter sparas så länge kursen pågår. Du kan när som helst fråga oss vilka uppgifter vi har och hur de används."},
	{"da", "Når du bruger platformen, accepterer du, at dine oplysninger bliver gemt, så længe kurset varer. Du kan altid spørge os, hvilke oplysninger vi har om dig, og hvad de bruges til efter kurset."},
	{"no", "Når du bruker plattformen, godtar du at dine opplysninger blir lagret så lenge kurset varer. Du kan alltid spørre oss hvilke opplysninger vi har om deg, og hva de brukes til etter kurset."},
	{"nn", "Når du brukar plattforma, godtek du at opplysningane dine blir lagra så lenge kurset varer. Du kan alltid spørje oss kva opplysningar vi har om deg, og korleis dei vert brukte. Vi deler dei ikkje med nokon."},
	{"is", "Með því að nota vefinn samþykkir þú að gögn þín verði geymd á meðan námskeiðið stendur yfir. Þú getur alltaf spurt hvaða gögn við höfum um þig og til hvers þau eru notuð."},
	{"fr", "En utilisant cette plateforme, vous acceptez que vos données soient conservées pendant la durée du cours. Vous pouvez demander à tout moment quelles données nous avons sur vous."},
	{"es", "Al usar esta plataforma usted acepta que sus datos se conserven mientras dure el curso. Puede preguntarnos en cualquier momento qué datos tenemos y para qué se usan los datos de los usuarios."},
	{"ca", "En fer servir aquesta plataforma accepteu que les vostres dades es conservin mentre duri el curs. Podeu demanar-nos en qualsevol moment quines dades tenim i amb quina finalitat s'utilitzen les dades dels usuaris."},
	{"gl", "Ao usar esta plataforma vostede acepta que os seus datos se conserven mentres dure o curso. Pode preguntarnos en calquera momento que datos temos e para que se usan, e non os daremos a ninguén máis sen unha razón."},
	{"pt", "Ao usar esta plataforma, você aceita que os seus dados sejam guardados enquanto durar o curso. Pode perguntar-nos a qualquer momento que dados temos e não os daremos a mais ninguém sem uma razão."},
	{"it", "Usando questa piattaforma accetti che i tuoi dati siano conservati per la durata del corso. Puoi chiederci in ogni momento quali dati abbiamo e per che cosa sono usati."},
	{"ro", "Prin folosirea platformei sunteți de acord ca datele dumneavoastră să fie păstrate cât timp durează cursul. Ne puteți întreba oricând ce date avem și pentru ce sunt folosite."},
	{"eu", "Plataforma hau erabiltzean, zure datuak ikastaroak irauten duen bitartean gordeko direla onartzen duzu. Edozein unetan galdetu ahal diguzu zein datu ditugun eta zertarako erabiltzen diren, eta ez ditugu beste inori emango."},
	{"sq", "Duke përdorur këtë platformë ju pranoni që të dhënat tuaja të ruhen sa kohë që zgjat kursi. Mund të na pyesni në çdo kohë cilat të dhëna kemi dhe për çfarë përdoren ato."},
	{"mt", "Meta tuża din il-pjattaforma inti taqbel li d-data tiegħek tinżamm għal kemm idum il-kors. Tista' tistaqsi f'kull ħin liema data għandna u għal xiex qed tintuża."},
	{"ga", "Trí úsáid a bhaint as an ardán seo aontaíonn tú go gcoimeádfar do chuid sonraí fad is atá an cúrsa ar siúl. Is féidir leat a fhiafraí dínn ag am ar bith cad iad na sonraí atá againn agus cén fáth."},
	{"cy", "Drwy ddefnyddio'r llwyfan hwn rydych yn cytuno y bydd eich data yn cael ei gadw tra bydd y cwrs yn parhau. Gallwch ofyn i ni ar unrhyw adeg pa ddata sydd gennym ac ar gyfer beth mae'n cael ei ddefnyddio."},
	{"pl", "Korzystając z platformy, zgadzasz się na to, że twoje dane będą przechowywane przez czas trwania kursu. Możesz w każdej chwili zapytać, jakie dane mamy i do czego są używane."},
	{"cs", "Používáním této platformy souhlasíte s tím, že vaše údaje budou uchovávány po dobu trvání kurzu. Kdykoli se nás můžete zeptat, jaké údaje máme a k čemu je používáme, a jak je chráníme před ostatními."},
	{"sk", "Používaním tejto platformy súhlasíte s tým, že vaše údaje budú uchovávané počas trvania kurzu. Kedykoľvek sa nás môžete opýtať, aké údaje máme a na čo sa používajú, alebo či ich má aj niekto iný."},
	{"sl", "Z uporabo te platforme se strinjate, da bodo vaši podatki shranjeni, dokler traja tečaj. Kadar koli nas lahko vprašate, katere podatke imamo in za kaj jih uporabljamo. Podatkov ne damo nikomur brez vaše privolitve."},
	{"hr", "Korištenjem sustava prihvaćate ove uvjete. Tko se njima ne slaže, ne može sudjelovati u nastavi. Sveučilište čuva vaše podatke tijekom tečaja, a svatko može pitati koji su to podaci i čemu služe."},
	{"sr-Latn", "Korišćenjem sistema prihvatate ove uslove. Ko se sa njima ne slaže, ne može da učestvuje u nastavi. Univerzitet čuva vaše podatke za vreme kursa, a uvek možete da pitate gde su podaci i pre svega čemu služe."},
	{"lt", "Naudodamiesi šia platforma jūs sutinkate, kad jūsų duomenys būtų saugomi tol, kol vyksta kursas. Bet kada galite paklausti, kokius duomenis turime ir kam jie yra naudojami."},
	{"lv", "Lietojot šo platformu, jūs piekrītat, ka jūsu dati tiek glabāti, kamēr notiek kurss. Jūs jebkurā laikā varat jautāt, kādi dati mums ir un kam tie tiek izmantoti, un vai tos redz citi."},
	{"et", "Platvormi kasutades nõustute, et teie andmeid säilitatakse kursuse lõpuni. Te võite meilt igal ajal küsida, millised andmed meil on ja milleks neid kasutatakse, kui te seda soovite."},
	{"fi", "Käyttämällä alustaa hyväksyt, että tietosi säilytetään niin kauan kuin kurssi kestää. Voit milloin tahansa kysyä, mitä tietoja meillä on ja mihin niitä käytetään, ja ne poistetaan, kun kurssi on ohi."},
	{"hu", "A platform használatával elfogadja, hogy az adatait a kurzus idejére megőrizzük. Bármikor megkérdezheti, hogy milyen adatokat kezelünk és mire használjuk azokat, de más nem kapja meg."},
	{"tr", "Bu platformu kullanarak verilerinizin ders süresince saklanmasını kabul edersiniz. Hangi verilerin bulunduğunu ve ne için kullanıldığını her zaman sorabilirsiniz; bu veriler başka bir kişiye daha verilmez."},
	{"az", "Bu platformadan istifadə etməklə məlumatlarınızın kurs müddətində saxlanmasına razılıq verirsiniz. Hansı məlumatların olduğunu və nə üçün istifadə edildiyini hər zaman soruşa bilərsiniz, onlar başqa şəxsə verilmir."},
	{"vi", "Khi sử dụng hệ thống này, bạn đồng ý rằng dữ liệu của bạn được lưu trữ trong thời gian khóa học. Bạn có thể hỏi chúng tôi bất cứ lúc nào về những dữ liệu này và mục đích sử dụng."},
	{"id", "Dengan menggunakan platform ini Anda setuju bahwa data Anda akan disimpan selama kursus berlangsung. Anda bisa bertanya kepada kami kapan saja tentang data apa yang kami miliki karena itu adalah hak Anda sesuai kebijakan kami."},
	{"ms", "Dengan menggunakan platform ini anda bersetuju bahawa data anda akan disimpan selagi kursus berlangsung. Anda boleh bertanya kepada kami tentang maklumat yang kami simpan daripada anda; ia mestilah dijawab dan ialah hak anda."},
	{"sw", "Kwa kutumia jukwaa hili unakubali kwamba data yako itahifadhiwa kwa muda wote wa kozi. Unaweza kutuuliza wakati wowote ni data gani tuliyo nayo na inatumika kwa nini."},
	{"tl", "Sa paggamit ng platapormang ito, sumasang-ayon ka na itatago ang iyong datos habang tumatagal ang kurso. Maaari mong itanong sa amin kung anong datos ang nasa amin at para saan ito."},
	{"bg", "С използването на платформата вие се съгласявате вашите данни да се пазят, докато трае курсът. Може по всяко време да ни попитате какви данни имаме и за какво се използват."},
	{"mk", "Со користење на платформата се согласувате вашите податоци да се чуваат додека трае курсот. Секој може во секое време да нè праша кои податоци ги имаме и за што се користат."},
	{"sr-Cyrl", "Коришћењем платформе сагласни сте да се ваши подаци чувају док траје курс. У сваком тренутку можете да питате које податке имамо и за шта се користе, и нико други их не добија."},
	{"ru", "Пользуясь платформой, вы соглашаетесь с тем, что ваши данные хранятся, пока идёт курс. Вы можете в любое время спросить, какие данные у нас есть и для чего они используются."},
	{"uk", "Користуючись платформою, ви погоджуєтеся з тим, що ваші дані зберігаються, доки триває курс. Ви можете будь-коли запитати, які дані ми маємо та для чого вони використовуються."},
	{"be", "Карыстаючыся платформай, вы згаджаецеся, што вашы даныя захоўваюцца, пакуль ідзе курс. Вы можаце ў любы час спытаць, якія даныя ў нас ёсць і для чаго яны выкарыстоўваюцца."},
	{"kk", "Платформаны пайдалана отырып, сіз деректеріңіздің курс біткенге дейін сақталуына келісесіз. Бізде қандай деректер бар екенін және олардың не үшін қолданылатынын кез келген уақытта сұрай аласыз, бұл барлық адам үшін бірдей."},
	{"el", "Χρησιμοποιώντας αυτήν την πλατφόρμα συμφωνείτε ότι τα δεδομένα σας θα φυλάσσονται όσο διαρκεί το μάθημα."},
	{"he", "בשימוש במערכת זו אתם מסכימים שהנתונים שלכם יישמרו כל עוד הקורס נמשך."},
	{"ka", "ამ პლატფორმის გამოყენებით თქვენ ეთანხმებით, რომ თქვენი მონაცემები შეინახება კურსის განმავლობაში."},
	{"hy", "Օգտվելով այս հարթակից՝ դուք համաձայնում եք, որ ձեր տվյալները պահվեն դասընթացի ընթացքում։"},
	{"ar", "باستخدام هذه المنصة فإنك توافق على أن يتم حفظ بياناتك طوال مدة المقرر. يمكنك أن تسأل في أي وقت عن البيانات التي لدينا وما الذي تستخدم من أجله."},
	{"fa", "با استفاده از این سامانه می پذیرید که داده های شما تا پایان دوره نگه داشته شود. هر زمان می توانید از ما بپرسید که چه داده هایی داریم و برای چه به کار می رود."},
	{"ur", "اس پلیٹ فارم کو استعمال کرنے سے آپ اس بات پر متفق ہیں کہ آپ کا ڈیٹا کورس کے دوران محفوظ رکھا جائے گا۔ آپ کسی بھی وقت ہم سے پوچھ سکتے ہیں کہ ہمارے پاس کون سا ڈیٹا ہے۔"},
	{"hi", "इस मंच का उपयोग करके आप सहमत हैं कि आपका डेटा पाठ्यक्रम की अवधि तक रखा जाएगा। आप किसी भी समय हमसे पूछ सकते हैं कि हमारे पास कौन सा डेटा है और वह किस लिए है।"},
	{"th", "การใช้แพลตฟอร์มนี้ถือว่าคุณยินยอมให้เก็บข้อมูลของคุณไว้ตลอดระยะเวลาของหลักสูตร"},
	{"ko", "이 플랫폼을 사용하면 과정이 진행되는 동안 귀하의 데이터가 보관되는 것에 동의하는 것입니다."},
	{"ja", "このプラットフォームを利用することにより、コースの期間中、あなたのデータが保存されることに同意したものとみなされます。"},
	{"zh-CN", "使用本平台即表示您同意在课程期间保存您的数据。您可以随时询问我们有哪些数据以及这些数据的用途，我们会为您说明。"},
	{"zh-TW", "使用本平台即表示您同意在課程期間保存您的數據。您可以隨時詢問我們有哪些數據以及這些數據的用途，我們會為您說明。"},
}

// A wrong guess would be written into evidence: of one paragraph none is wrong, and few have to be asked for.
func TestLanguagesAreGuessedRightOrNotAtAll(t *testing.T) {
	asked := 0
	for _, p := range paragraphs {
		switch g := toolpolicy.Language(p.text); g.Tag {
		case p.tag:
		case "":
			asked++
			t.Logf("%s is asked for, near are %v", p.tag, g.Or)
		default:
			t.Errorf("%s is guessed as %s: %s", p.tag, g.Tag, p.text)
		}
	}
	if asked > 4 {
		t.Errorf("%d of %d languages have to be asked for", asked, len(paragraphs))
	}
}

// Where a neighbour's language says it alike, or the language is one that is not known, nothing is guessed.
func TestNeighboursAreNotGuessed(t *testing.T) {
	for name, text := range map[string]string{
		"Bosnian":              "Korištenjem sistema prihvatate ove uslove. Ko se s njima ne slaže, ne može učestvovati u nastavi. Univerzitet čuva vaše podatke za vrijeme kursa.",
		"Croatian or others":   "Na platformi se ne smije pisati o drugima i ne smije se kopirati ono što su drugi napisali.",
		"Danish or Norwegian":  "Brugere og ansatte kan se alle data i systemet til enhver tid.",
		"Spanish or Galician":  "Para entrar, clave e nome de usuario.",
		"Latin":                "Omnes homines liberi aequique dignitate atque iuribus nascuntur. Ratione conscientiaque praediti sunt et alii erga alios cum fraternitate se gerere debent.",
		"Faroese":              "Tá ið tú brúkar skipanina, góðtekur tú, at dátur tínar verða goymdar, so leingi skeiðið er í gongd. Tú kanst altíð spyrja okkum, hvørjar dátur vit hava.",
		"Lower Sorbian":        "Wšykne luźe su lichotne roźone a jadnake po dostojnosći a pšawach. Woni maju rozym a wědobnosć a maju ze sobu w duchu bratšojstwa wobchadaś.",
		"Yiddish":              "יעדער מענטש װערט געבױרן פֿרײַ און גלײַך אין כּבֿוד און רעכט.",
		"a list of names":      "Ion Popescu, Mária Kováčová, Jonas Jonaitis, Ivan Petrov, Jovana Jovanović, Ana Silva, Anna Kowalska, John Smith, Erik Olsen",
		"nothing":              "",
		"letters of no script": "12 34 56 !! ?? 78",
	} {
		if g := toolpolicy.Language(text); g.Tag != "" {
			t.Errorf("%s is guessed as %s", name, g.Tag)
		}
	}
}
