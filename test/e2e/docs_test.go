package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// documentPages are the pages whose commands work as they are printed.
func documentPages() []string {
	return []string{"README.md", "docs/operations.md", "docs/report.md", "docs/catalog.md"}
}

// notRunHere are the programs that pages name and that need more than this machine has.
func notRunHere() []string { return []string{"docker", "helm", "kubectl", "sqlite3", "systemctl"} }

// replacements are what a command has here in place of what is printed: where things are, and how much of them there is.
func replacements(dir, address string) []string {
	return []string{
		"127.0.0.1:10217", address,
		"/var/lib/prometheus", filepath.Join(dir, "prometheus"),
		"--since=7d --output=openmetrics", "--since=2h --output=openmetrics", // a week of it is 900 MB
	}
}

// printed is a command on a page, with the output that the page shows.
type printed struct {
	page    string
	line    int
	command string
	shown   []string // nil: none
}

func (p printed) String() string { return fmt.Sprintf("%s:%d: %s", p.page, p.line, p.command) }

// TestDocumentedCommands runs every command of the pages against a demo of its own, in a directory with a configuration, and
// compares what is shown with what is printed: headings as they are, of other lines how they begin.
func TestDocumentedCommands(t *testing.T) {
	t.Parallel()
	total := 0
	for _, page := range documentPages() {
		commands := commandsOf(page, read(t, filepath.Join(repository, page)))
		total += len(commands)
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			d := startDemo(t)
			for _, c := range commands {
				d.try(t, c)
			}
			if page == "README.md" {
				d.assertIntroduction(t)
				d.assertSynopses(t)
			}
		})
	}
	if total < 25 {
		t.Errorf("only %d commands were found", total)
	}
}

// commandsOf returns the commands of a page: the lines of blocks of the language sh, what stands after "$ " or in another
// terminal in other blocks, and commands in the text, which may have what they print in a block below them.
func commandsOf(page, text string) []printed {
	var all []printed
	var fence string // what ends the block that the line is in; "": it is in none
	var language string
	var last *printed // whose output the lines are
	inText := regexp.MustCompile("`((?:mongodb_backup_exporter|make|report|status|backup|check-config|rules|health) [^`]*)`")
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		line := strings.TrimSpace(lines[i])
		switch {
		case fence == "" && strings.HasPrefix(line, "```"):
			fence, language = "```", strings.TrimPrefix(line, "```")
			if language != "" || last == nil || i-last.line > 3 || !strings.HasSuffix(strings.TrimSpace(lines[max(0, i-2)]), ":") {
				last = nil
			}
		case fence == "" && strings.HasPrefix(line, "|"): // a table names commands in short
		case fence == "":
			for _, span := range inText.FindAllStringSubmatch(line, -1) {
				if complete(span[1]) {
					all = append(all, printed{page: page, line: i + 1, command: whole(span[1])})
					last = &all[len(all)-1]
				}
			}
		case strings.HasPrefix(line, fence):
			fence, last = "", nil
		case language == "sh":
			command := line
			for strings.HasSuffix(command, `\`) && i+1 < len(lines) {
				i++
				command = strings.TrimSuffix(command, `\`) + strings.TrimSpace(lines[i])
			}
			if command != "" && !strings.HasPrefix(command, "#") {
				all = append(all, printed{page: page, line: i + 1, command: command})
			}
		case language != "":
		case strings.HasPrefix(line, "$ "):
			all = append(all, printed{page: page, line: i + 1, command: strings.TrimPrefix(line, "$ ")})
			last = &all[len(all)-1]
		case strings.HasPrefix(line, "./mongodb_backup_exporter "):
			all = append(all, printed{page: page, line: i + 1, command: line})
		case last != nil:
			last.shown = append(last.shown, line)
		}
	}
	return all
}

// complete reports whether a command in the text is one that can be typed, and not a pattern of several.
func complete(command string) bool {
	return strings.Contains(command, " ") && !strings.ContainsAny(command, "[]|…<>") && !regexp.MustCompile(`[=/ ][A-Z]{2,}`).MatchString(command) &&
		!slices.Contains([]string{"backup create", "backup list", "backup follow"}, command)
}

// whole returns a command with the name of the program.
func whole(command string) string {
	if strings.HasPrefix(command, "mongodb_backup_exporter ") || strings.HasPrefix(command, "make ") {
		return command
	}
	return "mongodb_backup_exporter " + command
}

// demo is a running demo, and a directory in which commands work as they are printed.
type demo struct {
	dir, address string
	log          string // the file with what it prints
}

// startDemo starts a demo as README says, on a free port, and waits until it has written its configuration.
func startDemo(t *testing.T) *demo {
	t.Helper()
	d := &demo{dir: t.TempDir(), address: address(t)}
	if err := os.Symlink(programs.exporter, filepath.Join(d.dir, "mongodb_backup_exporter")); err != nil {
		t.Fatal(err)
	}
	d.log = filepath.Join(d.dir, "demo.out")
	configured := filepath.Join(d.dir, "mongodb_backup_exporter-demo.yml")
	run(t, "demo", "/bin/sh", "-c", fmt.Sprintf("cd '%s' && exec ./mongodb_backup_exporter demo --web.listen-address=%s > demo.out 2>&1", d.dir, d.address))
	wait(t, patience, func() string { return missingIn(d.log, "Stop with Ctrl-C.") })
	text, err := os.ReadFile(configured)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(d.dir, "mongodb_backup_exporter.yml"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	return d
}

// missingIn says that a file lacks a text; "": it has it.
func missingIn(file, text string) string {
	got, err := os.ReadFile(file)
	if err == nil && strings.Contains(string(got), text) {
		return ""
	}
	return fmt.Sprintf("%s does not have %q: %v", file, text, err)
}

// try runs a command as it is printed, and compares what is shown with what comes.
func (d *demo) try(t *testing.T, c printed) {
	t.Helper()
	command := strings.NewReplacer(replacements(d.dir, d.address)...).Replace(c.command)
	words := strings.Fields(command)
	t.Logf("%v: run as %s; %d lines are shown", c, command, len(c.shown))
	switch {
	case slices.Contains(notRunHere(), words[0]):
		t.Logf("%v: not run here", c)
		return
	case words[0] == "make":
		d.makes(t, c)
		return
	case strings.HasPrefix(command, "mongodb_backup_exporter -") || words[1] == "serve" || words[1] == "demo":
		d.serves(t, c, command)
		return
	}
	output, code := d.shell(t, command)
	if verdict := words[1] == "status" || words[1] == "report"; code != 0 && (!verdict || code > 2) {
		t.Errorf("%v ended with exit code %d:\n%s", c, code, output)
		return
	}
	for _, missing := range differs(c.shown, output) {
		t.Errorf("%v does not print what is shown:\n%s\nbut:\n%s", c, missing, output)
	}
}

// shell runs a command line in the directory, with 120 columns. It returns what is printed, and the exit code.
func (d *demo) shell(t *testing.T, command string) (output string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	shell := exec.CommandContext(ctx, "/bin/sh", "-c", command)
	shell.Dir = d.dir
	shell.Env = append(os.Environ(), "COLUMNS=120", "PATH="+strings.Join([]string{d.dir, filepath.Dir(programs.promtool), os.Getenv("PATH")}, ":"))
	out, err := shell.CombinedOutput()
	if failed := new(exec.ExitError); errors.As(err, &failed) {
		return string(out), failed.ExitCode()
	}
	if err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
	return string(out), 0
}

// makes finds out whether make knows what to do. What it does is tested elsewhere.
func (d *demo) makes(t *testing.T, c printed) {
	t.Helper()
	dry := exec.CommandContext(t.Context(), "make", append([]string{"--dry-run"}, strings.Fields(c.command)[1:]...)...)
	dry.Dir = repository
	if out, err := dry.CombinedOutput(); err != nil {
		t.Errorf("%v: %v\n%s", c, err, out)
	}
}

// serves starts a command that runs until it is ended, at a free address, and ends it when it is ready.
func (d *demo) serves(t *testing.T, c printed, command string) {
	t.Helper()
	at := address(t)
	p := run(t, "served", "/bin/sh", "-c", fmt.Sprintf("cd '%s' && PATH=\"$PWD:$PATH\" && exec %s --web.listen-address=%s", d.dir, command, at))
	wait(t, patience, func() string {
		answer, err := http.Get("http://" + at + "/-/ready")
		if err != nil {
			return fmt.Sprintf("%v: %v", c, err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			return fmt.Sprintf("%v: %s", c, answer.Status)
		}
		return ""
	})
	p.end(t, syscall.SIGTERM)
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("%v ended with exit code %d", c, code)
	}
}

// differs returns the shown lines that an output does not have: headings as they are, of other lines the beginning.
func differs(shown []string, output string) []string {
	headings, beginnings := map[string]bool{}, map[string]bool{}
	for line := range strings.Lines(output) {
		headings[strings.Join(strings.Fields(line), " ")] = true
		beginnings[beginning(line)] = true
	}
	var missing []string
	for i, line := range shown {
		isHead := strings.HasPrefix(line, "#") || i+1 < len(shown) && strings.HasPrefix(shown[i+1], "|---") || isColumns(line)
		switch {
		case line == "" || line == "…" || strings.HasPrefix(line, "|---"):
		case isHead && !headings[strings.Join(strings.Fields(line), " ")]:
			missing = append(missing, line)
		case !isHead && !beginnings[beginning(line)]:
			missing = append(missing, line)
		}
	}
	return missing
}

// isColumns reports whether a line is the head of a table: words in capitals.
func isColumns(line string) bool {
	return len(strings.Fields(line)) > 2 && strings.ToUpper(line) == line && regexp.MustCompile(`^[A-Z ]+$`).MatchString(line)
}

// beginning returns the first three words of a line, with a # in place of each number.
func beginning(line string) string {
	words := strings.Fields(regexp.MustCompile(`[0-9]+([.][0-9]+)*`).ReplaceAllString(line, "#"))
	return strings.Join(words[:min(3, len(words))], " ")
}

// assertIntroduction compares what README shows of the demo with what it prints, and the series that it shows with those of a
// scrape.
func (d *demo) assertIntroduction(t *testing.T) {
	t.Helper()
	readme := read(t, filepath.Join(repository, "README.md"))
	output := strings.ReplaceAll(read(t, d.log), d.address, "127.0.0.1:10217")
	scraped := d.get(t, "/metrics")
	introduced, series := false, 0
	for i, block := range strings.Split(readme, "\n```") {
		if i%2 == 0 || !strings.HasPrefix(block, "\n") {
			continue // outside of blocks, or in one of another language
		}
		lines := strings.Split(strings.TrimSpace(block), "\n")
		if strings.HasPrefix(lines[0], "VERDICT") {
			introduced = true
			for _, missing := range differs(lines, output) {
				t.Errorf("the demo does not print what README shows:\n%s\nbut:\n%s", missing, output)
			}
		}
		for _, line := range lines {
			if name, _, found := strings.Cut(line, "} "); found && strings.HasPrefix(name, "mongodb_backup_") {
				series++
				if !strings.Contains(scraped, "\n"+name+"} ") {
					t.Errorf("a scrape of the demo has no %s}", name)
				}
			}
		}
	}
	if !introduced || series < 5 {
		t.Errorf("README shows what the demo prints: %t, and %d series", introduced, series)
	}
}

// get returns a page of the exporter.
func (d *demo) get(t *testing.T, path string) string {
	t.Helper()
	return read(t, d.fetch(t, path))
}

// fetch writes a page of the exporter to a file.
func (d *demo) fetch(t *testing.T, path string) string {
	t.Helper()
	answer, err := http.Get("http://" + d.address + path)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	file := filepath.Join(t.TempDir(), "page")
	to, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	if _, err := to.ReadFrom(answer.Body); err != nil {
		t.Fatal(err)
	}
	return file
}

// assertSynopses finds out whether each command of README's table has the flags that its row names.
func (d *demo) assertSynopses(t *testing.T) {
	t.Helper()
	rows := regexp.MustCompile("(?m)^\\| `([a-z-]+(?: [a-z]+)?)(?: [^`]*)?`.*$").FindAllStringSubmatch(section(t, "README.md", "## Commands"), -1)
	for _, row := range rows {
		help, code := d.shell(t, "mongodb_backup_exporter "+row[1]+" --help")
		if code != 0 {
			t.Errorf("README names the command %s, whose --help ends with exit code %d:\n%s", row[1], code, help)
		}
		for _, flag := range regexp.MustCompile(`--[a-z][a-z.-]*`).FindAllString(row[0], -1) {
			if on := strings.Replace(flag, "--", "--[no-]", 1); !strings.Contains(help, flag) && !strings.Contains(help, on) {
				t.Errorf("README names %s of %s, which has no such flag:\n%s", flag, row[1], help)
			}
		}
	}
	if len(rows) < 9 {
		t.Errorf("only %d commands stand in README's table", len(rows))
	}
}

// section returns a part of a page, from its heading to the next one.
func section(t *testing.T, page, heading string) string {
	t.Helper()
	_, text, found := strings.Cut(read(t, filepath.Join(repository, page)), "\n"+heading+"\n")
	if !found {
		t.Fatalf("%s has no %q", page, heading)
	}
	text, _, _ = strings.Cut(text, "\n## ")
	return text
}

// What is shown and not printed must be found.
func TestShownOutputDiffers(t *testing.T) {
	output := "VERDICT  INSTANCE  AGE\nlate     dds-1     3d 4h\n## Controls\n| A | B |\n|---|---|\n| x | 12 % |\n40 % after 10s\n"
	for shown, want := range map[string]int{
		"VERDICT    INSTANCE   AGE\nlate dds-1 4d\n…":    0,
		"VERDICT    INSTANCE   WHY\nlate     dds-1   4d": 1,
		"late     dds-1   5d\nlate dds-x 5d":             1,
		"## Controls\n\n| A | B |\n|---|---|\n| x | 7 %": 0,
		"## Control\n| A | C |\n|---|---|":               2,
		"0 % after 0s\ndone after 4s":                    1,
	} {
		if got := differs(strings.Split(shown, "\n"), output); len(got) != want {
			t.Errorf("%q: %q is missing, want %d lines", shown, got, want)
		}
	}
}
