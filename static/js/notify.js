// Who allows it is told by the browser when a replay or a batch ends while its tab is hidden ("ended", sent by title.js). The button
// (data-notify) that asks for leave is shown only where that is still open.

const supported = "Notification" in window && window.isSecureContext;

function offer() {
  const open = supported && Notification.permission === "default";
  for (const button of document.querySelectorAll("[data-notify]")) button.hidden = !open;
}

function say(value, failed = false) {
  document.dispatchEvent(new CustomEvent("said", { detail: { value, control: null, failed } }));
}

async function ask() {
  const answer = await Notification.requestPermission();
  offer();
  if (answer === "granted") say("Your browser will say when it ends");
  else say("Your browser does not allow notifications", true);
}

function show({ detail }) {
  if (!supported || !document.hidden || Notification.permission !== "granted") return;
  const shown = new Notification(detail, { tag: window.location.pathname });
  shown.onclick = () => {
    window.focus();
    shown.close();
  };
}

offer();
document.addEventListener("htmx:load", offer);
document.addEventListener("click", (event) => event.target.closest("[data-notify]") && ask());
document.addEventListener("ended", show);
