// data-copy="text", data-copy-from="id" and data-copy-link="path" buttons copy; feedback.js says so. A link or button with
// data-copy-url copies what that address (without a value: the link's own) answers.

// The address of a page as others need it: without the list that it was opened from.
function link(path) {
  const { origin, pathname } = new URL(path, window.location.href);
  return origin + pathname;
}

function wanted(button) {
  if (button.dataset.copyLink !== undefined) return link(button.dataset.copyLink);
  if (button.dataset.copyFrom === undefined) return button.dataset.copy || window.location.href;
  const source = document.getElementById(button.dataset.copyFrom);
  return source.value ?? source.textContent;
}

async function fetched(button) {
  const answer = await fetch(button.dataset.copyUrl || button.href);
  if (!answer.ok || answer.redirected) throw new Error("nothing to copy");
  return answer.text();
}

// Without a secure context (http on a local network) there is no clipboard object.
function copyBySelection(text) {
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  area.style.opacity = "0";
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  return copied;
}

// The clipboard is asked at once, with what is still on its way: later some browsers take it for something else than the click.
async function copy(coming) {
  try {
    const blob = coming.then((text) => new Blob([text], { type: "text/plain" }));
    await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
    return true;
  } catch {
    return copyBySelection(await coming);
  }
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-copy-from], [data-copy-link], [data-copy-url]");
  if (!button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const remote = button.dataset.copyUrl !== undefined;
  if (remote) event.preventDefault();
  const focused = document.activeElement;
  const done = await copy(remote ? fetched(button) : Promise.resolve(wanted(button))).catch(() => false);
  focused?.focus({ preventScroll: true });
  button.toggleAttribute("data-done", done);
  setTimeout(() => button.removeAttribute("data-done"), 1600);
  const value = done ? (button.dataset.copied ?? "Copied.") : "Copying failed. Select the text and copy it.";
  // A key presses a control that may be anywhere, and a menu closes behind its click.
  const control = event.isTrusted && !button.closest(".menu-list") ? button : null;
  document.dispatchEvent(new CustomEvent("said", { detail: { value, control, failed: !done } }));
});
