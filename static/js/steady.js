// What a page brings by itself (a poll, a stream's event, new rows on top) leaves the link or button under the pointer where it is, so
// that a click hits what it was meant for: the page is scrolled by as much as that has moved. Without one it is the focused one, or the
// first row in sight of a page that was scrolled. Browsers keep no place across a swap.

const CLICKED = "main :is(a, button, summary, label, input, select, textarea)";
let held = [];

// What is clicked there, and what it is in, the nearest first.
function* around(element) {
  for (let at = element?.closest(CLICKED); at; at = at.parentElement) yield at;
}

function inSight(element) {
  const { top, bottom } = element.getBoundingClientRect();
  return bottom > 0 && top < window.innerHeight;
}

// What may be kept in its place, the best first. What holds all that comes anew keeps nothing in its place.
function candidates(target) {
  const pointed = [...document.querySelectorAll("main :hover")].at(-1);
  const rows = window.scrollY > 0 ? document.querySelectorAll("main [data-row][id]") : [];
  const near = [...around(pointed), ...around(document.activeElement), ...rows];
  return near.filter((found) => !found.contains(target) && inSight(found));
}

function placeOf(element) {
  return { element, id: element.id, href: element.getAttribute("href"), top: element.getBoundingClientRect().top };
}

// The element, or what came in its place.
function there({ element, id, href }) {
  if (element.isConnected) return element;
  return document.getElementById(id) ?? (href && document.querySelector(`main a[href="${CSS.escape(href)}"]`));
}

function moved(place) {
  return Math.round(there(place).getBoundingClientRect().top - place.top);
}

// A page that cannot be scrolled so far gets the room until the next update: below, or above in what came anew, whose own style htmx
// settles a moment later.
function makeRoom(place, part) {
  const left = moved(place);
  if (left > 0) document.body.style.minHeight = `${left + window.innerHeight + window.scrollY}px`;
  if (left >= 0 || !part) return;
  const room = part.insertBefore(document.createElement("div"), part.firstChild);
  room.style.height = `${-left}px`;
  room.style.height = `${Math.max(0, -left - moved(place))}px`; // less the gap that comes with it
}

function keep(place, part) {
  window.scrollBy({ top: moved(place), behavior: "instant" });
  if (moved(place) === 0) return;
  makeRoom(place, part);
  window.scrollBy({ top: moved(place), behavior: "instant" });
}

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const byHand = detail.requestConfig?.triggeringEvent?.isTrusted;
  held = byHand ? [] : candidates(detail.target).map(placeOf);
});
document.addEventListener("htmx:afterSwap", ({ detail }) => {
  const place = held.find(there);
  held = [];
  document.body.style.removeProperty("min-height");
  if (place) keep(place, document.getElementById(detail.target.id));
});
