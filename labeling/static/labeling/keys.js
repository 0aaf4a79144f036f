// The keyboard of the judging pages: digits by their place, letters by what they write. A letter does
// what its owner has chosen for it: it presses the button, or leads to the field, that says it is that.
import { choose, complain, firstMissing, leaveText, step } from "./criteria.js";

const digits = /^(Digit|Numpad)([0-9])$/;
const usual = {
  skip: "s", undo: "u", back: "b", comment: "c", unsure: "n", ask: "a", gap: "g", park: "p", reason: "n",
  reveal: "v", find: "/", diff: "x", zoom: "z", explain: "i",
};

function isTyping(target) {
  return target.matches("textarea, select, input:not([type=radio]):not([type=checkbox])");
}

export function submit() {
  const missing = firstMissing();
  if (missing) complain(missing);
  else document.getElementById("answers")?.requestSubmit();
}

function keys() {
  return { ...usual, ...JSON.parse(document.body.dataset.keys ?? "{}") };
}

// Outputs scroll together, then the item does; where it does not, it is the page.
function scroll(by) {
  const places = [".item .side", ".item", ":root"].flatMap((name) => [...document.querySelectorAll(name)]);
  const canScroll = (one) => (by < 0 ? one.scrollTop > 0 : one.scrollTop + one.clientHeight < one.scrollHeight - 1);
  places.find(canScroll)?.scrollBy(0, by * 0.6 * innerHeight);
}

// What a page does otherwise than by pressing what says it does that.
const acts = {};

// Of actions of different pages that share a key it does the one that is to be had here.
function isHere(action) {
  return action in acts || document.querySelector(`[data-act=${action}]`);
}

function press(action) {
  const mark = `[data-act=${action}]`;
  const element = document.querySelector(`.focused ${mark}`) ?? document.querySelector(mark);
  if (action in acts) acts[action]();
  else if (element?.matches("textarea, input:not([type=checkbox])")) element.focus();
  else element?.click();
}

// These answer `false` where the key is to do what it does elsewhere; a chosen key comes first.
const always = {
  "?": () => document.querySelector("[data-open=keys]").click(),
  arrowdown: () => step(1),
  arrowup: () => step(-1),
  arrowleft: () => press("back"),
  j: () => scroll(1),
  k: () => scroll(-1),
};

// On a keyboard of another script the place of a letter counts, unless its own was chosen.
function namesOf(event) {
  const latin = /^[\x20-\x7e]$/.test(event.key);
  return [event.key.toLowerCase(), latin ? "" : event.code.replace(/^Key/, "").toLowerCase()].filter(Boolean);
}

function chosen(names) {
  const actions = Object.entries(keys());
  for (const name of names) {
    const found = actions.filter(([, key]) => key === name).map(([action]) => action);
    if (found.length) return found.find(isHere) ?? found[0];
  }
  return "";
}

function inDialog(event, dialog) {
  const digit = digits.exec(event.code)?.[2];
  if (!digit || isTyping(event.target)) return;
  const option = dialog.querySelectorAll(".reasons input")[Number(digit) - 1];
  if (!option) return;
  option.checked = true;
  option.focus();
  event.preventDefault();
}

function onPage(event) {
  const digit = digits.exec(event.code)?.[2];
  if (digit && !event.shiftKey) return choose(Number(digit));
  if (event.key === "Enter") {
    if (event.target.closest("button, a, summary")) return false;
    submit();
    return true;
  }
  const names = namesOf(event);
  const action = chosen(names);
  if (action) {
    press(action);
    return true;
  }
  const act = always[names.find((name) => name in always)];
  return Boolean(act) && act(event) !== false;
}

function pressed(event) {
  if (event.isComposing || event.altKey || event.defaultPrevented) return;
  const dialog = document.querySelector("dialog[open]");
  if (dialog) return inDialog(event, dialog);
  if (event.ctrlKey || event.metaKey) {
    if (event.key === "Enter") submit();
    else if (event.key === "z" && !isTyping(event.target)) press("undo");
    else return;
    event.preventDefault();
  } else if (isTyping(event.target)) {
    if (event.key === "Escape") leaveText();
  } else if (onPage(event)) event.preventDefault();
}

export function listen({ does = {}, keys = {} } = {}) {
  Object.assign(acts, does);
  Object.assign(always, keys);
  document.addEventListener("keydown", pressed);
}

// Each button prints the key that its owner has chosen; the server has printed the sheet.
export function begin() {
  if (!document.body.dataset.keys) return;
  for (const [action, key] of Object.entries(keys())) {
    for (const place of document.querySelectorAll(`[data-act=${action}] > kbd, kbd[data-act-of=${action}]`)) {
      place.textContent = key.toUpperCase();
    }
  }
}
