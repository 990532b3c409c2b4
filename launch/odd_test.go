package launch_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ltipolicy/launch/launchtest"
	"ltipolicy/lti/ltitest"
	"ltipolicy/policy"
	"ltipolicy/store/storetest"
)

// odd are texts that nobody writes in good faith, by what is odd about them. Databases differ in which they refuse.
var odd = map[string]string{
	"1,900 characters": strings.Repeat("x", 1900),
	"3,000 characters": strings.Repeat("x", 3000),
	"20,000 bytes":     strings.Repeat("ж", 10_000),
	"300 emoji":        strings.Repeat("🦊", 300),
	"an emoji":         "🦊",
	"NUL":              "a\x00b",
	"broken UTF-8":     "a\xff\xfeb",
	"half a pair":      "a\xed\xa0\xbdb",
	"line ends":        "a\r\nb",
	"direction":        "a\u202eb",
	"a combining mark": "\u0301",
	"no text":          "",
	"a quote":          `a'"\`,
	"escapes":          "%00%zz%2F",
}

// fine fails if a request ended in an error that is the tool's own.
func (s *site) fine(v *view, what string) *view {
	s.t.Helper()
	if v.Status >= 500 {
		s.t.Errorf("%s: status %d, %s\n%.600s", what, v.Status, v.ErrorCode(), s.log.String())
	}
	return v
}

// TestOddInputsOfALogin: no parameter of a login, whatever it holds, ends in an error of the tool.
func TestOddInputsOfALogin(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		s := newSite(t, setup{dsn: dsn})
		s.must(s.db.SetDoor(t.Context(), s.platform.ID, moodleOrigin+gatePath+"?step=auth"))
		for _, address := range []string{"/lti/login", "/lti/login/" + s.platform.ID, "/lti/login/" + s.platform.ID + "/door"} {
			for _, name := range []string{"iss", "client_id", "login_hint", "target_link_uri", "lti_message_hint", "lti_deployment_id", "lti_storage_target"} {
				for kind, value := range odd {
					for _, before := range []string{"", s.initiation(s.platform).Get(name)} {
						s.log.forget()
						login := s.initiation(s.platform)
						login.Set("lti_storage_target", "_parent")
						login.Set(name, before+value)
						what := address + " " + name + ": " + before + kind
						s.fine(s.post(s.framed(), address, login), what)
						s.fine(s.get(s.browser(), address+"?"+login.Encode()), what)
					}
				}
			}
		}
		// The platform's answer.
		for _, name := range []string{"state", "id_token", "error", "error_description"} {
			for kind, value := range odd {
				b := s.browser()
				target := s.target(b, s.learner.ID, s.window)
				form := target.Form(target.Token())
				if name == "error" || name == "error_description" {
					form.Set("error", "access_denied")
					form.Del("id_token")
				}
				form.Set(name, value)
				s.log.forget()
				s.fine(s.post(b, "/lti/launch", form), name+": "+kind)
				s.fine(s.get(b, "/lti/launch?"+form.Encode()), name+": "+kind)
			}
		}
	})
}

// places are the ways to every text in a claim.
func places(v any, way ...string) [][]string {
	var all [][]string
	switch v := v.(type) {
	case string:
		return [][]string{slices.Clone(way)}
	case []any:
		for i := range v {
			all = append(all, places(v[i], append(way, strconv.Itoa(i))...)...)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			all = append(all, places(v[name], append(way, name)...)...)
		}
	}
	return all
}

// put puts a text in a place.
func put(v any, way []string, text string) {
	switch v := v.(type) {
	case []any:
		i, _ := strconv.Atoi(way[0])
		if len(way) == 1 {
			v[i] = text
			return
		}
		put(v[i], way[1:], text)
	case map[string]any:
		if len(way) == 1 {
			v[way[0]] = text
			return
		}
		put(v[way[0]], way[1:], text)
	}
}

// TestOddClaims: no text of a launch, whatever it holds, ends in an error of the tool: neither the launch nor the page
// that it leads to.
func TestOddClaims(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		s := asking(t, setup{dsn: dsn})
		launches := map[string]func(b browser, x ltitest.Person) ltitest.Target{
			"an activity": func(b browser, x ltitest.Person) ltitest.Target { return s.target(b, x.ID, s.embedded) },
			"a choice of content": func(b browser, x ltitest.Person) ltitest.Target {
				state, nonce := s.attempt(b, s.platform)
				target, err := s.moodle.Target(ltitest.Launch{PersonID: x.ID, TypeID: s.tool.TypeID, CourseID: s.course.ID, Nonce: nonce}, state)
				s.must(err)
				return target
			},
		}
		seen := 0
		for kind, launch := range launches {
			person := s.learner
			if kind != "an activity" {
				person = s.teacher
			}
			var claims map[string]any
			doc, err := json.Marshal(launch(s.browser(), person).Claims())
			s.must(err)
			s.must(json.Unmarshal(doc, &claims))
			claims[ltitest.ClaimCustom].(map[string]any)["ltipolicy_groups"] = "1"
			for _, way := range places(claims) {
				for what, value := range odd {
					b := s.browser()
					target := launch(b, person)
					s.log.forget()
					landed := s.fine(s.post(b, "/lti/launch", target.Form(target.Token(func(c, _ map[string]any) {
						doc, err := json.Marshal(c)
						s.must(err)
						var mine map[string]any
						s.must(json.Unmarshal(doc, &mine))
						text := value
						if was := textAt(mine, way); strings.Contains(was, "://") {
							text = was + value // another address is refused before anything else
						}
						put(mine, way, text)
						maps.Copy(c, mine)
					}))), kind+": "+strings.Join(way, ".")+": "+what)
					seen++
					if to := landed.Location(); strings.HasPrefix(to, "/l/") {
						s.fine(s.get(b, to), "the page after "+kind+": "+strings.Join(way, ".")+": "+what)
					}
				}
			}
		}
		if seen < 500 {
			t.Errorf("only %d launches", seen)
		}
	})
}

func textAt(v any, way []string) string {
	for _, name := range way {
		switch in := v.(type) {
		case []any:
			i, _ := strconv.Atoi(name)
			if i >= len(in) {
				return ""
			}
			v = in[i]
		case map[string]any:
			v = in[name]
		}
	}
	text, _ := v.(string)
	return text
}

// TestOddInputsOfARegistration: neither what Moodle says in the address nor what stands in a platform's description
// ends in an error of the tool.
func TestOddInputsOfARegistration(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		s := newSite(t, setup{dsn: dsn})
		const origin = "https://new.example"
		m := s.newMoodle(origin)
		invited := s.invite("good")
		start, err := url.Parse(m.RegistrationURL(invited))
		s.must(err)
		ours := func(v *view, what string) *view {
			// 502 and 503 say that the platform did what it must not.
			if v.Status == http.StatusInternalServerError {
				s.fine(v, what)
			}
			return v
		}
		for name := range start.Query() {
			for kind, value := range odd {
				for _, before := range []string{"", start.Query().Get(name)} {
					q := start.Query()
					q.Set(name, before+value)
					s.log.forget()
					ours(s.get(s.browser(), "/lti/register?"+q.Encode()), name+": "+kind)
				}
			}
		}
		for kind, value := range odd {
			s.fine(s.post(s.browser(), "/lti/register", url.Values{"token": {value}}), "token: "+kind)
			s.fine(s.get(s.browser(), "/lti/registered?"+url.Values{"token": {value}}.Encode()), "token: "+kind)
		}
		var doc map[string]any
		s.net.Connect(origin, document(t, m, func(d map[string]any) { doc = maps.Clone(d) }))
		s.get(s.browser(), start.String()).is(http.StatusOK, "")
		for _, way := range places(doc) {
			for kind, value := range odd {
				s.net.Connect(origin, document(t, m, func(d map[string]any) { put(d, way, textAt(d, way)+value) }))
				s.log.forget()
				b := s.browser()
				what := strings.Join(way, ".") + ": " + kind
				page := ours(s.get(b, start.String()), what)
				if page.Status == http.StatusOK && strings.Contains(string(page.Body), "<form") {
					ours(s.submit(b, page.form()), what+", confirmed")
				}
			}
		}
	})
}

// TestOddAddresses: whatever stands in a place of an address, there is a page.
func TestOddAddresses(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		s := newSite(t, setup{dsn: dsn})
		v := s.load("rules", draft(policy.Agree, english("House rules", "Be kind.")))
		b := s.browser()
		values := s.somewhere(s.lands(b, s.admin, s.window), v)
		for name := range values {
			for kind, text := range odd {
				strange := maps.Clone(values)
				if strange[name] = url.PathEscape(text); text == "" {
					continue
				}
				for _, r := range launchtest.Addresses(t, s.server.Routes(), strange, launchtest.Named(name)) {
					s.log.forget()
					s.fine(s.ask(b, r.Method, r.Path), r.Pattern+", "+name+": "+kind)
				}
			}
		}
	})
}
