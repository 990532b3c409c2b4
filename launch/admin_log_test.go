package launch_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"ltipolicy/store"
)

func TestLogIsReadPageByPage(t *testing.T) {
	s, b, l := answered(t)
	for i := range 250 {
		s.clock.pass(time.Second)
		s.must(s.db.LogAct(t.Context(), store.AdminEntry{
			InstitutionID: s.institution, Actor: []string{"Bogdan (7)", "=Cezar (8)"}[i%2], Action: "test.act", Object: fmt.Sprintf("object %03d", i), Detail: "x",
		}))
	}
	var seen []string
	page := s.get(b, l+"/admin/log").is(http.StatusOK, "")
	for {
		entries := texts(page.all("li", "class=entry"))
		if len(entries) > 100 || len(entries) == 0 {
			t.Fatalf("%d entries on a page", len(entries))
		}
		seen = append(seen, entries...)
		next := page.all("a", "rel=next")
		if len(next) == 0 {
			break
		}
		href, _ := attribute(next[0], "href")
		page = s.get(b, href).is(http.StatusOK, "").has("First page")
	}
	total := s.count(`SELECT COUNT(*) FROM admin_log WHERE institutionid = ?`, s.institution)
	slices.Sort(seen)
	if len(seen) != total || len(slices.Compact(seen)) < 250 {
		t.Errorf("%d entries of %d on all pages", len(seen), total)
	}

	f := s.get(b, l+"/admin/log").formTo("/admin/log")
	f.Values.Set("who", "=Cezar (8)")
	f.Values.Set("act", "test.act")
	here := f.Action + "?" + f.Values.Encode()
	cezar := s.get(b, here).is(http.StatusOK, "").has("object 249").lacks("object 248")
	rows := s.linked(b, cezar, "Plain table (CSV)").is(http.StatusOK, "").csv()
	if got := strings.Join(rows[0], "|"); got != "Time (UTC)|Who|What|Concerns|Details" {
		t.Errorf("heading %s", got)
	}
	if got := strings.Join(rows[1], "|"); len(rows) != 126 || got != "2026-09-01 08:04:10|'=Cezar (8)|test.act|object 249|x" {
		t.Errorf("%d rows, the first is %s", len(rows), got)
	}
	s.get(b, l+"/admin/log?who=Nobody").has("No entry fits.")
	s.get(b, l+"/admin/log?before=x&id=%00").is(http.StatusOK, "").has("object 249")
	s.get(b, l+"/admin/log?act=log.download").has("who=%3DCezar")
}
