// When a replay or batch on this page ends, the tab's title says so, and notify.js hears of it. While the tab is hidden its stream is closed, so the state is asked
// for now and then at data-poll, a JSON document with a `state`.

const ENDED = { succeeded: "Succeeded", failed: "Failed", cancelled: "Cancelled", interrupted: "Interrupted", done: "Done" };
const POLL_MS = 5000;
const plain = document.title.replace(/^(Queued|Running) · /, "");
let last = document.querySelector("[data-state]")?.dataset.state;
let timer = 0;

function note(state) {
  if (state in ENDED && last && !(last in ENDED)) {
    document.title = `${ENDED[state]} · ${plain}`;
    document.dispatchEvent(new CustomEvent("ended", { detail: document.title }));
  }
  last = state ?? last;
}

function look() {
  note(document.querySelector("[data-state]")?.dataset.state);
}

async function ask() {
  const url = document.querySelector("[data-poll]")?.dataset.poll;
  if (!url || last in ENDED) return;
  const answer = await fetch(url, { headers: { Accept: "application/json" } }).catch(() => null);
  if (answer?.ok) note((await answer.json()).state);
}

document.addEventListener("htmx:load", look);
document.addEventListener("visibilitychange", () => {
  clearInterval(timer);
  if (document.hidden) timer = setInterval(ask, POLL_MS);
});
