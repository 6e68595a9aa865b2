// When a replay or batch on this page ends, the tab's title says so, and notify.js hears of it. While the tab is hidden its stream is
// closed, so the state is asked for now and then at data-poll, a JSON document with a `state`. A replay has an `outcome`, too: a
// failure that was reproduced, an end without an answer.

const ENDED = {
  succeeded: "Succeeded",
  empty: "Finished without an answer",
  failed: "Failed",
  reproduced: "Reproduced",
  cancelled: "Cancelled",
  interrupted: "Interrupted",
  done: "Done",
};
const POLL_MS = 5000;
const plain = document.title.replace(/^(Queued|Running) · /, "");
let last = shown();
let timer = 0;

function shown() {
  const { state, outcome } = document.querySelector("[data-state]")?.dataset ?? {};
  return outcome ?? state;
}

function note(state) {
  if (state in ENDED && last && !(last in ENDED)) {
    document.title = `${ENDED[state]} · ${plain}`;
    document.dispatchEvent(new CustomEvent("ended", { detail: document.title }));
  }
  last = state ?? last;
}

function look() {
  note(shown());
}

async function ask() {
  const url = document.querySelector("[data-poll]")?.dataset.poll;
  if (!url || last in ENDED) return;
  const answer = await fetch(url, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok) return;
  const { state, outcome } = await answer.json();
  note(outcome ?? state);
}

document.addEventListener("htmx:load", look);
document.addEventListener("visibilitychange", () => {
  clearInterval(timer);
  if (document.hidden) timer = setInterval(ask, POLL_MS);
});
