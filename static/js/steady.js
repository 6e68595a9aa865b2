// What a page brings by itself (a poll, a stream's event, new rows on top) leaves the row under the pointer where it is, so that a click
// hits what it was meant for: the page is scrolled by as much as the row has moved. Without a pointer on one it is the focused one, or
// the first in sight of a page that was scrolled. Browsers keep no place across a swap, and Safari none at all.

let held = [];

const named = (element) => {
  const near = element?.closest("main [id], main tr");
  return near?.matches("tr:not([id])") ? (near.querySelector("[id]") ?? near.closest("[id]")) : near;
};

function inSight(element) {
  const { top, bottom } = element.getBoundingClientRect();
  return bottom > 0 && top < window.innerHeight;
}

// What may be kept in its place, the best first. What holds all that comes anew keeps nothing in its place.
function candidates(target) {
  const pointed = [...document.querySelectorAll("main :hover")].at(-1);
  const rows = window.scrollY > 0 ? document.querySelectorAll("main [data-row][id]") : [];
  return [named(pointed), named(document.activeElement), ...rows].filter((found) => found && !found.contains(target) && inSight(found));
}

// A page that cannot be scrolled so far gets the room, until the next update.
function makeRoom(left, part) {
  if (left < 0) part.style.paddingTop = `${-left}px`;
  else part.style.paddingBottom = `${left + window.innerHeight + window.scrollY - document.documentElement.scrollHeight}px`;
}

function moved({ id, top }) {
  return Math.round(document.getElementById(id).getBoundingClientRect().top - top);
}

function keep(place, part) {
  window.scrollBy({ top: moved(place), behavior: "instant" });
  if (moved(place) === 0 || !part) return;
  makeRoom(moved(place), part);
  window.scrollBy({ top: moved(place), behavior: "instant" });
}

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const byHand = detail.requestConfig?.triggeringEvent?.isTrusted;
  held = byHand ? [] : candidates(detail.target).map((found) => ({ id: found.id, top: found.getBoundingClientRect().top }));
});
document.addEventListener("htmx:afterSwap", ({ detail }) => {
  const place = held.find(({ id }) => document.getElementById(id));
  held = [];
  if (place) keep(place, document.getElementById(detail.target.id));
});
