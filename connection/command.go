package connection

import "regexp"

// What the operator runs where a page, the check or a line of the log says what helps.
const (
	activateCommand   = "ltipolicy platform activate "
	moveCommand       = "ltipolicy platform move "
	deploymentCommand = "ltipolicy platform deployment "
	scoresCommand     = "ltipolicy score list -platform "
)

// Activate is the command that lets a platform in.
func Activate(platformID string) string { return activateCommand + platformID }

// Move is the command that takes a platform to another address.
func Move(platformID, issuer string) string {
	return moveCommand + word(platformID) + " " + word(issuer)
}

// Deployment is the command that lets a platform launch from one more deployment.
func Deployment(platformID, deployment string) string {
	return deploymentCommand + word(platformID) + " " + word(deployment)
}

// Scores is the command that lists the scores which a platform does not have.
func Scores(platformID string) string { return scoresCommand + platformID }

// harmless is what every shell takes for one word as it stands.
var harmless = regexp.MustCompile(`^[A-Za-z0-9._:/~-]+$`)

// word is what came from outside as a word of a command that somebody will paste, or a place for it.
func word(s string) string {
	if len(s) > 255 || s[:min(1, len(s))] == "-" || !harmless.MatchString(s) {
		return "…"
	}
	return s
}
