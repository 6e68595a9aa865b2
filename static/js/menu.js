// <details class="menu"> works by itself; this closes it on Escape, on a click outside and when focus leaves it. With data-hovers a
// mouse opens it by pointing.

const POINTED_MS = 600; // a click that follows the pointing does not close what that opened
let pointed = 0;

function close(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(except)) menu.open = false;
  }
}

document.addEventListener("pointerdown", (event) => close(event.target));
document.addEventListener("focusin", (event) => close(event.target));
document.addEventListener("click", (event) => event.target.closest(".menu-list :is(a, button)") && close(null));
for (const menu of document.querySelectorAll("details[data-hovers]")) {
  menu.addEventListener("toggle", () => {
    const { right } = menu.querySelector(".menu-list").getBoundingClientRect();
    if (menu.open && right > document.documentElement.clientWidth) menu.classList.add("end");
  });
  menu.addEventListener("pointerenter", ({ pointerType }) => {
    if (pointerType !== "mouse" || menu.open) return;
    menu.open = true;
    pointed = performance.now();
  });
  menu.addEventListener("pointerleave", ({ pointerType }) => {
    if (pointerType === "mouse") menu.open = false;
  });
  menu.querySelector("summary").addEventListener("click", (event) => {
    if (performance.now() - pointed < POINTED_MS) event.preventDefault();
  });
}
document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details.menu[open]");
  if (event.key !== "Escape" || !menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
