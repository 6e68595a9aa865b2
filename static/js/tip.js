// Shows the title of a thing (or its data-tip) on hover and on keyboard focus, in one element above everything. Escape hides it.

const tip = document.getElementById("tip");
const GAP = 6;
let shownFor = null;

function place(element) {
  const box = element.getBoundingClientRect();
  const { width, height } = tip.getBoundingClientRect();
  const left = Math.min(Math.max(box.left + box.width / 2 - width / 2, 8), document.documentElement.clientWidth - width - 8);
  const above = box.top - height - GAP;
  tip.style.left = `${left}px`;
  tip.style.top = `${above > 8 ? above : box.bottom + GAP}px`;
}

function show(element) {
  // The browser's own tooltip must not appear next to ours.
  if (element.title) {
    element.dataset.tip = element.title;
    element.removeAttribute("title");
  }
  if (!element.dataset.tip) return;
  shownFor = element;
  tip.textContent = element.dataset.tip;
  tip.showPopover();
  place(element);
  if (!element.hasAttribute("aria-describedby")) element.setAttribute("aria-describedby", "tip");
}

function hide() {
  if (!shownFor) return;
  if (shownFor.getAttribute("aria-describedby") === "tip") shownFor.removeAttribute("aria-describedby");
  shownFor = null;
  tip.hidePopover();
}

function tipped(event) {
  return event.target.closest?.("[title], [data-tip]");
}

document.addEventListener("pointerover", (event) => {
  if (event.pointerType === "touch") return;
  const element = tipped(event);
  if (element === shownFor) return;
  hide();
  if (element) show(element);
});
document.addEventListener("focusin", (event) => {
  const element = tipped(event);
  hide();
  if (element?.matches(":focus-visible")) show(element);
});
document.addEventListener("focusout", hide);
document.addEventListener("scroll", hide, { capture: true, passive: true });
document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
