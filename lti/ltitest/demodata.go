package ltitest

// The demo's sites. Whoever bears one of these names is meant by none of them.
var demoSites = []demoSite{
	{
		path: "/cvupt", name: "Campusul Virtual UPT", short: "CVUPT", lang: "ro", domain: "cvupt.example",
		courses: []demoCourse{
			{Course: Course{ShortName: "ASD-2026", FullName: "Algoritmi și structuri de date", IDNumber: "UPT-ASD"}, gated: true},
			{Course: Course{ShortName: "BD-2026", FullName: "Baze de date", IDNumber: "UPT-BD"}, learners: 126, gated: true, asks: "cod-de-onoare,inregistrari"},
			{Course: Course{ShortName: "TM-2026", FullName: "Tehnologii multimedia", IDNumber: "UPT-TM"}},
			{Course: Course{ShortName: "PR-2026", FullName: "Proiectarea rețelelor", IDNumber: "UPT-PR"}},
		},
		activity: "Politici și acorduri", intro: "Citiți politicile universității și răspundeți la ele.",
		gated: "Tema 1: sortări", gatedText: "Tema se deschide după ce ați răspuns la politicile cursului.",
		people: romanian, learners: 260, visitors: []nation{serbian, bulgarian, serbianLatin},
	},
	{
		path: "/unicampus", name: "UniCampus", short: "UniCampus", lang: "ro", domain: "unicampus.example",
		courses: []demoCourse{
			{Course: Course{ShortName: "CD-01", FullName: "Competențe digitale pentru educație", IDNumber: "UC-CD"}, gated: true},
			{Course: Course{ShortName: "IA-01", FullName: "Inteligența artificială în sala de curs", IDNumber: "UC-IA"}},
			{Course: Course{ShortName: "RED-01", FullName: "Resurse educaționale deschise", IDNumber: "UC-RED"}},
		},
		activity: "Politicile platformei", intro: "Înainte de a începe, citiți politicile UniCampus.",
		gated: "Modulul 1", gatedText: "Bun venit la primul modul.",
		people: romanian, learners: 140, visitors: []nation{bulgarian, lithuanian},
	},
	{
		path: "/open-ktu", name: "open.ktu.edu", short: "open.ktu.edu", lang: "lt", domain: "open-ktu.example",
		courses: []demoCourse{
			{Course: Course{ShortName: "PP", FullName: "Programavimo pagrindai", IDNumber: "KTU-PP"}, gated: true},
			{Course: Course{ShortName: "DA", FullName: "Duomenų analizė", IDNumber: "KTU-DA"}},
			{Course: Course{ShortName: "SR", FullName: "Skaitmeninis raštingumas", IDNumber: "KTU-SR"}, crowd: 5000},
		},
		activity: "Taisyklės ir sutikimai", intro: "Perskaitykite platformos taisykles ir į jas atsakykite.",
		gated: "1 tema. Įvadas", gatedText: "Tema atsiveria, kai atsakote į kurso taisykles.",
		people: lithuanian, learners: 120, visitors: []nation{romanian, bulgarian, serbian},
	},
}

var romanian = nation{
	lang: "ro", country: "RO",
	women: []string{"Ana", "Maria", "Ioana", "Elena", "Andreea", "Alexandra", "Cristina", "Mihaela", "Raluca", "Bianca",
		"Denisa", "Larisa", "Roxana", "Ștefania", "Teodora", "Ilinca", "Simina", "Lăcrămioara", "Corina", "Daria"},
	men: []string{"Andrei", "Alexandru", "Mihai", "Ștefan", "Ionuț", "Cristian", "Bogdan", "Răzvan", "Vlad", "Florin",
		"Sorin", "Dragoș", "Cătălin", "Radu", "Tudor", "Gheorghe", "Sebastian", "Ovidiu", "Lucian", "Darius"},
	families: []string{"Popescu", "Ionescu", "Popa", "Țăran", "Munteanu", "Rusu", "Șerban", "Dumitrescu", "Crișan", "Mureșan",
		"Pîrvu", "Stănescu", "Bălan", "Câmpean", "Dobre", "Enache", "Făgădar", "Georgescu", "Hațegan", "Iordache",
		"Lăzărescu", "Moldovan", "Nistor", "Olaru", "Păun", "Rădulescu", "Sârbu", "Toma", "Ungureanu", "Vlădescu"},
}

var lithuanian = nation{
	lang: "lt", country: "LT",
	women: []string{"Žydrūnė", "Eglė", "Rasa", "Ieva", "Agnė", "Gintarė", "Ugnė", "Austėja", "Rūta", "Živilė", "Kotryna", "Miglė",
		"Emilija", "Viltė", "Dovilė"},
	men: []string{"Jonas", "Lukas", "Mantas", "Tomas", "Paulius", "Žygimantas", "Karolis", "Domantas", "Rokas", "Šarūnas", "Ąžuolas",
		"Gediminas", "Vytautas", "Kęstutis", "Algirdas"},
	families: []string{"Kazlauskas", "Jankauskas", "Petrauskas", "Stankevičius", "Žukauskas", "Butkus", "Paulauskas", "Urbonas",
		"Šimkus", "Čepas", "Grigas", "Būdvytis", "Mačiulis", "Ąžuolaitis", "Sakalas"},
	womenFamilies: []string{"Kazlauskienė", "Jankauskaitė", "Petrauskaitė", "Stankevičiūtė", "Žukauskaitė", "Butkutė", "Paulauskienė",
		"Urbonaitė", "Šimkutė", "Čepaitė", "Grigaitė", "Būdvytytė", "Mačiulytė", "Sakalauskaitė", "Ąžuolaitytė"},
}

var bulgarian = nation{
	lang: "bg", country: "BG",
	women:         []string{"Мария", "Елена", "Десислава", "Гергана", "Ивана", "Цветелина"},
	men:           []string{"Георги", "Иван", "Димитър", "Николай", "Стоян", "Любомир"},
	families:      []string{"Щерев", "Иванов", "Петров", "Димитров", "Стоянов", "Йорданов"},
	womenFamilies: []string{"Щерева", "Иванова", "Петрова", "Димитрова", "Стоянова", "Йорданова"},
}

var serbian = nation{
	lang: "sr_cr", country: "RS",
	women:    []string{"Јелена", "Милица", "Љубица", "Драгана", "Наташа"},
	men:      []string{"Никола", "Марко", "Ђорђе", "Милош", "Стефан"},
	families: []string{"Јовановић", "Петровић", "Николић", "Ђорђевић", "Његош", "Живковић"},
}

var serbianLatin = nation{
	lang: "sr_lt", country: "RS",
	women:    []string{"Jelena", "Milica", "Ljubica", "Đurđica", "Nataša"},
	men:      []string{"Nikola", "Marko", "Đorđe", "Miloš", "Dušan"},
	families: []string{"Jovanović", "Petrović", "Nikolić", "Đorđević", "Živković", "Šćepanović"},
}
