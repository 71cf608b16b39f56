// Keeps the demo's phone and inbox up to date. Without it the page says so once it is loaded again.

const seen = new Map();

async function refresh() {
  if (document.hidden) return;
  let fresh;
  try {
    const answer = await fetch("/demo");
    fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    return;
  }
  for (const part of document.querySelectorAll("[data-live]")) {
    const other = fresh.getElementById(part.id);
    if (!other || seen.get(part.id) === other.innerHTML) continue;
    seen.set(part.id, other.innerHTML);
    if (!part.contains(document.activeElement)) part.replaceChildren(...other.childNodes);
  }
}

setInterval(refresh, 1000);
