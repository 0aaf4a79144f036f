// Ask about the item, or tell of a gap: the form of its own page, in a dialog over this one. What is
// typed is kept in this browser until it has been sent.
import { csrf, reason } from "./sending.js";
import { announce, say } from "./words.js";

async function formFrom(address) {
  const response = await fetch(address);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  return response.ok ? page.querySelector("[data-ask]") : null;
}

// Named like a draft, so that it is forgotten like one after a week.
function name(form) {
  return `fettle:${document.body.dataset.member}:${form.action.split("/").at(-3)}-${form.kind.value}`;
}

function keep(form) {
  try {
    localStorage.setItem(name(form), JSON.stringify({ at: Date.now(), text: form.text.value }));
  } catch {
    // It is there as long as the dialog is.
  }
}

function restore(form) {
  try {
    form.text.value = JSON.parse(localStorage.getItem(name(form)))?.text ?? "";
  } catch {
    // Nothing was kept.
  }
}

function forget(form) {
  try {
    localStorage.removeItem(name(form));
  } catch {
    // Nothing was kept.
  }
}

async function sent(form) {
  const body = new FormData(form);
  body.delete("csrfmiddlewaretoken"); // who logs in again gets another one
  const headers = { "X-Requested-With": "judge", "X-CSRFToken": csrf() };
  const asked = { method: "POST", body, headers, redirect: "manual" };
  const response = await fetch(form.action, asked).catch(() => null);
  if (!response || response.status >= 500) return { message: form.dataset.away };
  if (response.ok) return { done: true, message: (await response.json()).message };
  if (response.status === 400) {
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    return { message: page.querySelector("[data-ask] .error")?.textContent ?? "" };
  }
  const { why, waits } = await reason(response);
  return { message: waits ? form.dataset.ended : why };
}

async function submit(event) {
  event.preventDefault();
  event.stopPropagation();
  const form = event.target;
  const { done, message } = await sent(form);
  form.querySelector("[data-said]").textContent = message;
  if (!done) return;
  forget(form);
  for (const part of form.querySelectorAll("textarea, select, .field, button[type=submit]")) part.hidden = true;
  form.querySelector("[data-cancel]").focus();
}

function dialogWith(form, button) {
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-labelledby", "ask-title");
  dialog.append(form);
  dialog.addEventListener("close", () => { dialog.remove(); button.focus(); });
  form.addEventListener("submit", submit);
  form.text.addEventListener("input", () => keep(form));
  form.querySelector("[data-cancel]").addEventListener("click", (event) => {
    event.preventDefault();
    dialog.close();
  });
  return dialog;
}

export async function act(button) {
  const focused = document.querySelector("[data-criterion].focused")?.dataset.criterion;
  const form = await formFrom(button.href).catch(() => null);
  if (!form) {
    announce(say("offline"));
    return;
  }
  for (const option of form.criterion.options) option.selected ||= option.value === focused;
  const dialog = dialogWith(document.adoptNode(form), button);
  restore(form);
  document.body.append(dialog);
  dialog.showModal();
  form.text.focus();
}
