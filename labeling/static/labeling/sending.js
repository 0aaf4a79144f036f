// The outbox: forms go out one after the other; what is not acknowledged waits here, is kept across
// reloads and log-outs, and is sent again by itself. Each submission carries its own key, so twice is once.
import { takeActive } from "./activity.js";
import { forget, keep } from "./drafts.js";
import { announce, isSaid, say, showState } from "./words.js";

const again = 4000;
const forgery = "csrfmiddlewaretoken";
let outbox = [];
let busy = false;
let timer = 0;
let told = ""; // why something waits

export function csrf() {
  const cookie = document.cookie.split("; ").find((part) => /^(__Host-)?csrftoken=/.test(part));
  return cookie?.split("=")[1] ?? document.querySelector(`[name=${forgery}]`)?.value ?? "";
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

// What is on the screen now is not what will be there after a reload; who logs in again gets another
// token against forgery, which goes out as a header.
function isKept([key]) {
  return key !== "showing" && key !== forgery;
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
  if (isSending(token)) {
    retry();
    return false;
  }
  outbox.push({ ...entry, token, form, url: form.action, fields: content(form, entry.showing) });
  remember();
  lock();
  go();
  return true;
}

function content(form, showing) {
  const active = form.querySelector("[data-active]");
  if (active) active.value = takeActive();
  const fields = [...new FormData(form)].filter(([key]) => key !== forgery);
  return showing ? [...fields, ["showing", showing]] : fields;
}

async function go() {
  if (busy || !outbox.length) return;
  busy = true;
  clearTimeout(timer);
  timer = 0;
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
    if (response.status >= 500 || response.status === 429) wait(say("offline"));
    else await settle(entry, response);
  } catch {
    wait(say("offline"));
  }
  busy = false;
  if (!timer) go();
}

async function settle(entry, response) {
  const wrong = response.status === 400 && Boolean(entry.token);
  const html = response.status === 200 || wrong ? await response.text() : "";
  const { why = "", waits = false } = html ? {} : await reason(response);
  if (waits) return wait(why);
  outbox.shift();
  remember();
  if (response.ok) {
    forget(entry);
    if (isSaid(told)) announce("");
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

// Why it was not taken, and whether it waits until its own annotator has logged in again.
export async function reason(response) {
  if (ended(response)) return { why: say("session"), waits: true };
  if (response.status === 409) {
    const { code, message } = await response.json();
    return { why: message, waits: code === "user_changed" };
  }
  if (response.status === 404) return { why: say("gone") };
  return { why: say(response.status === 403 ? "session" : "refused") };
}

function showUnsent(otherwise) {
  const waiting = outbox.filter((entry) => entry.token).length;
  if (!waiting) showState(otherwise);
  else showState("unsent", waiting);
}

function wait(why) {
  keep();
  showUnsent("unsent");
  told = why;
  if (!isSaid(why)) announce(why); // every few seconds it would pull the page along
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
