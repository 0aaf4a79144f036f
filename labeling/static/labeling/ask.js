// Ask about the item: the form of its own page, in a dialog over this one.
import { csrf } from "./sending.js";
import { announce, say } from "./words.js";

async function formFrom(address) {
  const response = await fetch(address);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  return response.ok ? page.querySelector("[data-ask]") : null;
}

async function sent(form) {
  const headers = { "X-Requested-With": "judge", "X-CSRFToken": csrf() };
  const response = await fetch(form.action, { method: "POST", body: new FormData(form), headers }).catch(() => null);
  if (!response || response.status >= 500) return { problem: true };
  if (response.headers.get("Content-Type")?.includes("json")) {
    return { done: response.ok, message: (await response.json()).message };
  }
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  return { message: page.querySelector("[data-ask] .error")?.textContent ?? "", problem: true };
}

async function submit(event) {
  event.preventDefault();
  event.stopPropagation();
  const form = event.target;
  const { done, message, problem } = await sent(form);
  form.querySelector("[data-said]").textContent = message || (problem ? say("offline") : "");
  if (!done) return;
  for (const part of form.querySelectorAll("textarea, select, .field, button[type=submit]")) part.hidden = true;
  const close = form.querySelector("[data-cancel]");
  close.focus();
}

function dialogWith(form, button) {
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-labelledby", "ask-title");
  dialog.append(form);
  dialog.addEventListener("close", () => { dialog.remove(); button.focus(); });
  form.addEventListener("submit", (event) => submit(event));
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
  document.body.append(dialog);
  dialog.showModal();
  form.querySelector("textarea").focus();
}
