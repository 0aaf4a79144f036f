// Spans of a text: selected with the mouse, by touch or with the arrows, labeled by a digit or a press.
// Places are kept in code points, as the server counts them; the browser counts in UTF-16.
import { mark, rangeIn } from "./ranges.js";

const line = /^(\d+)-(\d+) (\S+)$/;
const styles = 8;
const drawn = new Map();

// All of the text, hidden characters too, since the server counts them; not the names that they have.
function textOf(place) {
  const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT, (node) =>
    node.parentElement.matches(".control > span") ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT,
  );
  const nodes = [];
  let text = "";
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    nodes.push({ node, start: text.length });
    text += node.data;
  }
  return { nodes, text };
}

// All questions of a page share the names that its styles know.
function highlight(place, byStyle) {
  drawn.set(place, byStyle);
  for (const other of drawn.keys()) if (!other.isConnected) drawn.delete(other);
  for (let style = 1; style <= styles; style += 1) {
    mark(`span-${style}`, [...drawn.values()].flatMap((ranges) => ranges[style] ?? []));
  }
}

// Somebody's spans, taken over as a whole; to change them makes them one's own.
function takenOver(value) {
  return value.startsWith("=[{") ? JSON.parse(value.slice(1)) : [];
}

// Where a selection begins and ends in the text, whatever nodes its ends lie in.
function placesOf(range, { nodes }) {
  const starts = nodes.map(({ node, start }) => {
    if (node === range.startContainer) return start + range.startOffset;
    return range.comparePoint(node, 0) >= 0 ? start : Infinity;
  });
  const ends = nodes.map(({ node, start }) => {
    if (node === range.endContainer) return start + range.endOffset;
    return range.comparePoint(node, node.length) <= 0 ? start + node.length : 0;
  });
  return [Math.min(...starts), Math.max(...ends)];
}

export function begin(place) {
  const criterion = place.closest("fieldset");
  const kept = place.querySelector("[data-value]");
  const surface = place.querySelector("[data-text]");
  const labels = [...place.querySelectorAll("[data-label]")];
  const heard = place.querySelector("[data-heard]");
  const shown = surface.querySelector(".text"); // without the white space of the page around it
  const known = textOf(shown);
  const { text } = known;
  const pieces = {};
  let spans = [];
  let selected = null; // where it was begun and where it has come to

  const points = (units) => [...text.slice(0, units)].length;
  const units = (count) => [...text].slice(0, count).join("").length;

  function read() {
    const found = kept.value.split("\n").map((row) => line.exec(row.trim())).filter(Boolean);
    spans = found.map(([, start, end, label]) => ({ start: Number(start), end: Number(end), label }));
  }

  const named = (label) => labels.find((button) => button.dataset.label === label);
  const wordsOf = (span) => text.slice(units(span.start), units(span.end));
  const nameOf = (span) => named(span.label)?.querySelector(".label").textContent ?? span.label;

  function row(span) {
    const item = document.createElement("li");
    const swatch = Object.assign(document.createElement("span"), { className: "swatch" });
    const words = Object.assign(document.createElement("bdi"), { textContent: wordsOf(span), dir: "auto" });
    const remove = Object.assign(document.createElement("button"), { type: "button", className: "compact" });
    item.dataset.number = named(span.label)?.dataset.number ?? "";
    remove.textContent = place.dataset.remove;
    remove.setAttribute("aria-label", `${place.dataset.remove}: ${nameOf(span)}, ${wordsOf(span)}`);
    remove.addEventListener("click", () => {
      spans = spans.filter((other) => other !== span);
      keep();
      surface.focus();
    });
    item.append(swatch, `${nameOf(span)}: `, words, " ", remove);
    return item;
  }

  function draw() {
    const byStyle = {};
    for (const span of spans.filter(({ start, end }) => start < end)) {
      const style = ((Number(named(span.label)?.dataset.number ?? 1) - 1) % styles) + 1;
      (byStyle[style] ??= []).push(rangeIn(known, units(span.start), units(span.end)));
    }
    highlight(place, byStyle);
    place.querySelector("[data-marks]").replaceChildren(...spans.map(row));
    criterion.dataset.given = spans.map((span) => `${nameOf(span)}: ${wordsOf(span)}`).join(", ");
  }

  function keep() {
    spans.sort((one, other) => one.start - other.start || one.end - other.end);
    kept.value = spans.map(({ start, end, label }) => `${start}-${end} ${label}`).join("\n");
    draw();
    kept.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function chosen() {
    if (!selected) return null;
    let [start, end] = [...selected].sort((one, other) => one - other);
    while (start < end && /\s/u.test(text[start])) start += 1;
    while (start < end && /\s/u.test(text[end - 1])) end -= 1;
    return start < end ? { start: points(start), end: points(end) } : null;
  }

  function label(key) {
    const range = chosen();
    if (!range) return;
    const same = spans.find((span) => span.label === key && span.start === range.start && span.end === range.end);
    const clash = (span) => span !== same && span.start < range.end && range.start < span.end;
    const wrong = !same && !("overlapping" in place.dataset) && spans.some(clash);
    place.querySelector("[data-wrong]").hidden = !wrong;
    if (wrong) return;
    if (same) spans = spans.filter((span) => span !== same);
    else spans.push({ ...range, label: key });
    keep();
    heard.textContent = criterion.dataset.given;
    select(units(range.end), units(range.end));
  }

  function at(count) {
    const { startContainer, startOffset } = count < text.length
      ? rangeIn(known, count, count + 1)
      : { startContainer: known.nodes.at(-1).node, startOffset: known.nodes.at(-1).node.length };
    return [startContainer, startOffset];
  }

  function select(from, to) {
    selected = [from, to];
    document.getSelection().setBaseAndExtent(...at(from), ...at(to));
    heard.textContent = text.slice(Math.min(from, to), Math.max(from, to)) || heard.textContent;
  }

  function piecesOf(granularity) {
    pieces[granularity] ??= [...new Intl.Segmenter(undefined, { granularity }).segment(text)]
      .filter((piece) => granularity === "grapheme" || piece.isWordLike)
      .map((piece) => [piece.index, piece.index + piece.segment.length]);
    return pieces[granularity];
  }

  // The next word, or the word before.
  function step(forward, granularity) {
    const list = piecesOf(granularity);
    const [from, to] = selected ?? [0, 0];
    const next = forward
      ? list.find(([start]) => start >= Math.max(from, to))
      : list.findLast(([, end]) => end <= Math.min(from, to));
    if (next) select(...next);
  }

  // The selection grows or shrinks by a word: behind where it was begun to ends, before it to starts.
  function extend(forward, granularity) {
    const [from, to] = selected ?? [0, 0];
    const list = piecesOf(granularity).map(([start, end]) => (end > from ? end : start));
    const edges = [...list, from].sort((one, other) => one - other);
    const next = forward ? edges.find((edge) => edge > to) : edges.findLast((edge) => edge < to);
    if (next !== undefined) select(from, next);
  }

  function pressed(event) {
    if (event.isComposing || event.metaKey || !/^Arrow(Left|Right)$/.test(event.key)) return;
    event.preventDefault();
    const forward = (event.key === "ArrowRight") !== (getComputedStyle(shown).direction === "rtl");
    const act = event.shiftKey ? extend : step;
    act(forward, event.ctrlKey || event.altKey ? "grapheme" : "word");
  }

  function noticed() {
    if (!place.isConnected) return document.removeEventListener("selectionchange", noticed);
    const selection = document.getSelection();
    const range = selection.isCollapsed ? null : selection.getRangeAt(0);
    if (!range || !surface.contains(range.commonAncestorContainer)) return;
    const [start, end] = placesOf(range, known);
    const back = range.startContainer !== selection.anchorNode || range.startOffset !== selection.anchorOffset;
    selected = back ? [end, start] : [start, end];
  }

  place.querySelector("[data-plain]").hidden = true;
  place.querySelector("[data-scripted]").hidden = false;
  for (const button of labels) {
    button.addEventListener("pointerdown", (event) => event.preventDefault());
    button.addEventListener("click", (event) => {
      label(button.dataset.label);
      if (event.detail) surface.focus({ preventScroll: true }); // by mouse: Enter goes on
    });
  }
  surface.addEventListener("keydown", pressed);
  document.addEventListener("selectionchange", noticed);
  criterion.addEventListener("digit", (event) => {
    const button = labels[event.detail - 1];
    if (!button) return;
    event.preventDefault();
    label(button.dataset.label);
  });
  criterion.addEventListener("change", (event) => {
    if (!event.target.matches("[data-alone]:checked")) return;
    [spans, kept.value] = [takenOver(event.target.value), ""];
    draw();
  });
  read();
  draw();
  criterion.form?.dispatchEvent(new Event("restored"));
}
