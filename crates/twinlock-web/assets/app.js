// Comfort on top of pages that work without it. Everything is found by data-* attributes; buttons that
// could do nothing without this file are sent hidden and shown here.

const all = (selector) => document.querySelectorAll(selector);
const byId = (id) => document.getElementById(id);

/** The text behind a Copy button: lines, a hidden value, or what is to be read. */
function textOf(id) {
  const source = byId(id);
  if (!source) return "";
  const lines = [...source.querySelectorAll("[data-line]")];
  if (lines.length) {
    const heading = source.dataset.heading ? `${source.dataset.heading}\n\n` : "";
    return heading + lines.map((line) => line.textContent.trim()).join("\n");
  }
  return (source.dataset.value ?? source.textContent).trim();
}

/** Says a word to screen readers without moving anything. */
function announce(words) {
  let region = byId("announcer");
  if (!region) {
    region = document.createElement("p");
    region.id = "announcer";
    region.className = "unseen";
    region.setAttribute("role", "status");
    document.body.append(region);
  }
  region.textContent = "";
  setTimeout(() => { region.textContent = words; }, 50);
}

function copyButtons() {
  for (const button of all("[data-copy]")) {
    if (!navigator.clipboard) continue;
    button.hidden = false;
    const words = button.querySelector("span") ?? button;
    const label = words.textContent;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(textOf(button.dataset.copy));
      } catch {
        select(byId(button.dataset.copy));
        return;
      }
      words.textContent = button.dataset.done || label;
      announce(button.dataset.done || label);
      setTimeout(() => { words.textContent = label; }, 2500);
    });
  }
}

/** Where the clipboard is refused, at least mark the text. */
function select(element) {
  if (element) getSelection()?.selectAllChildren(element);
}

function printButtons() {
  for (const button of all("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => print());
  }
}

function showPassword() {
  for (const button of all("[data-show]")) {
    const field = byId(button.dataset.show);
    if (!field) continue;
    button.hidden = false;
    const show = (shown) => {
      field.type = shown ? "text" : "password";
      button.setAttribute("aria-pressed", String(shown));
    };
    button.addEventListener("click", () => show(field.type === "password"));
    // A password left readable would be offered as an ordinary text by the browser's form history.
    field.form?.addEventListener("submit", () => show(false));
  }
}

function ticks() {
  for (const tick of all("[data-enables]")) {
    const button = byId(tick.dataset.enables);
    if (!button) continue;
    const follow = () => { button.disabled = !tick.checked; };
    tick.addEventListener("change", follow);
    addEventListener("pageshow", follow);
    follow();
  }
}

/** "in 42 seconds": the words of the page, with the seconds that are left put into their place. */
function wordsLeft(text, from) {
  const unit = { style: "unit", unit: "second", unitDisplay: "long" };
  const format = new Intl.NumberFormat(document.documentElement.lang || undefined, unit);
  const [before, after] = text.split(format.format(from));
  if (after === undefined) return (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  return (seconds) => `${before}${format.format(seconds)}${after}`;
}

/** Counts by the server's clock: the difference it sent, from when the page was drawn. */
function countdowns() {
  for (const timer of all("[data-until]")) {
    const target = byId(timer.dataset.then);
    const now = Number(timer.dataset.now) || Date.now() / 1000;
    const left = Number(timer.dataset.until) - now;
    if (!(left > 0)) continue;
    const end = performance.now() + left * 1000;
    const say = wordsLeft(timer.textContent, left);
    if (target) target.disabled = true;
    const tick = () => {
      const seconds = Math.ceil((end - performance.now()) / 1000);
      if (seconds <= 0) {
        clearInterval(beat);
        timer.textContent = "";
        if (target) {
          target.disabled = false;
          announce(target.textContent);
        }
        return;
      }
      timer.textContent = say(seconds);
    };
    const beat = setInterval(tick, 1000);
    tick();
  }
}

/** One click, one request: a code sent twice would fail the second time. */
function submitOnce() {
  addEventListener("submit", (event) => {
    const form = event.target;
    // getAttribute, because a field named "method" would hide the form's own property.
    if (event.defaultPrevented || form.getAttribute("method") !== "post") return;
    if (event.submitter && "stays" in event.submitter.dataset) return;
    if (form.dataset.busy) {
      event.preventDefault();
      return;
    }
    form.dataset.busy = "yes";
    event.submitter?.setAttribute("aria-busy", "true");
    setTimeout(release, 20_000);
  });
  // Coming back by the Back button, or losing the network, finds the form ready again.
  const release = () => {
    for (const form of all("form[data-busy]")) delete form.dataset.busy;
    for (const button of all("button[aria-busy]")) button.removeAttribute("aria-busy");
  };
  addEventListener("pageshow", (event) => { if (event.persisted) release(); });
}

function menus() {
  const close = (except) => {
    for (const menu of all("details.menu[open]")) if (menu !== except) menu.open = false;
  };
  addEventListener("click", (event) => close(event.target.closest?.("details.menu")));
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = document.querySelector("details.menu[open]");
    close();
    open?.querySelector("summary")?.focus();
  });
}

/** Light and dark without leaving the page, and so on answers to forms too, which cannot be asked for again. */
function looks() {
  for (const form of all("form[data-schemes]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const { value } = event.submitter;
      document.documentElement.dataset.theme = value;
      for (const button of form.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.value === value));
      const body = new URLSearchParams({ scheme: value, return_to: "/" });
      fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => {});
    });
  }
}

/** Confirmations open over the page. Their own address shows the same: without scripts, to be bookmarked, and after a mistake. */
function dialogs() {
  const isHere = (url) => new URL(url, location).pathname === location.pathname;
  const show = (content) => {
    const dialog = document.createElement("dialog");
    const title = document.createElement("h2");
    title.id = "dialog-title";
    title.append(...content.querySelector("h1").childNodes);
    content.querySelector("h1").replaceWith(title);
    dialog.setAttribute("aria-labelledby", title.id);
    dialog.append(content);
    dialog.addEventListener("close", () => dialog.remove());
    dialog.addEventListener("click", (event) => {
      const link = event.target.closest("a[href]");
      if (event.target !== dialog && !(link && isHere(link.href))) return;
      event.preventDefault();
      dialog.close();
    });
    dialog.addEventListener("submit", (event) => {
      if (event.target.getAttribute("method") !== "get" || !isHere(event.target.action)) return;
      event.preventDefault();
      dialog.close();
    });
    document.body.append(dialog);
    dialog.showModal();
  };
  const open = async (url) => {
    try {
      const answer = await fetch(url);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      // A proof may be asked first, or somebody signed out: then the address itself has its say.
      if (answer.redirected || !answer.ok) throw new Error("another page");
      show(page.querySelector("section.dialog"));
    } catch {
      location.assign(url);
    }
  };
  addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-dialog]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    link.closest("details")?.removeAttribute("open");
    open(link.href);
  });
  addEventListener("submit", (event) => {
    if (!("dialog" in event.target.dataset)) return;
    event.preventDefault();
    open(event.target.action);
  });
}

/** Exact times on hover in the reader's own zone; `data-clock` shows the hour itself. */
function localTimes() {
  const language = document.documentElement.lang || undefined;
  const exact = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
  const clock = new Intl.DateTimeFormat(language, { timeStyle: "short" });
  for (const element of all("time[datetime]")) {
    const moment = new Date(element.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    element.title = exact.format(moment);
    if ("clock" in element.dataset) element.textContent = clock.format(moment);
  }
}

function focusFirstError() {
  document.querySelector("[aria-invalid=true]")?.focus();
}

for (const enhance of [
  copyButtons, printButtons, showPassword, ticks, countdowns, submitOnce, menus, dialogs, looks,
  localTimes, focusFirstError,
]) {
  // One comfort that fails must not take the others along.
  try { enhance(); } catch (error) { console.error(error); }
}
