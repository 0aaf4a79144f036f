// A text that is mended: what differs from the original is an answer, the original alone is none.
const words = /\s+|[\p{L}\p{N}\p{M}_]+|[^\s\p{L}\p{N}\p{M}_]/gu;

function tokens(text) {
  return [...text.matchAll(words)].map((found) => ({ word: found[0] }));
}

function piece(name, word) {
  return Object.assign(document.createElement(name), { textContent: word });
}

// The original with what was taken out and what was put in, in the order of the text.
async function changes(original, text) {
  const { onlyIn } = await import("./diff.js");
  const [left, right] = [tokens(original), tokens(text)];
  const [gone, come] = onlyIn(left, right).map((alone) => new Set(alone));
  const parts = [];
  let at = 0;
  for (const token of left) {
    while (at < right.length && come.has(right[at])) parts.push(piece("ins", right[at++].word));
    if (gone.has(token)) parts.push(piece("del", token.word));
    else parts.push(right[at++].word);
  }
  return [...parts, ...right.slice(at).map((token) => piece("ins", token.word))];
}

export function begin(place) {
  const criterion = place.closest("fieldset");
  const text = place.querySelector("[data-value]");
  const original = place.querySelector("[data-original]")?.value;
  const toggle = place.querySelector("[data-changes]");
  const shown = place.querySelector("[data-changed]");

  function draw() {
    const mended = text.value.trim() && text.value.trim() !== original?.trim();
    criterion.dataset.given = mended ? place.dataset.said : "";
  }

  async function showChanges() {
    if (!shown.hidden) shown.replaceChildren(...(await changes(original, text.value)));
  }

  function back() {
    text.value = original;
    text.dispatchEvent(new Event("input", { bubbles: true }));
    text.focus();
  }

  const keys = { 2: () => text.focus(), 3: () => toggle?.click(), 4: () => original !== undefined && back() };

  text.addEventListener("input", () => {
    draw();
    showChanges();
  });
  toggle?.addEventListener("click", () => {
    shown.hidden = !shown.hidden;
    toggle.setAttribute("aria-pressed", String(!shown.hidden));
    showChanges();
  });
  place.querySelector("[data-mend]").addEventListener("click", () => text.focus());
  place.querySelector("[data-back]")?.addEventListener("click", back);
  place.querySelector("[data-scripted]").hidden = false;
  criterion.addEventListener("digit", (event) => {
    const act = keys[event.detail];
    if (!act) return;
    event.preventDefault();
    act();
  });
  draw();
  criterion.form?.dispatchEvent(new Event("restored"));
}
