// Where two outputs differ: the words of each that the other does not have in their place.
import { mark, rangeIn, textOf, unmark } from "./ranges.js";

const words = /[\p{L}\p{N}\p{M}_]+|[^\s\p{L}\p{N}\p{M}_]/gu;
const most = 2000; // edits; texts further apart than this are simply different

function tokensOf(place) {
  const known = textOf(place);
  const tokens = [...known.text.matchAll(words)].map((found) => ({ word: found[0], start: found.index }));
  return { known, tokens };
}

// Myers: how far each diagonal is reached by each number of edits, kept to walk back on.
function trace(left, right) {
  const bound = Math.min(left.length + right.length, most);
  const reached = new Int32Array(2 * bound + 3);
  const steps = [];
  for (let edits = 0; edits <= bound; edits += 1) {
    steps.push(reached.slice(bound - edits, bound + edits + 3));
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      const at = diagonal + bound + 1;
      const down = diagonal === -edits || (diagonal !== edits && reached[at - 1] < reached[at + 1]);
      let x = down ? reached[at + 1] : reached[at - 1] + 1;
      while (x < left.length && left[x].word === right[x - diagonal]?.word) x += 1;
      reached[at] = x;
      if (x >= left.length && x - diagonal >= right.length) return steps;
    }
  }
  return null;
}

// The words that stand only on the left, and those only on the right.
export function onlyIn(left, right) {
  const steps = trace(left, right);
  if (!steps) return [left, right];
  const alone = [[], []];
  let diagonal = left.length - right.length;
  for (let edits = steps.length - 1; edits > 0; edits -= 1) {
    const before = (at) => steps[edits][at + edits + 1];
    const down = diagonal === -edits || (diagonal !== edits && before(diagonal - 1) < before(diagonal + 1));
    diagonal += down ? 1 : -1;
    const x = before(diagonal);
    if (down) alone[1].push(right[x - diagonal]);
    else alone[0].push(left[x]);
  }
  return alone;
}

function rangesOf(known, tokens) {
  return tokens.map(({ word, start }) => rangeIn(known, start, start + word.length));
}

export function act(button) {
  const pressed = button.getAttribute("aria-pressed") === "true";
  button.setAttribute("aria-pressed", String(!pressed));
  unmark("differs");
  if (pressed) return;
  const [left, right] = [...document.querySelectorAll(".side")].map(tokensOf);
  const [alone, other] = onlyIn(left.tokens, right.tokens);
  mark("differs", [...rangesOf(left.known, alone), ...rangesOf(right.known, other)]);
}
