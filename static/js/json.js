// Every node of the JSON explorer gets "copy value" and "copy path". A value is fetched when it is copied, so that what the page
// cut short is whole; the path is made of the node's pointer. Buttons are made here and not sent: there may be hundreds.

const template = document.getElementById("node-copy");

// The same rules as `dotted` in generations/reading/text.py.
function step(key) {
  if (/^\d+$/.test(key)) return `[${key}]`;
  return /^[A-Za-z_$][\w$-]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

function pathOf(at) {
  const steps = at.split("/").slice(1);
  return steps.map((one) => step(one.replaceAll("~1", "/").replaceAll("~0", "~"))).join("").replace(/^\./, "");
}

function dress(node) {
  const tree = node.closest(".json-root");
  if (!tree || !node.dataset.at || node.querySelector(":scope > .node-copy")) return;
  const buttons = template.content.firstElementChild.cloneNode(true);
  const path = pathOf(node.dataset.at.slice((tree.dataset.root ?? "").length));
  const [value, way] = buttons.children;
  value.dataset.copyUrl = `${tree.dataset.base}/parts/value?at=${encodeURIComponent(node.dataset.at)}`;
  way.dataset.copy = path;
  for (const button of buttons.children) {
    button.title = `Copy ${button.dataset.what}`;
    button.setAttribute("aria-label", `Copy ${button.dataset.what} of ${path}`);
  }
  node.prepend(buttons);
}

function dressAll(within) {
  if (within.matches?.("li[data-at]")) dress(within);
  within.querySelectorAll(".json-root li[data-at], li[data-at]").forEach(dress);
}

dressAll(document);
document.addEventListener("htmx:load", (event) => dressAll(event.detail.elt));
