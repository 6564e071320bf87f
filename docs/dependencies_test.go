package docs

import (
	"regexp"
	"strings"
	"testing"
)

// TestOldModules compares docs/dependencies.md with go.mod: each module in the table is needed in that version, and each
// module of the Alibaba SDK that nothing of ours names is in the table.
func TestOldModules(t *testing.T) {
	page, modules := read(t, "dependencies.md"), read(t, root, "go.mod")
	rows := regexp.MustCompile("(?m)^\\| `([^`]+)` \\| (v[^ ]+) \\|").FindAllStringSubmatch(page, -1)
	if len(rows) < 10 {
		t.Fatalf("%d rows, want a table", len(rows))
	}
	for _, row := range rows {
		if !strings.Contains(modules, "\t"+row[1]+" "+row[2]+" // indirect\n") {
			t.Errorf("go.mod does not have %s %s as an indirect module", row[1], row[2])
		}
	}
	for _, needed := range regexp.MustCompile(`(?m)^\t(github\.com/alibabacloud-go/\S+) \S+ // indirect$`).FindAllStringSubmatch(modules, -1) {
		if !strings.Contains(page, "| `"+needed[1]+"` |") {
			t.Errorf("the table does not have %s", needed[1])
		}
	}
}
