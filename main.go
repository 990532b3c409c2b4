// Command ltipolicy is a tool that Moodle sites open over LTI 1.3: it shows people the policies they have
// not accepted yet and records each answer so that it can be proved later.
//
// Run "ltipolicy -help" for the commands. docs/ is for those who run it.
package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"time"
)

// world is what a command may touch. Tests give their own.
type world struct {
	stdout, stderr io.Writer
	getenv         func(string) string
	stdin          io.Reader
	terminal       bool     // stdin is a person
	places         []string // where a file of settings is looked for that nobody named
	now            func() time.Time
	rand           io.Reader
}

// command is one of the program's commands. Its name may have two words.
type command struct {
	name  string
	args  string // what follows the flags, for the help text
	about string
	run   func(ctx context.Context, w world, args []string) error
}

func commands() []command {
	return []command{
		{"demo", "", "the whole product on this machine, with nothing to install", demonstrate},
		{"init", "", "set up a new tool: database, key file and ltipolicy.toml; again it goes on where it was", initialise},
		{"serve", "", "the tool", serve},
		{"config", "", "print the settings in force, and where each comes from", showConfig},
		{"migrate", "", "bring the database's schema up to date", migrate},
		{"platform invite", "", "make a single-use registration address for a Moodle site", platformInvite},
		{"platform add", "", "register a Moodle site by hand", platformAdd},
		{"platform door", "ID", "say where a Moodle site's login plugin is, or that there is none", platformDoor},
		{"platform deployment", "ID DEPLOYMENT", "let a registered Moodle site launch from one more deployment", platformDeployment},
		{"platform list", "", "list the registered Moodle sites", platformList},
		{"platform show", "ID", "show one registered Moodle site", platformShow},
		{"platform check", "ID", "look at the connection with a registered Moodle site, both ways: causes and steps", platformCheck},
		{"platform move", "ID ADDRESS", "take a registered Moodle site to another address, with its people and answers", platformMove},
		{"platform rename", "ID NAME", "give a registered Moodle site the name that people know", platformRename},
		{"platform activate", "ID", "let a registered Moodle site launch", platformActivate},
		{"platform disable", "ID", "refuse a Moodle site's launches", platformDisable},
		{"policy load", "DIR", "create or update an institution's policies from files", policyLoad},
		{"policy save", "DIR", "write an institution's active policies as files", policySave},
		{"moodle import", "", "take over policies and acceptances from a Moodle's tool_policy", moodleImport},
		{"moodle export", "", "write policies and acceptances as SQL for Moodle's tool_policy", moodleExport},
		{"person erase", "", "take a person away for good, and leave their answers without a name", personErase},
		{"session end", "", "end the visits of a person, of a Moodle site, or of everybody, at once", sessionEnd},
		{"score list", "", "list the scores that a Moodle site refuses or did not take yet", scoreList},
		{"score retry", "", "send these scores again, after what was wrong was mended", scoreRetry},
		{"key rotate", "", "make the next signing key current and a new one next; also session and evidence keys", keyRotate},
		{"key reseal", "", "seal everything under the first key of the key file, so that the others can go", keyReseal},
		{"key revoke", "", "after a leak: make every key void, and end all visits", keyRevoke},
		{"evidence checkpoint", "", "print the log's signed checkpoint, to be kept outside the database", evidenceCheckpoint},
		{"evidence rebuild", "", "make the table of answers that mirrors Moodle's what the events say again", evidenceRebuild},
		{"evidence verify", "", "re-compute the evidence log and say the first break", evidenceVerify},
		{"evidence witness", "", "keep a checkpoint of a log, and see that the log only grows; needs no database", evidenceWitness},
		{"version", "", "print which release or commit this program is", printVersion},
		{"receipt verify", "FILE", "verify a receipt; needs no database and no network", receiptVerify},
	}
}

// Exit statuses are part of the program's interface.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// usageError says that the command line or the environment is wrong.
type usageError struct{ text string }

func (e usageError) Error() string { return e.text }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	stdin, err := os.Stdin.Stat()
	code := execute(ctx, world{
		stdin: os.Stdin, terminal: err == nil && stdin.Mode()&os.ModeCharDevice != 0,
		stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv,
		places: []string{"ltipolicy.toml", "/etc/ltipolicy/ltipolicy.toml"}, now: time.Now, rand: rand.Reader,
	}, os.Args[1:])
	stop()
	os.Exit(code)
}

// execute finds the command and turns its error into an exit status.
func execute(ctx context.Context, w world, args []string) int {
	if len(args) == 0 {
		help(w.stderr)
		return exitUsage
	}
	switch args[0] {
	case "-help", "--help", "-h", "help":
		help(w.stdout)
		return exitOK
	}
	for _, c := range commands() {
		words := strings.Fields(c.name)
		if len(args) < len(words) || strings.Join(args[:len(words)], " ") != c.name {
			continue
		}
		err := c.run(ctx, w, args[len(words):])
		switch usage := (usageError{}); {
		case err == nil || errors.Is(err, flag.ErrHelp):
			return exitOK
		case errors.As(err, &usage):
			fmt.Fprintf(w.stderr, "ltipolicy %s: %s\nRun \"ltipolicy %s -help\" for its flags.\n", c.name, usage.text, c.name)
			return exitUsage
		default:
			fmt.Fprintf(w.stderr, "ltipolicy %s: %v\n", c.name, err)
			return exitFailed
		}
	}
	fmt.Fprintf(w.stderr, "ltipolicy: unknown command %q\n", strings.Join(args, " "))
	help(w.stderr)
	return exitUsage
}

// printVersion prints what the Go command wrote into the program when it made it of a commit.
func printVersion(_ context.Context, w world, args []string) error {
	if err := newFlags(w, "version", "").parse(args); err != nil {
		return err
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return errors.New("this program was made without a version in it")
	}
	_, err := fmt.Fprintf(w.stdout, "ltipolicy %s %s %s/%s\n", cmp.Or(info.Main.Version, "(devel)"), info.GoVersion, runtime.GOOS, runtime.GOARCH)
	return err
}

func help(w io.Writer) {
	fmt.Fprint(w, "Usage: ltipolicy COMMAND [flags] [arguments]\n\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-30s %s\n", strings.TrimSpace(c.name+" "+c.args), c.about)
	}
	fmt.Fprint(w, "\nEvery flag can also be given as LTIPOLICY_<FLAG>, in capitals with underscores, and what \"ltipolicy config\" lists\n"+
		"also in ltipolicy.toml: a flag wins over the environment, and that over the file.\n"+
		"\"ltipolicy COMMAND -help\" lists the flags of a command.\n")
}
