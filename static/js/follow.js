// Live text (data-follow) keeps its end in sight while the reader is at the end, and leaves a reader who scrolled up alone.

const NEAR = 48;

// The block itself where it scrolls, the page otherwise.
function scroller(block) {
  return block.scrollHeight > block.clientHeight + 1 && getComputedStyle(block).overflowY !== "visible" ? block : document.documentElement;
}

function gap(box) {
  const height = box === document.documentElement ? window.innerHeight : box.clientHeight;
  return box.scrollHeight - box.scrollTop - height;
}

document.addEventListener("htmx:sseBeforeMessage", () => {
  const block = document.querySelector("[data-follow]");
  if (!block) return;
  const box = scroller(block);
  if (gap(box) < NEAR) requestAnimationFrame(() => box.scrollTo({ top: box.scrollHeight, behavior: "instant" }));
});
