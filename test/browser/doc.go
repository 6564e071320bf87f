// Package browser looks at the pages in a real browser, Chromium: in both colour schemes, on a desktop and on a phone, by the
// rules of axe-core; with names that try to be more than text; without JavaScript; and while our own script refreshes them.
// It is a module of its own; `make browser` runs it, and `make screenshots` renews docs/images.
package browser
