package deploy

import (
	"maps"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/google/go-cmp/cmp"
)

// composition loads docker-compose.yml as Docker Compose does, with the
// settings of .env.example and nothing of this machine's environment.
func composition(t *testing.T) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{"../docker-compose.yml"},
		cli.WithName("ltipolicy"), cli.WithEnvFiles("../.env.example"), cli.WithDotEnv)
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return project
}

// replicas are the services that run `ltipolicy serve`.
func replicas(p *types.Project) []types.ServiceConfig {
	var found []types.ServiceConfig
	for _, name := range p.ServiceNames() {
		s := p.Services[name]
		if s.Build != nil && (len(s.Command) == 0 || s.Command[0] == "serve") {
			found = append(found, s)
		}
	}
	return found
}

func TestComposeDatabase(t *testing.T) {
	mysql := composition(t).Services["mysql"]
	if !strings.HasPrefix(mysql.Image, "mysql:9.7.") {
		t.Errorf("image %q, want mysql:9.7", mysql.Image)
	}
	if mysql.HealthCheck == nil || len(mysql.HealthCheck.Test) == 0 {
		t.Error("MySQL has no health check, nothing can wait for it")
	}
	if !slices.ContainsFunc(mysql.Volumes, func(v types.ServiceVolumeConfig) bool {
		return v.Type == types.VolumeTypeVolume && v.Target == "/var/lib/mysql"
	}) {
		t.Error("the data are on no volume")
	}
	if len(mysql.Ports) > 0 {
		t.Error("the database is open to the network")
	}
}

// What runs and what builds is named by its content: nobody can put something else under the same name.
func TestImagesArePinned(t *testing.T) {
	pinned := regexp.MustCompile(`^[a-z/]+:[0-9][0-9.]*\.[0-9]+@sha256:[0-9a-f]{64}$`)
	count := 0
	for name, s := range composition(t).Services {
		if s.Build != nil {
			continue // our own, of the Dockerfile
		}
		if count++; !pinned.MatchString(s.Image) {
			t.Errorf("%s runs %s; want name:version@sha256:…", name, s.Image)
		}
	}
	dockerfile, err := os.ReadFile("../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	for _, from := range regexp.MustCompile(`(?m)^(?:FROM|# *syntax *=) *(\S+)`).FindAllStringSubmatch(string(dockerfile), -1) {
		if count++; from[1] != "scratch" && !pinned.MatchString(from[1]) {
			t.Errorf("the image is made with %s; want name:version@sha256:…", from[1])
		}
	}
	if count < 5 {
		t.Errorf("only %d images were looked at", count)
	}
}

func TestComposeRunsTwoReplicasAfterTheMigration(t *testing.T) {
	p := composition(t)
	tools := replicas(p)
	if len(tools) != 2 {
		t.Fatalf("%d replicas, want 2", len(tools))
	}
	for _, s := range tools {
		if d := s.DependsOn["grants"]; d.Condition != types.ServiceConditionCompletedSuccessfully {
			t.Errorf("%s starts on %q of grants", s.Name, d.Condition)
		}
	}
	if d := p.Services["grants"].DependsOn["migrate"]; d.Condition != types.ServiceConditionCompletedSuccessfully {
		t.Errorf("grants starts on %q of migrate", d.Condition)
	}
	migrate := p.Services["migrate"]
	if d := migrate.DependsOn["mysql"]; d.Condition != types.ServiceConditionHealthy {
		t.Errorf("migrate starts on %q of mysql", d.Condition)
	}
	if diff := cmp.Diff(types.ShellCommand{"migrate"}, migrate.Command); diff != "" {
		t.Error(diff)
	}
	if migrate.Restart != "no" {
		t.Errorf("migrate restarts: %q", migrate.Restart)
	}
}

// The replicas do not have the account that may change the schema, and theirs gets the rights that the program prints.
func TestComposeReplicasHaveAnAccountOfTheirOwn(t *testing.T) {
	p := composition(t)
	owner := *p.Services["migrate"].Environment["LTIPOLICY_DATABASE"]
	for _, s := range replicas(p) {
		if dsn := *s.Environment["LTIPOLICY_DATABASE"]; !strings.HasPrefix(dsn, "mysql:ltipolicy:") || !strings.HasPrefix(owner, "mysql:ltipolicy_owner:") {
			t.Errorf("%s serves as %s, and %s migrates", s.Name, dsn, owner)
		}
	}
	out, err := program(t, "migrate", "-print-grants").Output()
	if err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadFile("grants.sql")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(kept), string(out)); d != "" {
		t.Errorf("go run . migrate -print-grants > deploy/grants.sql (-is +want):\n%s", d)
	}
}

func TestComposeToolIsNotRoot(t *testing.T) {
	p := composition(t)
	for _, s := range append(replicas(p), p.Services["migrate"]) {
		if user, _, _ := strings.Cut(s.User, ":"); user == "" || user == "0" || user == "root" {
			t.Errorf("%s runs as %q", s.Name, s.User)
		}
		if !s.ReadOnly || !slices.Contains(s.CapDrop, "ALL") || s.Privileged {
			t.Errorf("%s may write to its image or has privileges", s.Name)
		}
		if len(s.Ports) > 0 {
			t.Errorf("%s is open to the network beside Caddy", s.Name)
		}
	}
	dockerfile, err := os.ReadFile("../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	users := regexp.MustCompile(`(?m)^USER (.+)$`).FindAllStringSubmatch(string(dockerfile), -1)
	if len(users) == 0 || strings.HasPrefix(users[len(users)-1][1], "0") || strings.HasPrefix(users[len(users)-1][1], "root") {
		t.Errorf("Dockerfile: the image's user is %v", users)
	}
}

func TestComposeCaddyStandsInFront(t *testing.T) {
	p := composition(t)
	caddy := p.Services["caddy"]
	var ports []string
	for _, port := range caddy.Ports {
		ports = append(ports, port.Published+"/"+port.Protocol)
	}
	slices.Sort(ports)
	if diff := cmp.Diff([]string{"443/tcp", "443/udp", "80/tcp"}, ports); diff != "" {
		t.Error(diff)
	}
	config, err := os.ReadFile("Caddyfile")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range replicas(p) {
		_, port, _ := strings.Cut(*s.Environment["LTIPOLICY_LISTEN"], ":")
		if upstream := s.Name + ":" + port; !strings.Contains(string(config), upstream) {
			t.Errorf("Caddy does not know %s", upstream)
		}
		shared := func(network string) bool { _, on := caddy.Networks[network]; return on }
		if !slices.ContainsFunc(slices.Collect(maps.Keys(s.Networks)), shared) {
			t.Errorf("Caddy and %s share no network", s.Name)
		}
	}
	if lost, trying := time.Second, durationIn(t, config, "lb_try_duration"); !slices.Contains(caddy.DNSOpts, "timeout:1") || 2*lost >= trying {
		t.Errorf("a question to the name server that is lost costs the request: %v, and Caddy tries for %v", caddy.DNSOpts, trying)
	}
	for name := range caddy.Environment {
		if !strings.Contains(string(config), "{$"+name+"}") {
			t.Errorf("Caddy is given %s and does not use it", name)
		}
	}
}

// What a request says of where it comes from is believed of Caddy and of nobody else: neither of the machine itself, nor
// of another container that comes into the network.
func TestComposeBelievesCaddyAlone(t *testing.T) {
	p := composition(t)
	front := p.Services["caddy"].Networks["front"]
	if front == nil || front.Ipv4Address == "" {
		t.Fatal("Caddy has no address of its own")
	}
	own, err := netip.ParseAddr(front.Ipv4Address)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range replicas(p) {
		if got := *s.Environment["LTIPOLICY_TRUSTED_PROXIES"]; got != own.String() {
			t.Errorf("%s believes %s, and Caddy is %s", s.Name, got, own)
		}
	}
	if len(p.Networks["front"].Ipam.Config) != 1 {
		t.Fatal("the network of Caddy and the replicas is not said")
	}
	ipam := p.Networks["front"].Ipam.Config[0]
	network, others := netip.MustParsePrefix(ipam.Subnet), netip.MustParsePrefix(ipam.IPRange)
	first := network.Addr().Next() // the machine itself
	if !network.Contains(own) || others.Contains(own) || own == first || !network.Overlaps(others) || others.Bits() <= network.Bits() {
		t.Errorf("others get addresses of %s in %s, and Caddy has %s", others, network, own)
	}
}

// durationIn is the value of a directive of the Caddyfile.
func durationIn(t *testing.T, config []byte, directive string) time.Duration {
	t.Helper()
	m := regexp.MustCompile(directive + ` (\w+)`).FindSubmatch(config)
	if m == nil {
		t.Fatalf("the Caddyfile has no %s", directive)
	}
	d, err := time.ParseDuration(string(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

var flagLine = regexp.MustCompile(`(?m)^  -([a-z-]+)`)

// Each service's settings are given to the program itself: it must know every
// name and take every value. Only migrate, which shares the list of the
// replicas, may be given more than it knows.
func TestComposeSettingsAreTheProgramsOwn(t *testing.T) {
	p := composition(t)
	known := map[string]bool{}
	for _, s := range append(replicas(p), p.Services["migrate"]) {
		args := slices.Clone([]string(s.Command))
		if len(args) == 0 {
			args = []string{"serve"}
		}
		out, err := set(t, s, append(args, "-help")...).Output()
		if err != nil {
			t.Fatalf("%s: ltipolicy %v -help: %v\n%s", s.Name, args, err, out)
		}
		for _, m := range flagLine.FindAllStringSubmatch(string(out), -1) {
			known["LTIPOLICY_"+strings.ToUpper(strings.ReplaceAll(m[1], "-", "_"))] = true
		}
	}
	for _, s := range append(replicas(p), p.Services["migrate"]) {
		for name, value := range s.Environment {
			if !known[name] {
				t.Errorf("%s: the program knows no %s", s.Name, name)
			}
			if value == nil || *value == "" {
				t.Errorf("%s: %s has no value", s.Name, name)
			}
		}
	}
	// serve reads all of its settings before it looks for the database.
	serve := set(t, replicas(p)[0], "serve", "-database", "sqlite:"+filepath.Join(t.TempDir(), "no", "such.db"))
	if out, err := serve.CombinedOutput(); serve.ProcessState.ExitCode() != exitFailed {
		t.Errorf("with the settings of the composition: %v\n%s", err, out)
	}
}

// set is the program with the settings of a service.
func set(t *testing.T, s types.ServiceConfig, args ...string) *exec.Cmd {
	t.Helper()
	cmd := program(t, args...)
	for name, value := range s.Environment {
		if value != nil {
			cmd.Env = append(cmd.Env, name+"="+*value)
		}
	}
	return cmd
}

func TestComposeSecretsComeFromOutside(t *testing.T) {
	content, err := os.ReadFile("../docker-compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(content), "\n") {
		if strings.Contains(line, "PASSWORD:") && !strings.Contains(line, "${") {
			t.Errorf("a password in the file: %s", strings.TrimSpace(line))
		}
	}
	for file, wants := range map[string][]string{"../.gitignore": {"/.env", "*.key"}, "../.dockerignore": {".env", "*.key"}} {
		ignored, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !slices.Contains(strings.Split(string(ignored), "\n"), want) {
				t.Errorf("%s lets %s through", file, want)
			}
		}
	}
}

// Whoever opens the database has the key file as a secret of Docker, and nobody else has it.
func TestComposeKeyFileIsASecretOfTheToolAlone(t *testing.T) {
	p := composition(t)
	tools := append(replicas(p), p.Services["migrate"])
	for _, s := range tools {
		file, isSecret := strings.CutPrefix(*s.Environment["LTIPOLICY_SECRET_KEY_FILE"], "/run/secrets/")
		if !isSecret || len(s.Secrets) != 1 || s.Secrets[0].Source != file || p.Secrets[file].File == "" {
			t.Errorf("%s: the key file %q is none of its secrets %v", s.Name, file, s.Secrets)
		}
	}
	for name, s := range p.Services {
		if !slices.ContainsFunc(tools, func(tool types.ServiceConfig) bool { return tool.Name == name }) && len(s.Secrets) > 0 {
			t.Errorf("%s is given %v", name, s.Secrets)
		}
	}
}
