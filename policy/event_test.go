package policy_test

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"reflect"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"ltipolicy/policy"
)

// vector is one of testdata/evidence/answers.json: an event with its people's secrets and its keys.
type vector struct {
	Name                       string
	SubjectSecret, ActorSecret string // hexadecimal
	SubjectKey, ActorKey       policy.EntryKey
	Event                      policy.Event
}

// The vectors keep the canonical encoding: evidence that was written must verify for ever, also by a stranger's program.
func TestAnswersAreEncodedAsWrittenDown(t *testing.T) {
	b, err := os.ReadFile("../testdata/evidence/answers.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(b, &vectors); err != nil || len(vectors) < 3 {
		t.Fatalf("%d vectors, %v", len(vectors), err)
	}
	for _, v := range vectors {
		e := v.Event
		subject, actor := policy.KeyOf(unhex(t, v.SubjectSecret), e.ID), policy.KeyOf(unhex(t, v.ActorSecret), e.ID)
		if subject != v.SubjectKey || actor != v.ActorKey {
			t.Errorf("%s: the keys are %x and %x", v.Name, subject, actor)
		}
		e.Commit(subject, actor)
		e.Hash = e.Sum()
		if d := gocmp.Diff(v.Event, e); d != "" {
			t.Errorf("%s:\n%s", v.Name, d)
		}
	}
}

// actVector is one of testdata/evidence/acts.json.
type actVector struct {
	Name     string
	ActorKey policy.EntryKey
	AboutKey *policy.EntryKey // nil: the act is about nobody
	Act      policy.Act
	Hash     string
}

func TestActsAreEncodedAsWrittenDown(t *testing.T) {
	b, err := os.ReadFile("../testdata/evidence/acts.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []actVector
	if err := json.Unmarshal(b, &vectors); err != nil || len(vectors) < 2 {
		t.Fatalf("%d vectors, %v", len(vectors), err)
	}
	for _, v := range vectors {
		a := v.Act
		a.Commit(v.ActorKey, v.AboutKey)
		if d := gocmp.Diff(v.Act, a); d != "" || a.Sum() != v.Hash {
			t.Errorf("%s: hash %s, want %s\n%s", v.Name, a.Sum(), v.Hash, d)
		}
		if a.Actor = ""; a.Sum() != v.Hash {
			t.Errorf("%s: without its actor it has another hash", v.Name)
		}
		if a.Object, a.Detail = "", ""; (a.Sum() == v.Hash) != (v.AboutKey != nil) {
			t.Errorf("%s: without object and detail it has hash %s", v.Name, a.Sum())
		}
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// unhashed are the fields that a commitment stands for, and the hash itself.
var unhashed = []string{"UserID", "Sub", "ActorID", "ActorSub", "Note", "LaunchID", "Presentation", "Hash"}

// Every field is hashed or committed to: whatever is added to an event, too.
func TestEveryFieldOfAnEventCounts(t *testing.T) {
	base := policy.Event{}.Sum()
	for i := range reflect.TypeFor[policy.Event]().NumField() {
		name := reflect.TypeFor[policy.Event]().Field(i).Name
		var e policy.Event
		f := reflect.ValueOf(&e).Elem().Field(i)
		switch f.Kind() {
		case reflect.String:
			f.SetString("x")
		case reflect.Int, reflect.Int64:
			f.SetInt(1)
		case reflect.Array:
			f.Index(0).SetUint(1)
		default:
			f.Set(reflect.ValueOf(noon))
		}
		hashed := true
		for _, u := range unhashed {
			hashed = hashed && u != name
		}
		if changes := e.Sum() != base; changes != hashed {
			t.Errorf("%s: hashed %v, want %v", name, changes, hashed)
		}
		committed := func(e policy.Event) policy.Event {
			e.Commit(policy.EntryKey{1}, policy.EntryKey{2})
			return e
		}
		if names := name != "UserID" && name != "ActorID" && name != "Hash"; !hashed && names && committed(e).Sum() == committed(policy.Event{}).Sum() {
			t.Errorf("nothing is committed to %s", name)
		}
	}
}
