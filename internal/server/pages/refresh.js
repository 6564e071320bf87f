// Brings the parts of a page that are marked with data-live up to date twice a minute, while somebody looks at it.
// Without it, the link "Reload" does.
"use strict";
(() => {
  const period = 30000;
  const button = document.createElement("button");
  const note = document.createElement("span");
  let paused = false;
  let failing = "";

  function say() {
    button.textContent = paused ? "Refresh by itself" : "Pause refreshing";
    note.textContent = failing;
  }

  // What a link or a box is found again by when its part was replaced.
  function key(element) {
    return element.tagName + " " + (element.getAttribute("href") || element.getAttribute("aria-label") || element.textContent);
  }

  function replace(old, fresh) {
    const focused = old.contains(document.activeElement) ? key(document.activeElement) : "";
    const scrolled = [...old.querySelectorAll("[tabindex]")].map((box) => [key(box), box.scrollLeft]);
    const opened = [...old.querySelectorAll("details[open]")].map((box) => box.id);
    old.replaceChildren(...document.importNode(fresh, true).childNodes);
    for (const box of old.querySelectorAll("details")) box.open = opened.includes(box.id);
    for (const box of old.querySelectorAll("[tabindex]")) {
      const before = scrolled.find(([name]) => name === key(box));
      if (before) box.scrollLeft = before[1];
    }
    if (focused) {
      const again = [...old.querySelectorAll("a, summary, [tabindex]")].find((element) => key(element) === focused);
      if (again) again.focus({ preventScroll: true });
    }
  }

  async function refresh() {
    if (paused || document.hidden || !getSelection().isCollapsed) return;
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      if (!answer.ok) throw new Error(answer.status);
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const old of document.querySelectorAll("[data-live]")) {
        const part = fresh.getElementById(old.id);
        if (part) replace(old, part);
      }
      failing = "";
    } catch {
      failing = failing || "This page could not be refreshed since " + new Date().toISOString().slice(11, 16) + "Z.";
    }
    say();
  }

  button.type = "button";
  button.addEventListener("click", () => {
    paused = !paused;
    say();
    refresh();
  });
  note.setAttribute("role", "status");
  note.className = "unknown";
  say();
  document.querySelector("nav").append(button, note);
  document.addEventListener("visibilitychange", refresh);
  setInterval(refresh, period);
})();
