package browser

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestScreenshots renews the pictures of docs/images; `make screenshots` says where they go.
func TestScreenshots(t *testing.T) {
	if os.Getenv("SCREENSHOTS") == "" {
		t.Skip("SCREENSHOTS names no directory")
	}
	d, down := startDemo(t), startDemo(t)
	breakAccounts(t, down)
	const billing = "/instances/alibaba/demo-alibaba/cn-hangzhou/dds-bp1billingprod"
	for _, picture := range []struct {
		file, url string
		screen
	}{
		{"page.png", d.url + "/", screen{width: 1280, height: 900}},
		{"page-dark.png", d.url + "/", screen{width: 1280, height: 900, dark: true}},
		{"instance.png", d.url + billing, screen{width: 1280, height: 1000}},
		{"account-down.png", down.url + "/", screen{width: 1280, height: 900}},
		{"empty.png", watching(t, true) + "/", screen{width: 1280, height: 500}},
		{"rows.png", rows(t, 5000) + "/", screen{width: 1280, height: 900}},
		{"report.png", writeReport(t, d), screen{width: 1280, height: 1330}},
		{"phone.png", d.url + "/", screen{width: 390, height: 844, phone: true}},
	} {
		b := open(t, picture.screen)
		b.visit(picture.url)
		b.keep(picture.file)
	}
}

// writeReport returns the address of the file that the command report writes of an instance that missed backups.
func writeReport(t *testing.T, d demo) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "report.html")
	text, err := exec.CommandContext(t.Context(), repository+"/mongodb_backup_exporter", "report", "--url="+d.url, "--instance=billing-prod", "--since=14d", "--output=html", "--out="+file).CombinedOutput()
	if broken, ok := errors.AsType[*exec.ExitError](err); !ok || broken.ExitCode() != 1 { // a control is broken
		t.Fatalf("the report ended with %v: %s", err, text)
	}
	return "file://" + file
}
