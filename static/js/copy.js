// data-copy="text" and data-copy-from="id" buttons copy; the status line says so.

function wanted(button) {
  if (button.dataset.copyFrom === undefined) return button.dataset.copy || window.location.href;
  const source = document.getElementById(button.dataset.copyFrom);
  return source.value ?? source.textContent;
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

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-copy-from]");
  if (!button) return;
  const focused = document.activeElement;
  const done = await copy(wanted(button));
  focused?.focus({ preventScroll: true });
  button.toggleAttribute("data-done", done);
  setTimeout(() => button.removeAttribute("data-done"), 1600);
  const words = button.dataset.copied ?? "Copied.";
  document.getElementById("status").textContent = done ? words : "Copying did not work. Select the text and copy it.";
});
