// A taxonomy's labels, ranked by what is typed: label, synonym, code, then definition and branch.
// The order depends on nothing but the letters and the tree, so that hands can learn it.
const NONE = Infinity;
const rowsOf = new WeakMap();

function fold(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase();
}

function words(text) {
  return fold(text).match(/[\p{L}\p{N}]+/gu) ?? [];
}

// The letters are beginnings of words that follow each other: "crl" is "credit limit".
function abbreviates(letters, list) {
  if (!letters) return true;
  const [first, ...rest] = list;
  for (let taken = letters.length; first && taken > 0; taken -= 1) {
    if (first.startsWith(letters.slice(0, taken)) && abbreviates(letters.slice(taken), rest)) return true;
  }
  return false;
}

function inOrder(typed, list) {
  let at = 0;
  return typed.every((word) => {
    while (at < list.length && !list[at].startsWith(word)) at += 1;
    at += 1;
    return at <= list.length;
  });
}

// 0 for the same words, up to 4 for beginnings of some of them in another order.
function level(typed, list) {
  const whole = list.join(" ");
  if (whole === typed.join(" ")) return 0;
  if (whole.startsWith(typed.join(" "))) return 1;
  if (inOrder(typed, list)) return 2;
  if (typed.length === 1 && abbreviates(typed[0], list)) return 3;
  return typed.every((word) => list.some((other) => other.startsWith(word))) ? 4 : NONE;
}

// How good a label fits, and which synonym or code it fits by; of equals the shorter goes first,
// since more letters lead to the longer one.
function fit(row, typed) {
  const own = level(typed, row.label);
  if (own < NONE) return { rank: own + row.label.length / 100 };
  for (const [rank, texts] of [[5, row.synonyms], [10, [row.code]]]) {
    const best = texts.map((text) => ({ rank: rank + level(typed, words(text)), by: text }));
    const [first] = best.sort((one, other) => one.rank - other.rank);
    if (first?.rank < NONE) return first;
  }
  if (level(typed, row.all) < NONE) return { rank: 15 };
  return { rank: typed.every((word) => row.text.includes(word)) ? 16 : NONE };
}

function read(option) {
  const text = (name) => option.querySelector(name)?.textContent ?? "";
  const synonyms = option.dataset.words.split("|").filter(Boolean);
  const code = option.querySelector("input").value.slice(1);
  const all = [text(".label"), ...synonyms, code, text(".examples"), text(".path")].join(" ");
  return { option, name: option.querySelector(".label"), synonyms, code, label: words(text(".label")), all: words(all), text: fold(all) };
}

function narrow(picker) {
  const typed = words(picker.querySelector("input[type=search]").value);
  const found = [];
  for (const row of rowsOf.get(picker)) {
    const { rank, by } = typed.length ? fit(row, typed) : { rank: 0 };
    row.option.hidden = rank === NONE;
    row.name.dataset.by = by ?? "";
    if (rank < NONE) found.push({ rank, row });
  }
  found.sort((one, other) => one.rank - other.rank);
  picker.querySelector(".options").prepend(...found.map(({ row }) => row.option));
  underline(found.slice(0, 50), typed);
  mark(picker, typed.length ? shown(picker)[0] : null);
  say(picker, found.length, typed.length > 0);
}

// What was typed is underlined where it begins a word, without touching the page's text.
function underline(found, typed) {
  if (!globalThis.Highlight) return;
  const ranges = found.flatMap(({ row }) => begun(row.option.querySelector(".label").firstChild, typed));
  CSS.highlights.set("typed", new Highlight(...ranges));
}

function begun(text, typed) {
  return [...text.data.matchAll(/[\p{L}\p{M}\p{N}]+/gu)].flatMap(({ 0: word, index }) => {
    const fits = typed.filter((letters) => fold(word).startsWith(letters));
    if (!fits.length) return [];
    const range = new Range();
    range.setStart(text, index);
    range.setEnd(text, index + Math.min(word.length, Math.max(...fits.map((letters) => letters.length))));
    return [range];
  });
}

function shown(picker) {
  return [...picker.querySelectorAll("[data-words]:not([hidden])")];
}

function marked(picker) {
  return picker.querySelector("[data-marked]:not([hidden])");
}

function mark(picker, option) {
  picker.querySelector("[data-marked]")?.removeAttribute("data-marked");
  if (!option) return;
  option.dataset.marked = "";
  option.scrollIntoView({ block: "nearest" });
}

// Heard by those who do not see the list: how many labels fit, and which one Enter takes.
function say(picker, count, isTyped) {
  const place = picker.querySelector("[data-hits]");
  const text = (name) => marked(picker)?.querySelector(name)?.textContent ?? "";
  const taken = [text(".label"), text(".path")].filter(Boolean).join(", ");
  if (!isTyped) place.textContent = taken;
  else place.textContent = place.dataset[count ? "hits" : "none"].replace("#", count) + (taken && ` · ${taken}`);
}

function move(picker, step) {
  const options = shown(picker);
  const at = options.indexOf(marked(picker));
  mark(picker, options[Math.min(Math.max(at + step, 0), options.length - 1)]);
  say(picker, options.length, picker.querySelector("input[type=search]").value !== "");
}

function choose(picker) {
  const radio = marked(picker)?.querySelector("input");
  if (radio) {
    radio.checked = true;
    radio.dispatchEvent(new Event("change", { bubbles: true }));
  }
  if (picker.querySelector("input:checked")) picker.dispatchEvent(new Event("picked", { bubbles: true }));
}

const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8, Home: -NONE, End: NONE };

function keyed(event) {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  const search = event.currentTarget;
  const picker = search.closest("[data-picker]");
  if (event.key in steps) move(picker, steps[event.key]);
  else if (event.key === "Enter") choose(picker);
  else if (event.key === "Escape" && search.value) {
    search.value = "";
    narrow(picker);
  } else return;
  event.preventDefault();
  event.stopPropagation();
}

// Letters may have been typed before this module was there.
export function begin(picker) {
  rowsOf.set(picker, [...picker.querySelectorAll("[data-words]")].map(read));
  const search = picker.querySelector("input[type=search]");
  search.addEventListener("input", () => narrow(picker));
  search.addEventListener("keydown", keyed);
  picker.querySelector("input:checked")?.closest(".option").scrollIntoView({ block: "nearest" });
  if (search.value) narrow(picker);
}
