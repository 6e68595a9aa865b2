// htmx does not swap 4xx and 5xx answers: say what happened in the one alert. Retake's own short answers are said as they are;
// whole pages (a proxy's, for example) are not.

const WORDS = {
  0: "Retake did not answer. Check the connection and try again.",
  403: "You may not do this in this team. An admin can change your role.",
  404: "This is no longer here. Reload the page.",
  409: "Someone else changed this first. Reload the page and try again.",
  413: "This is too large to send.",
  429: "Too many requests. Wait a moment and try again.",
  503: "Retake is busy or being updated. Try again in a moment.",
};
const LONGEST = 300;
const alertBox = document.getElementById("alert");
let failedPath = "";

function sentence(xhr) {
  if (/<(!doctype|html|title)/i.test(xhr.responseText)) return "";
  const { textContent } = new DOMParser().parseFromString(xhr.responseText, "text/html").body;
  const tidy = textContent.replace(/\s+/g, " ").trim();
  return tidy.length <= LONGEST ? tidy : "";
}

function words(xhr) {
  const otherwise = `Retake could not do this (status ${xhr.status}). Try again; if the problem persists, tell your operator.`;
  return sentence(xhr) || (WORDS[xhr.status] ?? otherwise);
}

function say(event, text) {
  failedPath = event.detail.requestConfig?.path;
  alertBox.querySelector("[data-words]").textContent = text;
  alertBox.hidden = false;
}

document.addEventListener("htmx:responseError", (event) => say(event, words(event.detail.xhr)));
document.addEventListener("htmx:sendError", (event) => say(event, WORDS[0]));
document.addEventListener("htmx:timeout", (event) => say(event, WORDS[0]));
// What failed works again: the message is out of date.
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.successful && detail.requestConfig.path === failedPath) alertBox.hidden = true;
});
alertBox.querySelector("button").addEventListener("click", () => (alertBox.hidden = true));
