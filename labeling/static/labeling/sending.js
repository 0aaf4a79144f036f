// The outbox: forms go out one after the other; what is not acknowledged waits here, is kept across
// reloads, and is sent again by itself. Each submission carries its own key, so twice is once.
import { takeActive } from "./activity.js";
import { forget, keep } from "./drafts.js";
import { announce, say, showState } from "./words.js";

const again = 4000;
let outbox = [];
let busy = false;
let timer = 0;

export function csrf() {
  const cookie = document.cookie.split("; ").find((part) => /^(__Host-)?csrftoken=/.test(part));
  return cookie?.split("=")[1] ?? document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
}

export function isSending(token) {
  return outbox.some((entry) => entry.token === token);
}

function member() {
  return document.body.dataset.member ?? "";
}

function name() {
  return `fettle-outbox:${member()}`;
}

function remember() {
  const waiting = outbox.filter((entry) => entry.token);
  const kept = waiting.map(({ token, url, fields }) => ({ token, url, fields: fields.filter(isKept) }));
  try {
    if (kept.length) localStorage.setItem(name(), JSON.stringify(kept));
    else localStorage.removeItem(name());
  } catch {
    // Full or forbidden: it goes out as long as the page is open.
  }
}

// What is on the screen now is not what will be there after a reload.
function isKept([key]) {
  return key !== "showing";
}

// What an earlier page could not send; the form that it came from is shown again meanwhile.
export function sendKept(done) {
  let kept = [];
  try {
    kept = JSON.parse(localStorage.getItem(name())) ?? [];
  } catch {
    return;
  }
  for (const entry of kept) if (!isSending(entry.token)) outbox.push({ ...entry, done });
  lock();
  go();
}

// What waits to be sent is not written on: nobody would hear of it.
function lock() {
  const form = document.querySelector("[data-answers]");
  if (form) form.inert = isSending(form.dataset.token);
}

// `entry.back` brings the form back to the screen if something else is shown by then.
export function send(form, entry) {
  const token = form.dataset.token ?? "";
  if (outbox.some((waiting) => waiting.token === token)) return false;
  outbox.push({ ...entry, token, form, url: form.action, fields: content(form, entry.showing) });
  remember();
  lock();
  go();
  return true;
}

function content(form, showing) {
  const active = form.querySelector("[data-active]");
  if (active) active.value = takeActive();
  const fields = [...new FormData(form)];
  return showing ? [...fields, ["showing", showing]] : fields;
}

async function go() {
  if (busy || !outbox.length) return;
  busy = true;
  clearTimeout(timer);
  showState("saving");
  const entry = outbox[0];
  const body = new FormData();
  for (const [key, value] of entry.fields) body.append(key, value);
  try {
    const response = await fetch(entry.url, {
      method: "POST",
      body,
      redirect: "manual",
      headers: { "X-Requested-With": "judge", "X-CSRFToken": csrf() },
    });
    if (response.status >= 500 || response.status === 429) wait();
    else await settle(entry, response);
  } catch {
    wait();
  }
  busy = false;
  if (!timer) go();
}

async function settle(entry, response) {
  const wrong = response.status === 400 && Boolean(entry.token);
  const html = response.status === 200 || wrong ? await response.text() : "";
  const why = html ? "" : await reason(response);
  outbox.shift();
  if (ended(response)) outbox = []; // what was typed is kept as a draft, and asked for again
  remember();
  if (response.ok) {
    forget(entry);
    document.querySelector("dialog[open]")?.close();
    entry.done(html, entry);
    showUnsent("saved");
    return;
  }
  entry.back?.();
  lock();
  keep();
  if (html) entry.done(html, entry);
  showState("conflict");
  if (why) announce(why);
}

// A redirect leads to the log-in page: the session is over, the answers are still here.
function ended(response) {
  return response.type === "opaqueredirect" || response.status === 401;
}

async function reason(response) {
  if (ended(response)) return say("session");
  if (response.status === 409) return (await response.json()).message;
  if (response.status === 404) return say("gone");
  return response.status === 403 ? say("session") : say("refused");
}

function showUnsent(otherwise) {
  const waiting = outbox.filter((entry) => entry.token).length;
  if (!waiting) showState(otherwise);
  else showState("unsent", waiting);
}

function wait() {
  keep();
  showUnsent("unsent");
  announce(say("offline"));
  timer = setTimeout(retry, again);
}

function retry() {
  clearTimeout(timer);
  timer = 0;
  go();
}

window.addEventListener("online", retry);

window.addEventListener("beforeunload", (event) => {
  if (outbox.length) event.preventDefault();
});
