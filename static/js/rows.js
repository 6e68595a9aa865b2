// Ticking rows of a list: all of the page at once, how many there are, and their IDs to the clipboard. Without script the bar stays.

const boxes = () => [...document.querySelectorAll('input.choose[form="choose"]')];
const form = () => document.getElementById("choose");
const head = () => document.querySelector("input[data-picks]");

function refresh() {
  if (!form()) return;
  const ticked = boxes().filter((box) => box.checked).length;
  const all = form().elements.all.checked;
  form().classList.add("follows");
  form().classList.toggle("shown", ticked > 0 || all);
  form().querySelector("[data-count]").textContent = all ? "All selected" : `${ticked} selected`;
  form().querySelector('[value="compare"]').disabled = ticked !== 2 || all;
  head().hidden = false;
  document.querySelector("[data-selects-all]").hidden = all;
  head().checked = ticked > 0 && ticked === boxes().length;
  head().indeterminate = ticked > 0 && ticked < boxes().length;
}

async function copy(button) {
  const answer = await fetch(form().action, { method: "POST", body: new FormData(form(), button) });
  const text = (await answer.text()).trim();
  const failed = !answer.ok || answer.redirected;
  if (!failed) await navigator.clipboard.writeText(text);
  const words = failed ? "The IDs could not be copied." : `Copied ${text.split("\n").length} IDs`;
  document.dispatchEvent(new CustomEvent("said", { detail: { value: words, control: button, failed } }));
}

document.addEventListener("change", ({ target }) => {
  if (target.matches("input[data-picks]")) for (const box of boxes()) box.checked = target.checked;
  if (target.matches("input.choose, #choose input")) refresh();
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-selects-all]")) {
    form().elements.all.checked = true;
    refresh();
    return;
  }
  const button = event.target.closest('#choose button[value="ids"]');
  if (!button || !navigator.clipboard) return;
  event.preventDefault();
  copy(button);
});
document.addEventListener("htmx:afterSwap", refresh);
refresh();
