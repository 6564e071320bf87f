package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// repository is the directory of the exporter, relative to this one.
const repository = "../.."

// chromium is the browser that all tests share, each with tabs of its own.
var chromium context.Context

func TestMain(m *testing.M) {
	code, err := withBrowser(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// withBrowser runs the tests with a browser.
func withBrowser(tests func() int) (int, error) {
	program, err := exec.LookPath("chromium")
	if err != nil {
		return 0, fmt.Errorf("the pages are looked at in Debian's Chromium: apt-get install chromium: %w", err)
	}
	profile, err := os.MkdirTemp("", "chromium")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(profile)
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.UserDataDir(profile), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("hide-scrollbars", true))
	allocated, stop := chromedp.NewExecAllocator(context.Background(), options...)
	defer stop()
	ctx, end := chromedp.NewContext(allocated)
	defer end()
	if err := chromedp.Do(ctx); err != nil {
		return 0, fmt.Errorf("start %s: %w", program, err)
	}
	chromium = ctx
	return tests(), nil
}

// screen is what a page is looked at with.
type screen struct {
	name          string
	width, height int64
	dark, phone   bool
}

// screens are those that every page must do with.
var screens = []screen{
	{"desktop", 1280, 900, false, false},
	{"desktop, dark", 1280, 900, true, false},
	{"phone", 390, 844, false, true},
	{"phone, dark", 390, 844, true, true},
}

// tab is a page in the browser.
type tab struct {
	t   *testing.T
	ctx context.Context
}

// open opens an empty tab with the properties of a screen. It is closed when the test ends.
func open(t *testing.T, s screen) tab {
	t.Helper()
	ctx, end := chromedp.NewContext(chromium)
	t.Cleanup(end)
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	b := tab{t, ctx}
	var mobile []chromedp.EmulateViewportOption
	if s.phone {
		mobile = append(mobile, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	scheme := "light"
	if s.dark {
		scheme = "dark"
	}
	b.do(chromedp.EmulateViewport(s.width, s.height, mobile...))
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
	return b
}

// do runs actions, which must work.
func (b tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// visit loads a page.
func (b tab) visit(url string) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, chromedp.Navigate(url)); err != nil {
		b.t.Fatalf("%s: %v", url, err)
	}
}

// call sends a command to the tab.
func call[P, R any](b tab, command cdp.Command[P, R], params P) {
	b.t.Helper()
	b.do(func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, target, command, params)
		return chromedp.Void{}, err
	})
}

// eval returns what an expression of JavaScript is in a tab. A promise is waited for.
func eval[T any](b tab, expression string) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%.100s: %v", expression, err)
	}
	return value
}

// until waits until an expression of JavaScript is true.
func (b tab) until(expression string) {
	b.t.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(time.Minute))); err != nil {
		b.t.Fatalf("%s: %v; the page is\n%s", expression, err, eval[string](b, "document.body.innerText"))
	}
}

// onNewPages runs JavaScript on each page before its own.
func (b tab) onNewPages(script string) {
	b.t.Helper()
	call(b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
}

// axe returns the violations of the rules of axe-core, one on a line.
func (b tab) axe() string {
	b.t.Helper()
	rules, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	if err != nil {
		b.t.Fatalf("run `npm ci` first: %v", err)
	}
	eval[bool](b, string(rules)+"; true")
	return strings.Join(eval[[]string](b, `axe.run(document, {resultTypes: ["violations"]}).then(found =>
		found.violations.flatMap(v => v.nodes.map(n => v.id + ": " + n.html.slice(0, 200) + " " + n.failureSummary)))`), "\n")
}

// wide returns what sticks out of the page to the right, which would have to be scrolled sideways. What is inside a box that
// scrolls by itself does not count.
func (b tab) wide() string {
	b.t.Helper()
	return eval[string](b, `(() => {
		if (document.documentElement.scrollWidth <= innerWidth) return "";
		const out = [...document.body.querySelectorAll("*")].filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".scroll, pre"));
		return document.documentElement.scrollWidth + " px: " + out.map(e => e.outerHTML.slice(0, 120)).join("\n");
	})()`)
}

// cut returns the boxes of which only a part is seen unless they are scrolled sideways.
func (b tab) cut() []string {
	b.t.Helper()
	return eval[[]string](b, `[...document.querySelectorAll(".scroll")].filter(e => !e.matches(".chart") && e.scrollWidth > e.clientWidth + 1)
		.map(e => e.getAttribute("aria-label") + ": " + e.scrollWidth + " px in " + e.clientWidth)`)
}

// images is where the screenshots for people are.
const images = repository + "/docs/images"

// keep writes a screenshot of what the tab shows.
func (b tab) keep(name string) {
	b.t.Helper()
	picture, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Fatal(err)
	}
	file := filepath.Join(os.Getenv("SCREENSHOTS"), name)
	if err := os.WriteFile(file, picture, 0o644); err != nil {
		b.t.Fatal(err)
	}
	b.t.Logf("%s: %d bytes", file, len(picture))
}
