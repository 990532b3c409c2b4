package lti

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
)

func TestDoorReturnStaysAtThePlugin(t *testing.T) {
	const auth = "https://moodle.example/sub/local/ltipolicy/gate.php?step=auth"
	for address, want := range map[string]bool{
		"https://moodle.example/sub/local/ltipolicy/gate.php?step=return":     true,
		"https://moodle.example:443/sub/local/ltipolicy/gate.php":             true,
		"https://moodle.example/local/ltipolicy/gate.php?step=return":         false,
		"http://moodle.example/sub/local/ltipolicy/gate.php?step=return":      false,
		"https://moodle.example:8443/sub/local/ltipolicy/gate.php":            false,
		"https://x@moodle.example/sub/local/ltipolicy/gate.php":               false,
		"https://moodle.example.evil.example/sub/local/ltipolicy/gate.php":    false,
		"//moodle.example/sub/local/ltipolicy/gate.php":                       false,
		"https://moodle.example/sub/local/ltipolicy/gate.php/x":               false,
		"https://moodle.example/sub/local/ltipolicy/gate.php%2f..%2fx?step=1": false,
		"": false, "%": false,
	} {
		if got := DoorReturn(auth, address); got != want {
			t.Errorf("%q: %v", address, got)
		}
	}
	if DoorReturn("", "") || DoorReturn("%", "%") {
		t.Error("nowhere is somewhere")
	}
}

func TestDoorEndpointKeepsTheRest(t *testing.T) {
	got, err := DoorEndpoint("https://moodle.example/local/ltipolicy/gate.php?a=1&step=auth", "notify")
	if err != nil || got != "https://moodle.example/local/ltipolicy/gate.php?a=1&step=notify" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestDoorMessagesNeedKeys(t *testing.T) {
	tool := New(Config{BaseURL: testBase})
	if _, err := tool.SignDoorNotice(t.Context(), Platform{}, DoorState{}); err == nil {
		t.Error("a notice without a key")
	}
	if _, err := tool.SignDoorAnswer(t.Context(), Platform{}, DoorAnswer{}); err == nil {
		t.Error("an answer without a key")
	}
}

// No list in a message to a platform is null where it is empty: PHP tells the two apart, and so does Moodle.
func TestListsInMessagesAreNeverNull(t *testing.T) {
	tool := New(Config{BaseURL: testBase, Keys: func(context.Context) (KeyRing, error) { return KeyRing{testKey("c", KeyCurrent)}, nil }})
	signed := func(token string, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
		if err != nil {
			t.Fatal(err)
		}
		return string(payload)
	}
	encoded := func(v any) string {
		t.Helper()
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	jwks, err := KeyRing{}.JWKS()
	if err != nil {
		t.Fatal(err)
	}
	for what, said := range map[string]string{
		"what is asked":         encoded(DoorState{}),
		"an answer":             signed(tool.SignDoorAnswer(t.Context(), Platform{}, DoorAnswer{})),
		"a notice":              signed(tool.SignDoorNotice(t.Context(), Platform{}, DoorState{})),
		"links that are chosen": signed(tool.DeepLinkResponse(t.Context(), Platform{}, "1", DeepLinking{}, nil)),
		"a registration":        encoded(tool.registration(PlatformConfiguration{}, Registration{})),
		"a score":               encoded(Score{}.json()),
		"keys":                  string(jwks),
	} {
		if strings.Contains(said, "null") {
			t.Errorf("%s: %s", what, said)
		}
	}
}
