package lti

import (
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
