// One form at a time goes out; what is not acknowledged is kept and, when offline, sent again.
import { takeActive } from "./activity.js";
import { forget, keep } from "./drafts.js";
import { announce, say, showState } from "./words.js";

const again = 4000;
let pending = null;
let timer = 0;

export function csrf() {
  const cookie = document.cookie.split("; ").find((part) => /^(__Host-)?csrftoken=/.test(part));
  return cookie?.split("=")[1] ?? document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
}

export function isSending() {
  return pending !== null;
}

export async function send(form, done) {
  if (pending) return;
  pending = { form, done, body: content(form) };
  await attempt();
}

function content(form) {
  const active = form.querySelector("[data-active]");
  if (active) active.value = takeActive();
  return new FormData(form);
}

async function attempt() {
  clearTimeout(timer);
  const { form, body } = pending;
  showState("saving");
  try {
    const response = await fetch(form.action, {
      method: "POST",
      body,
      redirect: "manual",
      headers: { "X-Requested-With": "judge", "X-CSRFToken": csrf() },
    });
    await settle(response);
  } catch {
    wait();
  }
}

async function settle(response) {
  if (response.status >= 500 || response.status === 429) return wait();
  const { form, done } = pending;
  if (response.status === 200 || (response.status === 400 && form.matches("[data-answers]"))) {
    const html = await response.text();
    pending = null;
    if (response.ok) forget(form);
    else keep();
    document.querySelector("dialog[open]")?.close();
    done(html);
    if (response.ok) showState("saved");
    else showState("conflict");
    return;
  }
  pending = null;
  keep();
  showState("conflict");
  announce(await reason(response));
}

// A redirect leads to the log-in page: the session is over, the answers are still here.
async function reason(response) {
  if (response.type === "opaqueredirect" || response.status === 401) return say("session");
  if (response.status === 409) return (await response.json()).message;
  if (response.status === 404) return say("gone");
  return response.status === 403 ? say("session") : say("refused");
}

function wait() {
  keep();
  showState("unsent");
  announce(say("offline"));
  timer = setTimeout(attempt, again);
}

window.addEventListener("online", () => {
  if (pending) attempt();
});
