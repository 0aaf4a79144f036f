// The keyboard of the judging page: digits by their place, letters by what they write.
import { choose, complain, firstMissing, leaveText, step } from "./criteria.js";
import { undo } from "./undo.js";
import { press } from "./wanted.js";

const digits = /^(Digit|Numpad)([0-9])$/;

function isTyping(target) {
  return target.matches("textarea, select, input:not([type=radio]):not([type=checkbox])");
}

function submit({ evenIncomplete }) {
  const missing = firstMissing();
  if (missing && !evenIncomplete) complain(missing);
  else document.getElementById("answers")?.requestSubmit();
}

function open(id) {
  const dialog = document.getElementById(id);
  if (dialog && !dialog.open) dialog.showModal();
}

function comment() {
  document.getElementById("comment")?.focus();
}

const letters = {
  s: () => open("skip"),
  u: undo,
  c: comment,
  a: () => press("ask"),
  x: () => press("diff"),
  z: () => press("zoom"),
  "/": () => press("find"),
  "?": () => open("keys"),
  ArrowDown: () => step(1),
  ArrowUp: () => step(-1),
};

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
  const act = letters[event.key] ?? letters[event.key.toLowerCase()];
  act?.();
  return Boolean(act);
}

function pressed(event) {
  if (event.isComposing || event.altKey || event.defaultPrevented) return;
  const dialog = document.querySelector("dialog[open]");
  if (dialog) return inDialog(event, dialog);
  if (event.ctrlKey || event.metaKey) {
    if (event.key !== "Enter") return;
    event.preventDefault();
    submit({ evenIncomplete: true });
  } else if (isTyping(event.target)) {
    if (event.key === "Escape") leaveText();
  } else if (onPage(event)) event.preventDefault();
}

export function listen() {
  document.addEventListener("keydown", pressed);
}
