package docs

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write docs/licences.md")

// licencesAllowed are those that a program under Apache-2.0 may contain, as SPDX names them.
var licencesAllowed = []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT"}

// licencesWithoutFile are modules that have no file with their licence, and what their README says.
var licencesWithoutFile = map[string]string{
	"github.com/alibabacloud-go/endpoint-util": "Apache-2.0",
	"github.com/alibabacloud-go/tea-utils":     "Apache-2.0",
}

// licenceTexts are words that only one licence has, in lower case and with single spaces.
var licenceTexts = []struct{ spdx, text string }{
	{"Apache-2.0", `apache license,?( as published[^,]*,)? ?version 2\.0`},
	{"BSD-2-Clause", `redistribution and use in source and binary forms`},
	{"BSD-3-Clause", `neither the names? of`},
	{"ISC", `permission to use, copy, modify, and(/or)? distribute this software for any purpose with or without fee`},
	{"MIT", `permission is hereby granted, free of charge, to any person obtaining a copy`},
	{"MPL-2.0", `mozilla public license,? (version|v\.) 2\.0`},
	{"AGPL-3.0", `gnu affero general public license`},
	{"LGPL", `gnu lesser general public license`},
	{"GPL", `gnu general public license`},
}

// licencesIn returns the SPDX names of the licences whose texts are in a file.
func licencesIn(text string) []string {
	words := strings.ToLower(strings.Join(strings.Fields(text), " "))
	var found []string
	for _, l := range licenceTexts {
		if regexp.MustCompile(l.text).MatchString(words) {
			found = append(found, l.spdx)
		}
	}
	if slices.Contains(found, "BSD-3-Clause") { // which has the words of the other too
		found = slices.DeleteFunc(found, func(l string) bool { return l == "BSD-2-Clause" })
	}
	return found
}

// compiledIn returns the modules of the program on the systems that releases are for, as "path version directory".
func compiledIn(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, system := range []string{"linux", "darwin"} {
		cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}", ".")
		cmd.Dir, cmd.Env = root, append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("go list for %s: %v", system, err)
		}
		all = append(all, strings.Split(strings.TrimSpace(string(out)), "\n")...)
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(line string) bool { return line == "" })
}

// licencesOf returns the licences of a module, from the file that is named for them.
func licencesOf(t *testing.T, module, dir string) []string {
	t.Helper()
	if said, none := licencesWithoutFile[module]; none {
		return []string{said}
	}
	for _, name := range []string{"LICENSE", "LICENSE.txt", "LICENSE.md", "COPYING"} {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err == nil {
			return licencesIn(string(text))
		}
	}
	return nil
}

// TestLicences reads the licences of all modules that are compiled into the program. docs/licences.md must list them, and no
// other than those that are allowed. `go test ./docs -run TestLicences -update` writes the list.
func TestLicences(t *testing.T) {
	const page = "licences.md"
	var table strings.Builder
	for _, line := range compiledIn(t) {
		module := strings.Fields(line)
		licences := licencesOf(t, module[0], module[2])
		if len(licences) == 0 {
			t.Errorf("%s: no licence is known", module[0])
		}
		for _, l := range licences {
			if !slices.Contains(licencesAllowed, l) {
				t.Errorf("%s is under %s, which is not allowed", module[0], l)
			}
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s |\n", module[0], module[1], strings.Join(licences, " AND "))
	}
	before, _, found := strings.Cut(read(t, page), "|---|---|---|\n")
	if !found {
		t.Fatalf("%s has no table", page)
	}
	want := before + "|---|---|---|\n" + table.String()
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, read(t, page)); diff != "" {
		t.Errorf("%s is not what is compiled in; write it with -update (-want +got):\n%s", page, diff)
	}
}

func TestLicencesIn(t *testing.T) {
	for text, want := range map[string]string{
		"Apache License\n   Version 2.0, January 2004":                                                               "Apache-2.0",
		"Redistribution and use in source and binary forms, with":                                                    "BSD-2-Clause",
		"Redistribution and use in source and\nbinary forms … Neither the name of Google":                            "BSD-3-Clause",
		"Permission is hereby granted, free of charge, to any person obtaining a copy … Apache License, Version 2.0": "Apache-2.0 MIT",
		"GNU GENERAL PUBLIC LICENSE Version 3":                                                                       "GPL",
		"All rights reserved":                                                                                        "",
	} {
		if got := strings.Join(licencesIn(text), " "); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
