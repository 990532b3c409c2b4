package evidence_test

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"ltipolicy/evidence"
)

// listed is the log's key as a list tells of it.
func (l *log) listed(change func(k *evidence.Key)) evidence.Keys {
	k := evidence.Key{Public: l.key, From: noon.Add(-time.Hour).Truncate(time.Second)}
	change(&k)
	return evidence.Keys{k}
}

// A list is read as it was written, and nothing else is.
func TestListOfKeys(t *testing.T) {
	l := newLog(t)
	at := time.Date(2026, 11, 22, 3, 4, 5, 0, time.UTC)
	for _, k := range []evidence.Key{
		{Public: l.key}, {Public: l.key, From: at}, {Public: l.key, From: at, Until: at.Add(time.Hour), Size: 12}, {Public: l.key, Until: at, Revoked: true},
	} {
		list := evidence.Keys{k, {Public: l.key, Until: at, Size: 3}}
		got, err := evidence.ParseKeys("\n" + list.String())
		if err != nil || got.String() != list.String() || len(got) != 2 || got[0] != k {
			t.Errorf("%s read as %s, %v", list, got, err)
		}
	}
	for _, bad := range []string{
		"", "\n", "x", l.key + " revoked", l.key + " until 2026-11-22T03:04:05Z", l.key + " from yesterday", l.key + " from 2026-11-22T03:04:05Z x",
		strings.Replace(l.key, evidence.Origin, "other", 1), l.key[:len(l.key)-4], l.key + " until 2026-11-22T03:04:05Z size 99999999999999999999",
	} {
		if got, err := evidence.ParseKeys(bad); err == nil {
			t.Errorf("%q read as %s", bad, got)
		}
	}
}

// What a key signed while it was the log's stays good for whoever has the list of today; a key that was revoked needs
// more than itself.
func TestReceiptsOfFormerKeys(t *testing.T) {
	l := newLog(t)
	for range 5 {
		l.answer(t)
	}
	file, checkpoint := l.receipt(t, 1), l.checkpoint(t)
	promised := l.statement(t, 1)
	promised.Log = nil
	promise, err := promised.File(l.signer)
	if err != nil {
		t.Fatal(err)
	}
	former := func(until time.Time, size int64) func(k *evidence.Key) {
		return func(k *evidence.Key) { k.Until, k.Size = until.Truncate(time.Second), size }
	}
	revoked := func(k *evidence.Key) { former(noon.Add(time.Hour), 5)(k); k.Revoked = true }
	for range 3 { // the log goes on
		l.answer(t)
	}
	proof, err := tlog.ProveTree(8, 5, l)
	if err != nil {
		t.Fatal(err)
	}
	update := evidence.Update{Old: 5, Proof: proof, Signed: l.at(t, 8)}
	another := newLog(t)
	for range 5 {
		another.answer(t)
	}
	for name, c := range map[string]struct {
		file []byte
		keys evidence.Keys
		kept []evidence.Update
		want string
	}{
		"rotated":                                {file, l.listed(former(noon.Add(time.Hour), 5)), nil, ""},
		"rotated, a promise":                     {promise, l.listed(former(noon.Add(time.Hour), 5)), nil, ""},
		"a longer log than it signed":            {file, l.listed(former(noon.Add(time.Hour), 4)), nil, "checkpoint"},
		"recorded when it signed no more":        {promise, l.listed(former(noon.Add(-time.Hour), 5)), nil, "signed no more"},
		"never in the list":                      {file, another.known(), nil, "another key"},
		"revoked":                                {file, l.listed(revoked), nil, "was revoked at 2026-11-22T13:00:00Z"},
		"revoked, how it can be believed":        {file, l.listed(revoked), nil, "a checkpoint of 5 entries"},
		"revoked, its checkpoint was kept":       {file, l.listed(revoked), []evidence.Update{{Signed: checkpoint}}, ""},
		"revoked, another checkpoint was kept":   {file, l.listed(revoked), []evidence.Update{{Signed: l.at(t, 3)}}, "was revoked"},
		"revoked, a promise":                     {promise, l.listed(revoked), []evidence.Update{{Signed: checkpoint}}, "ask for another one"},
		"revoked, the log of today continues it": {file, l.listed(func(k *evidence.Key) { former(noon.Add(time.Hour), 8)(k); k.Revoked = true }), []evidence.Update{update}, ""},
		"revoked, what is kept is another log's": {file, l.listed(revoked), []evidence.Update{{Signed: another.checkpoint(t)}}, "what was kept elsewhere"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := evidence.VerifyReceipt(c.file, c.keys, c.kept...)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
