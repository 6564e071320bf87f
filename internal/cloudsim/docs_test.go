package cloudsim_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/cloudsim"
)

// TestDocumentedKinds states that docs/http.md explains every kind of fault, and no other.
func TestDocumentedKinds(t *testing.T) {
	text, err := os.ReadFile("../../docs/http.md")
	if err != nil {
		t.Fatal(err)
	}
	_, about, _ := strings.Cut(string(text), "| kind | what happens |")
	table, rest, _ := strings.Cut(about, "\n\n")
	var documented []cloudsim.FaultKind
	add := func(text string) {
		for _, name := range regexp.MustCompile("`([a-z_0-9]+)`").FindAllStringSubmatch(text, -1) {
			if name[1] != "delay" {
				documented = append(documented, cloudsim.FaultKind(name[1]))
			}
		}
	}
	for row := range strings.Lines(table) {
		if cells := strings.Split(row, "|"); len(cells) > 1 {
			add(cells[1])
		}
	}
	add(rest) // the kinds of endpoints
	kinds := cloudsim.FaultKinds()
	slices.Sort(kinds)
	slices.Sort(documented)
	if diff := cmp.Diff(kinds, documented); diff != "" {
		t.Errorf("kinds (-code +docs):\n%s", diff)
	}
}
