// What is typed is kept in this browser until it is acknowledged, and on the server a moment later.
import { csrf, isSending } from "./sending.js";
import { announce, showState } from "./words.js";

const pause = 1200;
const week = 7 * 24 * 3600 * 1000;
let timer = 0;
let sequence = 0;

function current() {
  return document.querySelector("[data-answers]");
}

function name({ dataset: { member, token } }) {
  return `fettle:${member}:${token}`;
}

function read(form) {
  try {
    return JSON.parse(localStorage.getItem(name(form)));
  } catch {
    return null;
  }
}

function fields(form) {
  return [...new FormData(form)].filter(([key]) => /^(answer-|text-|several-|proposed-|comment$|unsure$)/.test(key));
}

export function keep() {
  const form = current();
  if (!form) return;
  try {
    localStorage.setItem(name(form), JSON.stringify({ at: Date.now(), fields: fields(form) }));
  } catch {
    // Full or forbidden: the server's copy has to do.
  }
}

// What has been acknowledged; a skip ends the draft of the item that is on the screen.
export function forget({ form, token }) {
  const shown = current();
  const sent = form?.matches("[data-skip-form]") ? shown?.dataset.token : token;
  if (!sent) return;
  if (shown?.dataset.token === sent) clearTimeout(timer);
  try {
    localStorage.removeItem(name({ dataset: { member: document.body.dataset.member, token: sent } }));
  } catch {
    // Nothing was kept.
  }
}

function forgetOld() {
  try {
    for (const key of Object.keys(localStorage)) {
      if (!key.startsWith("fettle:") || key.split(":").length !== 3) continue;
      if (Date.now() - (JSON.parse(localStorage.getItem(key))?.at ?? 0) > week) localStorage.removeItem(key);
    }
  } catch {
    // Storage is not to be had.
  }
}

function restore(form) {
  const kept = read(form);
  if (!kept) return false;
  for (const box of form.querySelectorAll("input[type=radio], input[type=checkbox]")) box.checked = false;
  for (const [key, value] of kept.fields) {
    for (const box of form.querySelectorAll(`[name="${CSS.escape(key)}"]`)) {
      if (/^(radio|checkbox)$/.test(box.type)) box.checked ||= box.value === value;
      else box.value = value;
    }
  }
  form.dispatchEvent(new Event("restored"));
  return true;
}

function answers(form) {
  const given = {};
  for (const [key, value] of fields(form)) {
    if (key.startsWith("text-") && value.trim()) given[key.slice(5)] ??= value;
    if (key.startsWith("several-")) (given[key.slice(8)] ??= []).push(value.slice(1));
  }
  for (const [key, value] of fields(form)) {
    if (key.startsWith("answer-")) given[key.slice(7)] = value === "?" ? null : value.slice(1);
  }
  return given;
}

function typed(form) {
  const labels = fields(form).filter(([key]) => key.startsWith("proposed-"));
  const proposed = Object.fromEntries(labels.map(([key, label]) => [key.slice(9), label]));
  return { answers: answers(form), proposed, comment: form.comment.value, unsure: form.unsure.checked, sequence };
}

async function store(form) {
  if (form !== current() || isSending(form.dataset.token)) return;
  sequence += 1;
  const response = await fetch(form.dataset.draft, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrf() },
    body: JSON.stringify(typed(form)),
  }).catch(() => null);
  if (form !== current() || isSending(form.dataset.token)) return;
  if (response?.ok) showState("saved");
  else if (response?.status === 409) {
    showState("conflict");
    announce((await response.json()).message);
  } else showState("unsent");
}

function changed(event) {
  const form = event.target.form;
  if (!form?.matches("[data-answers]") || event.target.type === "search") return;
  keep();
  clearTimeout(timer);
  if (form.dataset.draft) timer = setTimeout(store, pause, form);
}

document.addEventListener("input", changed);
document.addEventListener("change", changed);

// Whether something had been kept that is shown again now.
export function begin() {
  clearTimeout(timer);
  const form = current();
  if (!form) return false;
  sequence = Number(form.dataset.sequence);
  forgetOld();
  return restore(form);
}
