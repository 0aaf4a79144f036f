// The page's own sentences, translated by the server, and the two places where they are shown.
export function say(name) {
  return document.getElementById("words")?.dataset[name] ?? "";
}

export function isSaid(text) {
  return document.querySelector("[data-announce]")?.textContent === text;
}

export function announce(text) {
  const place = document.querySelector("[data-announce]");
  if (place) place.textContent = text;
  if (text) place?.scrollIntoView({ block: "nearest" });
}

export function showState(state, count = 1) {
  const place = document.querySelector("[data-saved]");
  if (!place) return;
  place.dataset.state = state;
  place.textContent = count > 1 ? say("several").replace("#", count) : say(state);
}
