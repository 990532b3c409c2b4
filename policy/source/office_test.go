package source_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ltipolicy/policy/source"
)

var update = flag.Bool("update", false, "write what is made of the office documents instead of comparing with it")

// TestOfficeDocuments takes over what office programs write. Beside each document lies what is made of it, and
// below a line the findings with how often each.
func TestOfficeDocuments(t *testing.T) {
	files, err := filepath.Glob("testdata/office/*.html")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			src, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			taken, err := source.ImportHTML(string(src))
			if err != nil {
				t.Fatal(err)
			}
			got, found := clean(t, taken)
			again, more := clean(t, got)
			if again != got || len(more) > 0 {
				t.Errorf("sanitised again: %s\n%v", again, more)
			}
			var b strings.Builder
			b.WriteString(got + "\n---\n")
			for _, f := range found {
				b.WriteString(fmt.Sprintln(f.Code, f.Count, f.Detail))
			}
			golden := strings.TrimSuffix(name, "html") + "want"
			if *update {
				if err := os.WriteFile(golden, []byte(b.String()), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if b.String() != string(want) {
				t.Errorf("got\n%s\nwant\n%s", b.String(), want)
			}
		})
	}
}

func TestStylesSayWhatElementsSay(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"bold that a style takes away":       {`<b style="font-weight:normal"><p>a <span style="font-weight:700">b</span> c</p></b>`, `<p>a <strong>b</strong> c</p>`},
		"bold around plain words":            {`<p><strong>a <span style="font-weight:400">b</span> c</strong></p>`, `<p><strong>a </strong>b<strong> c</strong></p>`},
		"upright within both":                {`<div style="font-weight:bold"><p style="font-style:italic"><span style="font-style:normal">a</span> b</p></div>`, `<div><p><strong>a<em> b</em></strong></p></div>`},
		"headings are bold anyway":           {`<h2><span style="font-weight:bold">a</span></h2>`, `<h2 id="s-a0c2ba38">a</h2>`},
		"bold paragraphs with a list":        {`<div style="font-weight:bold"><p>a <a href="mailto:a@b.example">b</a></p><ul><li>c</li></ul></div>`, `<div><p><strong>a <a href="mailto:a@b.example">b</a></strong></p><ul><li><strong>c</strong></li></ul></div>`},
		"links stay underlined by nature":    {`<a href="mailto:a@b.example" style="text-decoration:underline">b</a>`, `<a href="mailto:a@b.example">b</a>`},
		"struck by the longer property":      {`<span style="text-decoration-line:line-through;text-decoration-color:red">a</span>`, `<s>a</s>`},
		"struck twice":                       {`<s style="text-decoration:line-through">a</s>`, `<s>a</s>`},
		"both lines":                         {`<span style="text-decoration:underline line-through">a</span>`, `<u><s>a</s></u>`},
		"raised and lowered":                 {`10<span style="vertical-align:super">3</span> H<span style="vertical-align:sub">2</span>O`, `10<sup>3</sup> H<sub>2</sub>O`},
		"cells are aligned, not raised":      {`<table><tr><td style="vertical-align:super">a</td></tr></table>`, `<table><tbody><tr><td>a</td></tr></tbody></table>`},
		"letters in brackets stay the list":  {`<ol style="list-style-type:lower-alpha"><li>a</li></ol>`, `<ol type="a"><li>a</li></ol>`},
		"the list's kind in its items":       {`<ol><li style="list-style-type:upper-roman">a</li></ol>`, `<ol type="I"><li>a</li></ol>`},
		"a list of marks without marks":      {`<ol style="list-style:none"><li>a</li></ol>`, `<ul class="literal"><li>a</li></ul>`},
		"leading zeros":                      {`<ol style="list-style-type:decimal-leading-zero"><li><p>a</p></li></ol>`, `<ul class="literal"><li><p>01. a</p></li></ul>`},
		"numbers that count down":            {`<ol reversed><li>a</li><li>b</li></ol>`, `<ol><li value="2">a</li><li value="1">b</li></ol>`},
		"bullets by a style":                 {`<ol style="list-style-type:disc"><li>a</li></ol>`, `<ul><li>a</li></ul>`},
		"lists in lists without an item":     {`<ol><li>a</li><ol type="a"><li>b</li></ol></ol>`, `<ol><li>a<ol type="a"><li>b</li></ol></li></ol>`},
		"links through another page":         {`<a href="https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fexample.org%2Fa&amp;data=1">a</a>`, `<a href="https://example.org/a" rel="noreferrer noopener" target="_blank">a</a>`},
		"line breaks that a style keeps":     {"<p style=\"white-space:pre-line\">We do not\nsell <b>it\never</b></p>", `<p>We do not<br/>sell <b>it<br/>ever</b></p>`},
		"a legend":                           {`<fieldset><legend>Choices</legend><label>I agree</label></fieldset>`, `<div><div>Choices</div>I agree</div>`},
		"what browsers do not show":          {`<p>a <progress>60%</progress><meter>m</meter></p>`, `<p>a </p>`},
		"letters of fonts that show signs":   {`<p>a <span style='font-family:Wingdings;mso-char-type:symbol'>à</span> b <span style='font-family:Symbol;mso-char-type:symbol'>b</span> <span style="font-family:Symbol">c</span></p>`, `<p>a → b β c</p>`},
		"new words":                          {`<p>a <ins>b</ins></p>`, `<p>a <u>b</u></p>`},
		"a sheet's selectors":                {`<style>/* x */ p.a, #b {font-style:italic} p > i {display:none} i.c{font-style:normal}</style><p class="a">a</p><p id="b"><i class="c">b</i>c</p>`, `<p><em>a</em></p><p><em>c</em></p>`},
		"selectors that lead through others": {`<style>div.x .no, html p > b.no {text-decoration:line-through} p:first-child{font-weight:bold} P.UP{font-style:italic} p .no:hover{display:none}</style><div class="x"><p>We do <span class="no">not</span></p><p class="up">sell <b class="no">it</b></p></div>`, `<div><p><strong>We do <s>not</s></strong></p><p>sell <b><s>it</s></b></p></div>`},
		"the stronger selector":              {`<style>p.a{font-weight:bold} #b{font-weight:normal} p{font-weight:normal}</style><p class="a">a</p><p class="a" id="b">b</p>`, `<p><strong>a</strong></p><p>b</p>`},
		"fields that are ticked":             {`<p><input type="checkbox" checked> a <input type="checkbox"> b <input type="radio" checked> c <input type="radio"> d</p>`, `<p>☑ a ☐ b ◉ c ○ d</p>`},
		"struck by the span around":          {`<span style="text-decoration:line-through"><del>a</del></span>`, `<s>a</s>`},
		"underlined for a link within":       {`<span style="text-decoration:underline"><span><a href="mailto:a@b.example">b</a></span></span>`, `<a href="mailto:a@b.example">b</a>`},
		"a mark of Word over two lines":      {"<p style='mso-list:l0 level1 lfo1'><![if\n!supportLists]><span lang=EN>(a) </span><![endif]>b</p>", `<ul class="literal"><li>(a) b</li></ul>`},
		"a paragraph of Word with nothing":   {`<p>a</p><p class=MsoNormal><span lang=EN><o:p>&nbsp;</o:p></span></p>`, `<p>a</p>`},
		"lists of Word for the web":          {webItem("ol", "lower-alpha", "(%1)", 1, 1, "a") + webItem("ol", "lower-alpha", "(%1)", 2, 1, "b") + webItem("ul", "disc", "", 1, 2, "c") + `<p>d</p>` + webItem("ol", "decimal", "%1.", 3, 1, "e"), `<ul class="literal"><li>(a) a</li><li>(b) b<ul><li>c</li></ul></li></ul><p>d</p><ol start="3"><li>e</li></ol>`},
		"headings of Word for the web":       {`<p role="heading" aria-level="1">a</p><p role="heading" aria-level="2">b</p>`, `<h2 id="s-a0c2ba38">a</h2><h3 id="s-0605541e">b</h3>`},
		"cells that head a column":           {`<table><tr><td role="columnheader">a</td></tr></table>`, `<table><tbody><tr><th scope="col">a</th></tr></tbody></table>`},
		"a text box of Word":                 {`<p></p><table><tr><td><span><table><tr><td><div v:shape="x" class=shape><p>a</p></div></td></tr></table></span></td></tr></table><b>c</b> d<p></p>`, `<div><p>a</p></div><p><b>c</b> d</p>`},
		"numbers in boxes of their own":      {`<ol style="list-style:none"><li><span style="display:block;float:left">1.</span>a</li></ol>`, `<ul class="literal"><li>1. a</li></ul>`},
		"numbers in boxes within a place":    {`<ol style="list-style:none"><li><a id="x"><span style="display:block;float:left">1.</span></a><a>a</a></li></ol>`, `<ul class="literal"><li>1. a</li></ul>`},
		"bullets in boxes":                   {"<ol style=\"list-style:none\"><li><p><span style=\"display:block;float:left\">\uf0d8</span>a</p></li><li><p><span style=\"display:block;float:left\">\uf0d8</span>b</p></li></ol>", `<ul><li><p> a</p></li><li><p> b</p></li></ul>`},
		"signs of Wingdings":                 {`<p>a <span style='font-family:Wingdings'>à</span> b, <span style='font-family:"Wingdings",serif'><span>þ</span></span> à c</p>`, `<p>a → b, ☑ à c</p>`},
		"items that say their own mark":      {`<ol style='list-style-type:"(a) "'><li style='list-style-type:"A) "'><div>a</div></li><li style='list-style-type:"B) "'>b</li></ol>`, `<ul class="literal"><li><div>A) a</div></li><li>B) b</li></ul>`},
		"notes whose number has a margin":    {`<p>a<a name="sdfootnote1anc" href="#sdfootnote1sym">1</a></p><div id="sdfootnote1"><p><a name="sdfootnote1sym" href="#sdfootnote1anc">1</a>b</p></div>`, `<p>a<a href="#fn-1" id="fnref-1">1</a></p><ul class="footnotes"><li id="fn-1"><a href="#fnref-1">1</a> b</li></ul>`},
		"a note of two paragraphs":           {`<p>a<a href="#ftnt1" id="ftnt_ref1">[1]</a></p><hr><div><p><a href="#ftnt_ref1" id="ftnt1">[1]</a> b</p><p>c</p></div>`, `<p>a<a href="#fn-1" id="fnref-1">[1]</a></p><ul class="footnotes"><li id="fn-1"><p><a href="#fnref-1">[1]</a> b</p><p>c</p></li></ul>`},
		"places are no links":                {`<p><a name="x"><span style="text-decoration:underline">a</span></a></p>`, `<p><u>a</u></p>`},
		"a break behind what was copied":     {`<p>a</p><br class="Apple-interchange-newline">`, `<p>a</p>`},
		"a level with marks of its own":      {`<ol class="lst-kix_a-0 start"><li>a</li></ol><ul class="lst-kix_b-1 start"><li>b</li></ul><p>c</p>`, `<ol><li>a<ul><li>b</li></ul></li></ol><p>c</p>`},
		"a head of two rows":                 {`<table><thead><tr><td rowspan=2>a</td><td colspan=2>b</td></tr></thead><tbody><tr><td>c</td><td>d</td></tr><tr><td>e</td><td>f</td><td>g</td></tr></tbody></table>`, `<table><thead><tr><th rowspan="2" scope="col">a</th><th colspan="2" scope="col">b</th></tr><tr><th scope="col">c</th><th scope="col">d</th></tr></thead><tbody><tr><td>e</td><td>f</td><td>g</td></tr></tbody></table>`},
	} {
		t.Run(name, func(t *testing.T) {
			if got, _ := clean(t, c.in); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// webItem is an item as Word for the web writes it.
func webItem(list, kind, pattern string, number, level int, text string) string {
	return fmt.Sprintf(`<div class="ListContainerWrapper"><%s start="%d" style="list-style-type:%s"><li data-leveltext="%s" data-listid="1" data-aria-level="%d">%s</li></%[1]s></div>`,
		list, number, kind, pattern, level, text)
}

func TestHiddenWordsAreReported(t *testing.T) {
	for name, in := range map[string]string{
		"display":        `<p style="display: none">secret words</p>`,
		"important":      `<p style="DISPLAY:NONE !important">secret words</p>`,
		"attribute":      `<p hidden>secret words</p>`,
		"visibility":     `<p style="visibility:hidden"><b>secret words</b></p>`,
		"no size":        `<p><span style="font-size:0pt">secret words</span></p>`,
		"opacity":        `<p style="opacity:0.0">secret words</p>`,
		"Word":           `<p><span style='mso-hide:all'>secret words</span></p>`,
		"no colour":      `<p><span style="color:transparent">secret words</span></p>`,
		"LibreOffice":    `<p>a<span title="annotation" class="annotation_style_by_filter"><br/>[ANNOTATION: secret words]</span></p>`,
		"off the page":   `<p style="position:absolute;left:-9999px">secret words</p>`,
		"no height":      `<div style="height:0;overflow:hidden">secret words</div>`,
		"stronger":       `<p style="display:none !important; display:block">secret words</p>`,
		"stronger sheet": `<style>.h{display:none!important} #h{display:block}</style><p class="h" id="h">secret words</p>`,
		"with a comment": `<p style="display:/* x */none">secret words</p>`,
		"template":       `<template>secret words</template>`,
		"noscript":       `<noscript><p>secret words</p></noscript>`,
		"through others": `<style>div.x p.h{display:none}</style><div class="x"><p class="h">secret words</p></div>`,
		"closed":         `<dialog>secret words</dialog>`,
		"Google":         `<p>a<sup><a href="#cmnt1" id="cmnt_ref1">[a]</a></sup></p><div><p><a href="#cmnt_ref1" id="cmnt1">[a]</a><span>secret words</span></p></div>`,
	} {
		t.Run(name, func(t *testing.T) {
			got, found := clean(t, "<p>seen</p>"+in)
			if strings.Contains(got, "secret") || !strings.Contains(got, "<p>seen</p>") {
				t.Error(got)
			}
			if !has(found, source.FoundHidden, "secret words") {
				t.Error(found)
			}
		})
	}
	if got, found := clean(t, `<p>a<!-- Ask the lawyer. --> b<!--StartFragment--></p><p><sdfield type=PAGE>7</sdfield></p>`); got != "<p>a b</p><p>7</p>" ||
		len(found) != 2 || !has(found, source.FoundComment, "Ask the lawyer.") || !has(found, source.FoundPage, "7") {
		t.Errorf("a comment and the number of a page: %s %v", got, found)
	}
	long := strings.Repeat("word ", 100)
	var said strings.Builder
	_, found := clean(t, "<p>seen</p><p hidden>"+long+"1 "+long+"2</p>")
	for _, f := range found {
		if f.Code == source.FoundHidden {
			said.WriteString(strings.Repeat(f.Detail+" ", f.Count))
		}
	}
	if strings.Count(said.String(), "word") != 200 {
		t.Errorf("not all that was hidden is reported: %v", found)
	}
	got, found := clean(t, `<p style="font-size:0">a<span style="font-size:12px">b</span></p><p style="visibility:hidden">c<span style="visibility:visible">d</span></p><p style="background:#000;color:white">e</p>`)
	if got != `<p>b</p><p>d</p><p>e</p>` || has(found, source.FoundWhite, "") {
		t.Errorf("what is seen within: %s %v", got, found)
	}
}
