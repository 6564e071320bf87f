package deploy

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestFlagsExist checks that the program has every flag with which it is shipped to be started.
func TestFlagsExist(t *testing.T) {
	unit := strings.ReplaceAll(string(read(t, "deploy/systemd/mongodb_backup_exporter.service")), "\\\n", " ")
	start := regexp.MustCompile(`(?m)^ExecStart=(.*)$`).FindStringSubmatch(unit)
	if start == nil {
		t.Fatal("the unit starts nothing")
	}
	arguments := regexp.MustCompile(`(?m)^CMD \[(.*)\]$`).FindStringSubmatch(string(read(t, "Dockerfile")))
	if arguments == nil {
		t.Fatal("the image starts nothing")
	}
	commands := map[string][]string{
		"unit":   strings.Fields(start[1])[1:],
		"socket": {"serve", regexp.MustCompile(`--web\.systemd\S+`).FindString(string(read(t, "deploy/systemd/mongodb_backup_exporter.socket")))},
		"image":  strings.Fields(strings.NewReplacer(`"`, "", ",", "").Replace(arguments[1])),
	}
	for name, files := range variants {
		commands[name] = load(t, files...).Services["exporter"].Command
	}
	for name, command := range commands {
		t.Run(name, func(t *testing.T) {
			run := exec.CommandContext(t.Context(), "go", "run", "-trimpath", ".", command[0], "--help")
			run.Dir = root
			help, err := run.Output()
			if err != nil {
				t.Fatal(err)
			}
			flags := 0
			for _, argument := range command[1:] {
				flag, _, _ := strings.Cut(argument, "=")
				if !strings.HasPrefix(flag, "--") {
					continue
				}
				flags++
				pattern := `(?m)^ +--(\[no-\])?` + regexp.QuoteMeta(strings.TrimPrefix(flag, "--")) + `\b`
				if !regexp.MustCompile(pattern).Match(help) {
					t.Errorf("%s has no flag %s", command[0], flag)
				}
			}
			if flags == 0 {
				t.Errorf("no flags in %q", command)
			}
		})
	}
}
