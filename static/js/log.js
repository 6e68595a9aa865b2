// The log's new rows: asked for every data-seconds while the tab is visible and nobody has paused. Without script there is none of it.

const live = document.getElementById("live");
const pause = live?.querySelector("button");
const every = 1000 * Number(live?.dataset.seconds ?? 10);
let asked = performance.now();

function tick() {
  if (document.hidden || pause.getAttribute("aria-pressed") === "true") return;
  if (performance.now() - asked < every) return;
  asked = performance.now();
  window.htmx.trigger("#log-mark", "log-tick");
}

if (live) {
  live.hidden = false;
  pause.addEventListener("click", () => {
    const paused = pause.getAttribute("aria-pressed") !== "true";
    pause.setAttribute("aria-pressed", String(paused));
    tick();
  });
  document.addEventListener("visibilitychange", tick);
  setInterval(tick, 500);
}
