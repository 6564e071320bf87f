package helm

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// webFile asks for a password. No password has this hash.
const webFile = "basic_auth_users: {prometheus: $2y$05$3e6bTgp5uZxe0THkpJcRWeCEMKXqx1KcpIU5QDSV4EJkQGBQXl.ea}\n"

// TestPodRuns runs the exporter as the container of a pod is run, with its files and addresses on this machine. It asks what the
// probes and helm test ask, with a password and without.
func TestPodRuns(t *testing.T) {
	for name, tc := range map[string]struct {
		args []string
		page int // what /metrics answers without a password
	}{
		"without a password": {nil, http.StatusOK},
		"with a password":    {[]string{"--set=defaults.web.secret=web"}, http.StatusUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			all := rendered(t, chart, append(tc.args, "--values="+values["five lines"])...)
			pod := of(t, all, "StatefulSet")[0].at("spec.template.spec")
			c := container(t, pod)
			addresses := map[string]string{"http": freeAddress(t), "health": freeAddress(t)}
			start(t, localArguments(t, c, addresses, configurations(t, all)["backup-prod"]))

			for _, probe := range []string{"startupProbe", "livenessProbe", "readinessProbe"} {
				get, _ := c.at(probe + ".httpGet").(map[string]any)
				port, _ := get["port"].(string)
				answers(t, fmt.Sprintf("http://%s%s", addresses[port], get["path"]), http.StatusOK)
			}
			answers(t, "http://"+addresses["http"]+"/metrics", tc.page)

			test := container(t, of(t, all, "Pod")[0].at("spec"))
			asked := strings.ReplaceAll(strings.Join(arguments(test), " "), "backup-prod:10217", addresses["http"])
			if out := exporter(t, strings.Fields(asked)...); !strings.Contains(out, "alive") {
				t.Errorf("helm test prints %q", out)
			}
		})
	}
}

// localArguments returns the arguments of a container with files and addresses of this machine in place of the pod's. Each file
// must be below a mount.
func localArguments(t *testing.T, c object, addresses map[string]string, config string) []string {
	t.Helper()
	mounts := map[string]string{}
	for _, mount := range c.at("volumeMounts").([]any) {
		m := mount.(map[string]any)
		mounts[m["mountPath"].(string)] = t.TempDir()
	}
	for path, text := range map[string]string{
		"/etc/mongodb_backup_exporter/mongodb_backup_exporter.yml": unreachable(config),
		"/run/web/web.yml": webFile,
	} {
		if folder := mounts[filepath.Dir(path)]; folder != "" {
			if err := os.WriteFile(filepath.Join(folder, filepath.Base(path)), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	local := []string{"--web.listen-address=" + addresses["http"]}
	for _, arg := range arguments(c) {
		flag, value, _ := strings.Cut(arg, "=")
		switch {
		case flag == "--web.health-address":
			if want := fmt.Sprintf(":%d", portOf(c, "health")); value != want {
				t.Fatalf("%s is %q, and probes ask %s", flag, value, want)
			}
			arg = flag + "=" + addresses["health"]
		case strings.HasPrefix(value, "/"):
			folder, file := mounts[value], ""
			if folder == "" {
				folder, file = mounts[filepath.Dir(value)], filepath.Base(value)
			}
			if folder == "" {
				t.Fatalf("nothing is mounted at %s", value)
			}
			arg = flag + "=" + filepath.Join(folder, file)
		}
		local = append(local, arg)
	}
	// The command comes first.
	local[0], local[1] = local[1], local[0]
	return local
}

// portOf returns the port of a container that has a name; 0 where it has none.
func portOf(c object, name string) int {
	ports, _ := c["ports"].([]any)
	for _, port := range ports {
		if p := object(port.(map[string]any)); p["name"] == name {
			number, _ := p["containerPort"].(int)
			return number
		}
	}
	return 0
}

// unreachable returns a configuration whose clouds refuse every connection, so that the real ones are not asked.
func unreachable(config string) string {
	return regexp.MustCompile(`regions: all`).ReplaceAllString(config,
		"credentials: {access_key_id: LTAI5tExample, access_key_secret: example}\n  regions: [{id: cn-hangzhou, endpoint: 'http://127.0.0.1:1', discovery: {enabled: true}}]")
}

// start runs the exporter until the test ends. It must end well then.
func start(t *testing.T, args []string) {
	t.Helper()
	log := new(strings.Builder)
	command := exec.CommandContext(context.WithoutCancel(t.Context()), program, args...)
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		if err := command.Wait(); err != nil {
			t.Errorf("the exporter ends with %v", err)
		}
		if t.Failed() {
			t.Logf("%s\n%s", strings.Join(args, " "), log)
		}
	})
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// answers waits until a page answers as wanted, which a minute must suffice for.
func answers(t *testing.T, url string, want int) {
	t.Helper()
	var got any
	eventually(t, url, func() bool {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			got = err
			return false
		}
		resp.Body.Close()
		got = resp.StatusCode
		return got == want
	}, func() string { return fmt.Sprintf("last: %v, want %d", got, want) })
}

// eventually asks until the answer is true, for a minute at most.
func eventually(t *testing.T, what string, ask func() bool, last func() string) {
	t.Helper()
	deadline := time.After(time.Minute)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !ask() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s: not in a minute; %s", what, last())
		}
	}
}
