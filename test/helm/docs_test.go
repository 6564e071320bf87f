package helm

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestDocumentedValues checks that all values that the documentation shows are accepted, and the configurations in them by the
// exporter.
func TestDocumentedValues(t *testing.T) {
	found := 0
	for _, page := range []string{"docs/deployment.md", "docs/scaling.md", "deploy/helm/values.yaml"} {
		for _, text := range shownValues(read(t, root+page)) {
			found++
			t.Run(page, func(t *testing.T) {
				for _, config := range configurations(t, rendered(t, chart, "--values="+write(t, text))) {
					exporter(t, "check-config", "--strict", "--config.file="+write(t, withSecrets(t, config)))
				}
			})
		}
	}
	if found < 4 {
		t.Errorf("%d examples, want 4 at least", found)
	}
}

// TestDocumentedExample checks that docs/deployment.md shows the example for Alibaba Cloud, but for its first comment, and names both.
func TestDocumentedExample(t *testing.T) {
	page := read(t, root+"docs/deployment.md")
	example := regexp.MustCompile(`\A(#.*\n)+`).ReplaceAllString(read(t, alibabaExample), "")
	if !slices.Contains(shownValues(page), example) {
		t.Errorf("the page does not show\n%s", example)
	}
	for _, file := range []string{alibabaExample, huaweiExample} {
		if link := "(" + strings.Replace(file, root, "../", 1) + ")"; !strings.Contains(page, link) {
			t.Errorf("the page has no link %s", link)
		}
	}
}

// TestFigures checks that sizes that the chart and its documentation name are those that were measured.
func TestFigures(t *testing.T) {
	size := regexp.MustCompile(`\b[0-9][0-9.,]* [kMG]B\b`)
	measured := size.FindAllString(read(t, root+"docs/performance.md")+read(t, root+"docs/catalog.md"), -1)
	row := regexp.MustCompile(`(?m)^\| choose memory \|.*$`).FindString(read(t, root+"docs/deployment.md"))
	for place, text := range map[string]string{"values.yaml": read(t, chart+"/values.yaml"), "docs/deployment.md": row} {
		cited := size.FindAllString(text, -1)
		if len(cited) == 0 {
			t.Errorf("%s names no size", place)
		}
		for _, figure := range cited {
			if !slices.Contains(measured, figure) {
				t.Errorf("%s: %s is neither in docs/performance.md nor in docs/catalog.md", place, figure)
			}
		}
	}
}

// shownValues returns what a page shows as values of the chart: in a block, or in a comment.
func shownValues(page string) []string {
	var found []string
	for _, block := range regexp.MustCompile("(?ms)^( *)```yaml\n(.*?)^ *```$").FindAllStringSubmatch(page, -1) {
		text := regexp.MustCompile("(?m)^"+block[1]).ReplaceAllString(block[2], "")
		if strings.Contains("\n"+text, "\nexporters:") {
			found = append(found, text)
		}
	}
	if comment := regexp.MustCompile(`(?m)^#   (exporters:\n(?:#   .*\n)+)`).FindStringSubmatch(page); comment != nil {
		found = append(found, strings.ReplaceAll(comment[1], "#   ", ""))
	}
	return found
}
