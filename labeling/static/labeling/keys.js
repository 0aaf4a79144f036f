// The keyboard of the judging page: digits by their place, letters by what they write. A letter does
// what its owner has chosen for it: it presses the button, or leads to the field, that says it is that.
import { choose, complain, firstMissing, leaveText, step } from "./criteria.js";

const digits = /^(Digit|Numpad)([0-9])$/;
const usual = {
  skip: "s", undo: "u", back: "b", comment: "c", unsure: "n", ask: "a", reveal: "v", find: "/", diff: "x", zoom: "z", explain: "i",
};

function isTyping(target) {
  return target.matches("textarea, select, input:not([type=radio]):not([type=checkbox])");
}

function submit({ evenIncomplete }) {
  const missing = firstMissing();
  if (missing && !evenIncomplete) complain(missing);
  else document.getElementById("answers")?.requestSubmit();
}

function keys() {
  return { ...usual, ...JSON.parse(document.body.dataset.keys ?? "{}") };
}

function press(action) {
  const mark = `[data-act=${action}]`;
  const element = document.querySelector(`.focused ${mark}`) ?? document.querySelector(mark);
  if (element?.matches("textarea, input:not([type=checkbox])")) element.focus();
  else element?.click();
}

const always = {
  "?": () => document.querySelector("[data-open=keys]").click(),
  ArrowDown: () => step(1),
  ArrowUp: () => step(-1),
  ArrowLeft: () => press("back"),
};

// On a keyboard of another script the place of a letter counts, unless its own was chosen.
function chosen(event) {
  const actions = Object.entries(keys());
  const latin = /^[\x20-\x7e]$/.test(event.key);
  const names = [event.key.toLowerCase(), latin ? "" : event.code.replace(/^Key/, "").toLowerCase()];
  for (const name of names) {
    const found = actions.find(([, key]) => key === name);
    if (name && found) return found[0];
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
    submit({ evenIncomplete: false });
    return true;
  }
  const action = chosen(event);
  if (action) press(action);
  else always[event.key]?.();
  return Boolean(action || always[event.key]);
}

function pressed(event) {
  if (event.isComposing || event.altKey || event.defaultPrevented) return;
  const dialog = document.querySelector("dialog[open]");
  if (dialog) return inDialog(event, dialog);
  if (event.ctrlKey || event.metaKey) {
    if (event.key === "Enter") submit({ evenIncomplete: true });
    else if (event.key === "z" && !isTyping(event.target)) press("undo");
    else return;
    event.preventDefault();
  } else if (isTyping(event.target)) {
    if (event.key === "Escape") leaveText();
  } else if (onPage(event)) event.preventDefault();
}

export function listen() {
  document.addEventListener("keydown", pressed);
}

// Each button and the sheet print the key that its owner has chosen.
export function begin() {
  if (!document.body.dataset.keys) return;
  for (const [action, key] of Object.entries(keys())) {
    for (const place of document.querySelectorAll(`[data-act=${action}] > kbd, kbd[data-act-of=${action}]`)) {
      place.textContent = key.toUpperCase();
    }
  }
}
