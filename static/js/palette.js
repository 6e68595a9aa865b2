// Ctrl-K (on a Mac Cmd-K): one box over pages, saved filters, recent IDs, the actions of this page, and a pasted text. A combobox
// with a listbox: the focus stays in the box, arrows move the active option, Enter takes it, Esc closes. Suggestions come from the
// server once, when it opens; nothing that is typed leaves the page before Enter, which posts a text to be looked up.

const dialog = document.getElementById("palette");
const box = dialog?.querySelector("[role=combobox]");
const list = dialog?.querySelector("[role=listbox]");
const line = dialog?.querySelector("[role=status]");
const MAC = /Mac|iPhone|iPad/.test(navigator.platform);
const MOST = 60;
const ACTIONS = "main .head .actions :is(a, button), main [data-key]:not(tr *)";
let groups = [];
let active = -1;

// --- what there is

function visible(element) {
  const shown = element.closest("details.menu") ?? element;
  return shown.checkVisibility({ visibilityProperty: true }) && !element.disabled && element.ariaDisabled !== "true";
}

function label(element) {
  const copy = element.cloneNode(true);
  for (const key of copy.querySelectorAll("kbd, svg")) key.remove();
  return (element.ariaLabel || copy.textContent).replace(/\s+/g, " ").trim();
}

function actions() {
  const found = new Map();
  for (const element of document.querySelectorAll(ACTIONS)) {
    if (!element.matches("input, textarea") && visible(element) && label(element)) found.set(label(element), element);
  }
  return [...found].map(([name, element]) => ({ name, hint: element.dataset.key ?? "", element }));
}

async function fetched() {
  const answer = await fetch(dialog.dataset.entries, { headers: { Accept: "application/json" } }).catch(() => null);
  return answer?.ok && !answer.redirected ? (await answer.json()).groups : [];
}

// --- what is shown

function answers({ name, hint, terms = "" }, words) {
  const text = `${name} ${hint} ${terms}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

function option({ name, hint, url, element, text }) {
  const row = document.createElement(url ? "a" : "div");
  row.setAttribute("role", "option");
  row.tabIndex = -1;
  if (url) row.href = url;
  const words = row.appendChild(document.createElement("span"));
  words.textContent = name;
  const small = row.appendChild(document.createElement("small"));
  small.textContent = hint;
  row.addEventListener("click", (event) => take(event, element, text));
  return row;
}

function section({ title, entries }, number) {
  const group = document.createElement("div");
  group.setAttribute("role", "group");
  const head = group.appendChild(document.createElement("p"));
  head.id = `palette-group-${number}`;
  head.textContent = title;
  group.setAttribute("aria-labelledby", head.id);
  group.append(...entries.map(option));
  return group;
}

function shown() {
  const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  let left = MOST;
  const found = groups.map(({ title, entries }) => {
    const some = entries.filter((entry) => answers(entry, words)).slice(0, left);
    left -= some.length;
    return { title, entries: some };
  });
  const text = box.value.trim();
  if (text) found.push({ title: "Look up", entries: [{ name: `Look up “${text.slice(0, 60)}”`, hint: "request ID, log line, error, link", text }] });
  return found.filter(({ entries }) => entries.length);
}

function options() {
  return [...list.querySelectorAll("[role=option]")];
}

function move(to) {
  const all = options();
  active = all.length ? (to + all.length) % all.length : -1;
  for (const [number, row] of all.entries()) {
    row.id = `palette-option-${number}`;
    row.ariaSelected = String(number === active);
  }
  if (active < 0) box.removeAttribute("aria-activedescendant");
  else box.setAttribute("aria-activedescendant", all[active].id);
  all[active]?.scrollIntoView({ block: "nearest" });
}

function render() {
  list.replaceChildren(...shown().map(section));
  list.scrollTop = 0;
  const count = options().length;
  box.ariaExpanded = String(count > 0);
  line.textContent = count === 1 ? "1 result" : `${count} results`;
  move(0);
}

// --- what is done

function take(event, element, text) {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (!element && !text) return dialog.close(); // a link goes by itself
  event.preventDefault();
  if (text) return box.form.requestSubmit();
  dialog.close();
  element.click();
}

async function open() {
  if (dialog.open || document.querySelector("dialog[open]")) return;
  const here = { title: "On this page", entries: actions() };
  groups = [here];
  box.value = "";
  dialog.showModal();
  render();
  groups = [here, ...(await fetched())];
  if (dialog.open) render();
}

function pressed(event) {
  const steps = { ArrowDown: active + 1, ArrowUp: active - 1, Home: 0, End: -1 };
  if (event.isComposing) return;
  if (event.key === "Enter") {
    event.preventDefault();
    options()[active]?.click();
  } else if (event.key in steps && (event.key.startsWith("Arrow") || !box.value)) {
    event.preventDefault();
    move(steps[event.key]);
  }
}

if (dialog) {
  box.addEventListener("input", render);
  box.addEventListener("keydown", pressed);
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || event.altKey || event.shiftKey || !(MAC ? event.metaKey : event.ctrlKey)) return;
    event.preventDefault();
    open();
  });
  for (const link of document.querySelectorAll("[data-opens-palette]")) {
    if (MAC) link.querySelector("kbd").textContent = "⌘ K";
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      open();
    });
  }
}
