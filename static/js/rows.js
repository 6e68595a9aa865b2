// Ticking rows of a list: all of the page at once, how many there are, and their IDs to the clipboard. Without script the bar stays.

const head = () => document.querySelector("input[data-picks]");
const picks = () => head()?.dataset.picks ?? ""; // its form; not form().id, which are the boxes of that name
const form = () => document.getElementById(picks());
const boxes = () => [...document.querySelectorAll(`input.choose[form="${picks()}"]`)];
const whole = () => form().querySelector('[type="checkbox"][name="all"]'); // of the lists; the log has buttons

let kept = new Set();

function refresh() {
  if (!form()) return;
  const ticked = boxes().filter((box) => box.checked).length;
  const all = whole()?.checked === true;
  form().classList.add("follows");
  form().classList.toggle("shown", ticked > 0 || all);
  form().querySelector("[data-count]").textContent = `${all ? ["All", form().dataset.all].join(" ").trim() : ticked} selected`;
  for (const compare of form().querySelectorAll('[value="compare"]')) compare.disabled = ticked !== 2 || all;
  for (const button of document.querySelectorAll("[data-selects-all]")) button.hidden = all;
  head().hidden = false;
  head().checked = ticked > 0 && ticked === boxes().length;
  head().indeterminate = ticked > 0 && ticked < boxes().length;
}

function written(count) {
  return count.toLocaleString("en").replaceAll(",", document.documentElement.dataset.thousands);
}

async function fetched(button) {
  const answer = await fetch(form().action, { method: "POST", body: new FormData(form(), button) });
  return answer.ok && !answer.redirected ? (await answer.text()).trim() : "";
}

async function copy(button) {
  const text = await fetched(button).catch(() => "");
  const failed = !text || !(await navigator.clipboard.writeText(text).then(() => true, () => false));
  const count = text.split("\n").length;
  const words = failed ? "The IDs could not be copied." : `Copied ${written(count)} ID${count === 1 ? "" : "s"}`;
  document.dispatchEvent(new CustomEvent("said", { detail: { value: words, control: button, failed } }));
}

document.addEventListener("change", ({ target }) => {
  if (target.matches("input[data-picks]")) for (const box of boxes()) box.checked = target.checked;
  refresh();
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-selects-all]")) {
    whole().checked = true;
    refresh();
    return;
  }
  const button = event.target.closest('#choose button[value="ids"]');
  if (!button || !navigator.clipboard) return;
  event.preventDefault();
  copy(button);
});
// A list that follows its filters, or what runs, comes anew: what was ticked and is still there stays so.
document.addEventListener("htmx:beforeSwap", () => {
  kept = new Set(boxes().filter((box) => box.checked).map((box) => box.value));
});
document.addEventListener("htmx:afterSwap", () => {
  for (const box of boxes()) box.checked ||= kept.has(box.value);
  refresh();
});
document.addEventListener("htmx:afterSettle", refresh); // which gives the bar its own classes back
refresh();
