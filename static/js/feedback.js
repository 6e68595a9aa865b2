// Says what was done, for 1.6 s: at the control that did it; at the foot of the window for keys, menus and the server's own words
// ("said" of an HX-Trigger header). The status line says it to screen readers, and what the page itself brought along.

const SHOWN_MS = 1600;
const FAILED_MS = 5000; // what failed takes longer to read
const GAP = 6;
const box = document.getElementById("said");
const line = document.getElementById("status");
let timer = 0;

function place(control) {
  const { top, bottom, left, width } = control.getBoundingClientRect();
  const own = box.getBoundingClientRect();
  const most = document.documentElement.clientWidth - own.width - 8;
  box.style.left = `${Math.max(8, Math.min(left + width / 2 - own.width / 2, most))}px`;
  box.style.top = `${top - own.height - GAP > 8 ? top - own.height - GAP : bottom + GAP}px`;
}

// The same words twice are two events: the line is emptied between them.
function announce(words) {
  line.textContent = "";
  setTimeout(() => (line.textContent = words), 50);
}

function say(words, control, failed = false) {
  clearTimeout(timer);
  announce(words);
  box.querySelector("span").textContent = words;
  box.classList.toggle("failed", failed);
  box.removeAttribute("style");
  if (box.matches(":popover-open")) box.hidePopover();
  box.showPopover();
  box.classList.toggle("toast", !control);
  if (control) place(control);
  timer = setTimeout(() => box.hidePopover(), failed ? FAILED_MS : SHOWN_MS);
}

document.addEventListener("said", ({ detail }) => say(detail.value, detail.control, detail.failed));

// What can be undone is offered as long as that is true.
const offer = document.querySelector("[data-undo]");
if (offer) setTimeout(() => offer.remove(), 1000 * Number(offer.dataset.undo));

const begun = document.querySelector("[data-said]");
const brought = [...document.querySelectorAll(".messages .notice")].map((notice) => notice.textContent.trim()).join(" ");
if (begun) say(begun.dataset.said);
else if (brought) announce(brought);
