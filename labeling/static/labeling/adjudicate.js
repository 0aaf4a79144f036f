// The adjudicating page by keyboard: digits choose, Space shows the answers, Enter decides.
import { begin, choose, complain, firstMissing, leaveText, step } from "./criteria.js";
import { begin as beginUndo, undo } from "./undo.js";
import { begin as beginWanted, press } from "./wanted.js";

const digits = /^(Digit|Numpad)([0-9])$/;

function form() {
  return document.getElementById("answers");
}

function isTyping(target) {
  return target.matches("textarea, select, input:not([type=radio]):not([type=checkbox])");
}

function submit() {
  const missing = firstMissing();
  if (missing) complain(missing);
  else form()?.requestSubmit();
}

function reason() {
  const focused = document.querySelector("[data-criterion].focused");
  const all = [...document.querySelectorAll("[data-reason]")];
  const after = all.find((text) => focused && focused.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING);
  (after ?? all[0])?.focus();
}

const letters = {
  " ": () => form()?.dataset.step === "reveal" && submit(),
  Enter: submit,
  n: reason,
  p: () => document.querySelector("[data-park]")?.requestSubmit(),
  u: undo,
  x: () => press("diff"),
  z: () => press("zoom"),
  "/": () => press("find"),
  "?": () => document.getElementById("keys").showModal(),
  ArrowDown: () => step(1),
  ArrowUp: () => step(-1),
};

function onPage(event) {
  const digit = digits.exec(event.code)?.[2];
  if (digit && !event.shiftKey) return choose(Number(digit));
  const own = event.target.closest("button, a, summary");
  if (own && (event.key === "Enter" || event.key === " ")) return false;
  const act = letters[event.key] ?? letters[event.key.toLowerCase()];
  act?.();
  return Boolean(act);
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.altKey || event.defaultPrevented) return;
  if (document.querySelector("dialog[open]")) return;
  if (event.ctrlKey || event.metaKey) {
    if (event.key !== "Enter") return;
    event.preventDefault();
    submit();
  } else if (isTyping(event.target)) {
    if (event.key === "Escape") leaveText();
  } else if (onPage(event)) event.preventDefault();
});

document.body.dataset.ready = "";
beginUndo();
beginWanted();
begin();
