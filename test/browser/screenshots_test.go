package browser

import (
	"os"
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
		{"phone.png", d.url + "/", screen{width: 390, height: 844, phone: true}},
	} {
		b := open(t, picture.screen)
		b.visit(picture.url)
		b.keep(picture.file)
	}
}
