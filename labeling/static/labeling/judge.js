// The judging page: wires the small modules together and swaps in what the server answers.
import { watchActivity } from "./activity.js";
import { begin as beginAhead, giveBackAhead, keepAhead, takeAhead, tokenAhead } from "./ahead.js";
import { begin as beginCriteria, firstMissing } from "./criteria.js";
import { begin as beginDrafts } from "./drafts.js";
import { begin as beginKeys, listen as listenToKeys } from "./keys.js";
import { begin as beginLease } from "./lease.js";
import { send, sendKept } from "./sending.js";
import { begin as beginUndo } from "./undo.js";
import { begin as beginWanted } from "./wanted.js";
import { announce, say, showState } from "./words.js";

const doubleClick = 400;
let shownAt = 0;
let touched = true;

function begin() {
  document.body.dataset.ready = "";
  beginCriteria();
  beginDrafts();
  beginLease();
  beginUndo();
  beginKeys();
  beginWanted();
}

function shownToken() {
  return document.querySelector("[data-answers]")?.dataset.token ?? "";
}

function show(page) {
  shownAt = performance.now();
  touched = false;
  document.body.replaceChildren(...page.body.childNodes);
  document.title = page.title;
  history.replaceState(null, "", location.pathname);
  window.htmx?.process(document.body);
  begin();
}

// What an answer says beside its item: how many there were today, and what can be undone.
function showBeside(page) {
  const today = page.querySelector("[data-today]");
  if (today) document.querySelector("[data-today]")?.replaceWith(today.cloneNode(true));
  const undo = page.querySelector("[data-undo]");
  document.querySelector("[data-undo]")?.remove();
  if (undo) document.body.append(undo);
  beginUndo();
}

function answered(html, entry) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const form = page.querySelector("[data-answers]");
  const held = form?.matches("[data-held]");
  if (held || (entry.showing && entry.showing === form?.dataset.token)) {
    showBeside(page);
    keepAhead(page);
  } else {
    const gone = entry.showing && form && form.dataset.token !== entry.token;
    takeAhead();
    show(page);
    if (gone) announce(say("moved"));
  }
  beginAhead();
}

// The next item is on the screen before the network is asked; `back` undoes that.
function showAhead(form) {
  const showing = navigator.onLine && !firstMissing() ? tokenAhead() : "";
  if (!showing) return send(form, { done: answered });
  const parked = [...document.body.childNodes];
  const title = document.title;
  let next = null;
  const back = () => {
    if (shownToken() === showing) giveBackAhead(wrapped());
    document.body.replaceChildren(...parked);
    document.title = title;
    touched = true; // it was seen before: whatever is pressed now is meant
    begin();
  };
  const wrapped = () => {
    const page = document.implementation.createHTMLDocument(next);
    page.body.append(...document.body.childNodes);
    page.querySelector("[data-answers]").dataset.held = "";
    return page;
  };
  if (!send(form, { done: answered, back, showing })) return false;
  const page = takeAhead();
  next = page.title;
  show(page);
  showState("saving");
  return true;
}

// The second half of a double click was meant for the item before.
function isEcho() {
  return !touched && performance.now() - shownAt < doubleClick;
}

for (const kind of ["change", "input"]) {
  document.addEventListener(kind, () => {
    touched = true;
  });
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-answers], [data-skip-form], [data-undo], [data-continue]")) return;
  event.preventDefault();
  if (!form.matches("[data-answers]")) send(form, { done: answered });
  else if (!isEcho()) showAhead(form);
});

listenToKeys();
watchActivity();
begin();
sendKept(answered);
beginAhead();
