package browser

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// onDialog lets every dialog leave its mark instead of opening.
const onDialog = `globalThis.dialogs = []; alert = confirm = prompt = text => { dialogs.push(String(text)); };`

// Names come from people who may rename an instance, and not from those who read the page.
func TestHostileNamesAreText(t *testing.T) {
	for _, discover := range []bool{true, false} { // watched, and forgotten
		url := watching(t, discover, hostile()...)
		paths := []string{"/", "/?text=" + "%3Cscript%3Ealert(8)%3C/script%3E", "/instances/alibaba/prod/cn-hangzhou/%3Cimg%20src=x%20onerror=alert(1)%3E", "/runbooks/%3Cimg%20src=x%20onerror=alert(1)%3E"}
		for _, one := range targets(t, url) {
			paths = append(paths, one.path())
		}
		b := open(t, screens[0])
		b.onNewPages(onDialog)
		for _, path := range paths {
			b.visit(url + path)
			if got := eval[[]string](b, "dialogs"); len(got) > 0 {
				t.Errorf("%s: dialogs %q", path, got)
			}
			// A script that is not ours, a thing that loads, an event, or something that a name has opened.
			const injected = `[...document.querySelectorAll("script:not([src^='/-/refresh.js?']), img, iframe, object, embed, link, base, #injected, main style, svg[onload], [style], [srcdoc]")].map(e => e.outerHTML)`
			if got := eval[[]string](b, injected); len(got) > 0 {
				t.Errorf("%s: %q", path, got)
			}
			const events = `[...document.querySelectorAll("*")].filter(e => [...e.attributes].some(a => a.name.startsWith("on") || /^\s*javascript:/i.test(a.value) && a.name === "href")).map(e => e.outerHTML)`
			if got := eval[[]string](b, events); len(got) > 0 {
				t.Errorf("%s: %q", path, got)
			}
		}
		b.visit(url + "/")
		text := eval[string](b, "document.body.textContent")
		for _, in := range hostile()[:8] {
			if !strings.Contains(text, in.Name) {
				t.Errorf("the page with discovery %v does not show the name %q as it is", discover, in.Name)
			}
		}
		if strings.ContainsAny(text, "\u202e\u0007") {
			t.Error("a name turns the direction of writing, or rings")
		}
	}
}

// A page that was injected could not run anything either.
func TestPolicyForbidsInjectedScripts(t *testing.T) {
	b := open(t, screens[0])
	b.onNewPages(onDialog + `globalThis.refused = []; document.addEventListener("securitypolicyviolation", e => refused.push(e.effectiveDirective));`)
	b.visit(watching(t, true) + "/")
	if got := eval[[]string](b, "refused"); len(got) > 0 {
		t.Errorf("the page breaks its own policy: %q", got)
	}
	eval[bool](b, `(() => {
		const script = document.createElement("script"); script.textContent = "alert('inline')"; document.body.append(script);
		const image = document.createElement("div"); image.innerHTML = "<img src=x onerror=alert('event')><p style='color:red'>"; document.body.append(image);
		return true;
	})()`)
	b.until(`refused.includes("script-src-elem") && refused.includes("img-src") && refused.includes("style-src-attr")`)
	if got := eval[[]string](b, "dialogs"); len(got) > 0 {
		t.Errorf("dialogs %q", got)
	}
}

func TestWithoutJavaScript(t *testing.T) {
	url := rows(t, 250)
	b := open(t, screens[0])
	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	see := func(selector, want string) {
		t.Helper()
		got, err := chromedp.Run(b.ctx, chromedp.TextContent(chromedp.CSS(selector)))
		if err != nil || !strings.Contains(got, want) {
			t.Errorf("%s: %q, %v; want %q", selector, got, err, want)
		}
	}
	follow := func(selector string) {
		t.Helper()
		if _, err := chromedp.RunResponse(b.ctx, chromedp.Click(chromedp.CSS(selector))); err != nil {
			t.Fatalf("%s: %v", selector, err)
		}
	}
	b.visit(url + "/")
	see(".pager", "1–100 of 250")
	follow(`a[rel="next"]`)
	see(".pager", "101–200 of 250")
	follow(`.choices a.late`)
	see("#list", "orders-0100")
	follow(`nav a[href="/?state=late"]`) // Reload
	see("#list", "orders-0200")
	b.do(chromedp.SendKeys(chromedp.CSS(`input[name="text"]`), "orders-0200"))
	follow("form button")
	see("#list", "orders-0200")
	follow(`#list td.main a`)
	see("h1", "orders-0200")
	follow(`nav a[href="/"]`)
	see("h1", "MongoDB backups")
}

// hurried makes the half minutes of our script short.
const hurried = `{ const real = setInterval; globalThis.setInterval = (f, ms) => real(f, ms / 100); }`

func TestScriptRefreshes(t *testing.T) {
	d := startDemo(t)
	b := open(t, screens[0])
	b.onNewPages(hurried)
	b.visit(d.url + "/?text=orders-prod")
	eval[bool](b, `(document.querySelector("input[name=text]").value = "typed", document.querySelector("#list td.main a").focus(), true)`)
	if !eval[bool](b, `document.querySelector("#list td.ok") !== null && globalThis.same === undefined && (globalThis.same = true)`) {
		t.Fatal("the page does not show orders-prod as ok at the start")
	}
	d.fault(t, `{"kind":"forbidden","operation":"DescribeBackups","instance_id":"dds-bp1ordersprod"}`)
	b.until(`document.querySelector("#list .error")?.textContent.includes("Forbidden.RAM")`)
	for what, so := range map[string]string{
		"the page was not loaded again":  "globalThis.same",
		"what was typed stays":           `document.querySelector("input[name=text]").value === "typed"`,
		"the focus is on the same link":  `document.activeElement === document.querySelector("#list td.main a")`,
		"nothing is said to have failed": `document.querySelector("nav [role=status]").textContent === ""`,
	} {
		if !eval[bool](b, so) {
			t.Errorf("not so after a refresh: %s", what)
		}
	}
	b.visit(d.url + "/instances/alibaba/demo-alibaba/cn-hangzhou/dds-bp1ordersprod")
	before := eval[string](b, `(globalThis.first = document.querySelector("h1"), document.querySelector("#instance").textContent)`)
	b.until(fmt.Sprintf(`document.querySelector("h1") !== first && document.querySelector("#instance").textContent !== %q`, before))
}

func TestRefreshCanBePausedAndTellsWhenItFails(t *testing.T) {
	b := open(t, screens[0])
	b.onNewPages(hurried + `globalThis.asked = 0; { const real = fetch; globalThis.fetch = (...a) => { asked++; return globalThis.broken ? Promise.reject(new Error("down")) : real(...a); }; }`)
	b.visit(watching(t, true) + "/")
	b.until("asked > 1")
	b.do(chromedp.Click(chromedp.CSS("nav button")))
	paused := eval[int](b, "asked")
	if got := eval[int](b, `new Promise(done => setTimeout(() => done(asked), 1000))`); got > paused {
		t.Errorf("%d requests while it is paused", got-paused)
	}
	eval[bool](b, "globalThis.broken = true")
	b.do(chromedp.Click(chromedp.CSS("nav button")))
	b.until(`document.querySelector("nav [role=status]").textContent.startsWith("This page could not be refreshed since ")`)
	eval[bool](b, "!(globalThis.broken = false)")
	b.until(`document.querySelector("nav [role=status]").textContent === ""`)
}

// Whoever has no mouse can reach and see everything: each place where the focus stops has an outline and is on the screen.
func TestKeyboard(t *testing.T) {
	d := startDemo(t)
	for _, s := range []screen{screens[0], screens[2]} {
		b := open(t, s)
		for _, path := range []string{"/?state=missed", "/instances/alibaba/demo-alibaba/cn-hangzhou/dds-bp1billingprod"} {
			b.visit(d.url + path)
			stops := eval[int](b, `[...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, summary, [tabindex='0']")].filter(e => e.checkVisibility()).length`)
			seen := 0
			for range stops {
				b.do(chromedp.KeyEvent("\t"))
				bad := eval[string](b, `(() => {
					const e = document.activeElement, box = e.getBoundingClientRect();
					if (e === document.body) return "the focus is nowhere";
					const outline = getComputedStyle(e).outlineStyle !== "none";
					return outline && box.width > 1 && box.height > 1 && box.left > -1 ? "" : e.outerHTML.slice(0, 150);
				})()`)
				if bad != "" {
					t.Errorf("%s, %s, stop %d: %s", s.name, path, seen+1, bad)
				}
				seen++
			}
			if seen < 7 { // the page of an instance: four in the navigation, what to do, and two parts that scroll
				t.Errorf("%s, %s: only %d places have the focus", s.name, path, seen)
			}
		}
	}
}
