// Keys press the controls that are on the page: an element with data-key="r" is pressed (or, a field, focused) by r.
// j and k walk from row to row (data-row) where there are rows, x ticks the row that has the focus. ? opens the key help.

const dialog = document.getElementById("keys");
const CHAIN_MS = 900;
let first = "";
let firstAt = 0;

const LETTERS = "input:not([type=checkbox], [type=radio]), textarea, select"; // where a letter is a letter

function typing(element) {
  return element.isContentEditable || element.matches(LETTERS) || element.closest("dialog[open]") !== null;
}

// What stands in a closed menu is there for its key.
function visible(element) {
  const shown = element.closest("details.menu") ?? element;
  return shown.checkVisibility({ visibilityProperty: true }) && !element.disabled;
}

// The control of a row is pressed while the row has the focus.
function reached(element) {
  const row = element.closest("tr");
  return !row || row.contains(document.activeElement);
}

function control(key) {
  return [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find((found) => visible(found) && reached(found));
}

function press(element) {
  if (!element.matches(LETTERS)) return element.click();
  element.focus();
  return element.select();
}

function walk(step) {
  const rows = [...document.querySelectorAll("[data-row]")].filter(visible);
  const here = rows.findIndex((row) => row === document.activeElement || row.closest("tr")?.contains(document.activeElement));
  const start = here < 0 && step < 0 ? rows.length : here;
  rows[Math.min(Math.max(start + step, 0), rows.length - 1)]?.focus();
  return rows.length > 0;
}

function box() {
  return document.activeElement.closest("tr")?.querySelector("input.choose");
}

function tick() {
  box()?.click();
  return Boolean(box());
}

function help() {
  for (const line of dialog.querySelectorAll("[data-for]")) {
    const keys = line.dataset.for.split(",");
    const inRows = { j: "[data-row]", x: "tbody input.choose" }[keys[0]];
    line.hidden = !keys.some(control) && !(inRows && document.querySelector(inRows));
  }
  dialog.showModal();
  return true;
}

function act(key) {
  if (key === "?") return dialog ? help() : false;
  if ((key === "j" || key === "k") && walk(key === "j" ? 1 : -1)) return true;
  if (key === "x") return tick();
  const element = control(key);
  if (element) press(element);
  return Boolean(element);
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (typing(event.target) || event.key.length > 1 || (event.repeat && !"jk".includes(event.key))) return;
  const chain = performance.now() - firstAt < CHAIN_MS ? `${first} ${event.key}` : "";
  [first, firstAt] = [event.key, performance.now()];
  if ((chain && act(chain)) || act(event.key)) event.preventDefault();
});

for (const button of document.querySelectorAll("[data-opens-keys]")) {
  button.hidden = !dialog;
  button.addEventListener("click", help);
}
