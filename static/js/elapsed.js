// Counts up in <time class="elapsed" data-seconds="2.4"> while a replay runs: data-seconds is the age when the server rendered it, so
// a wrong clock on this machine does not matter. data-since="<time>" is the second choice; without either the number stands still.

const POINT = document.documentElement.dataset.point ?? ".";
const started = new WeakMap();

function age(time) {
  const { seconds, since } = time.dataset;
  return seconds === undefined ? Math.max(0, (Date.now() - Date.parse(since)) / 1000) : Number(seconds);
}

function elapsed(time) {
  if (!started.has(time)) started.set(time, performance.now() - 1000 * age(time));
  return (performance.now() - started.get(time)) / 1000;
}

function words(seconds) {
  if (seconds < 60) return `${seconds.toFixed(1).replace(".", POINT)} s`;
  return `${Math.trunc(seconds / 60)} min ${Math.trunc(seconds % 60)} s`;
}

function tick() {
  const times = document.querySelectorAll(".elapsed:is([data-seconds], [data-since])");
  for (const time of times) time.textContent = words(elapsed(time));
}

tick();
setInterval(() => document.hidden || tick(), 100);
