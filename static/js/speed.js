// How fast a running replay writes, in each <span data-speed>: the text of the last seconds, four characters counted as a token, because
// tokens are known only at the end. What was there when the page opened does not count. The bar with Stop is shown while the page's
// head is out of sight.

const WINDOW_MS = 5000;
const LEAST_MS = 1000;
const PER_TOKEN = 4;
const seen = [];

function speed() {
  const [first, last] = [seen[0], seen.at(-1)];
  if (!first || last.at - first.at < LEAST_MS || last.length === first.length) return "";
  return `≈ ${Math.max(1, Math.round((1000 * (last.length - first.length)) / PER_TOKEN / (last.at - first.at)))} tok/s`;
}

function tick() {
  const out = document.getElementById("out");
  const lines = document.querySelectorAll("[data-speed]");
  if (document.hidden || !out || !lines.length) return seen.splice(0);
  const { length } = out.textContent;
  if (length || seen.length) seen.push({ at: performance.now(), length });
  while (seen.length && performance.now() - seen[0].at > WINDOW_MS) seen.shift();
  for (const line of lines) line.textContent = speed();
}

setInterval(tick, 500);

// The head is swapped now and then; the bar goes with the panel.
const watcher = new IntersectionObserver((entries) => {
  const bar = document.querySelector(".live-bar");
  const { target, isIntersecting } = entries.at(-1);
  if (bar && target.isConnected) bar.hidden = isIntersecting; // one that was swapped is out of sight, too
});

function watch() {
  watcher.disconnect();
  const head = document.querySelector("#replay .head");
  if (head) watcher.observe(head);
}

watch();
document.addEventListener("htmx:load", watch);
