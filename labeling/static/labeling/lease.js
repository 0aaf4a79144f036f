// The item stays this person's while they are at work on it; who left it sees how long it still is.
import { asClock, isActive } from "./activity.js";
import { csrf, isSending } from "./sending.js";
import { announce, say } from "./words.js";

const warned = 120_000;
const again = 20_000;
let timer = 0;
let ends = 0;
let asked = 0;
let hasEnded = false;

async function beat(form) {
  asked = performance.now();
  if (isSending(form.dataset.token)) return;
  const headers = { "X-CSRFToken": csrf() };
  const response = await fetch(form.dataset.heartbeat, { method: "POST", headers }).catch(() => null);
  if (!form.isConnected) return;
  if (response?.ok) start(form);
  else if (response?.status === 409) {
    clearInterval(timer);
    announce((await response.json()).message);
  }
}

function length(form) {
  return Number(form.dataset.leaseSeconds) * 1000;
}

function start(form) {
  ends = performance.now() + length(form);
  hasEnded = false;
}

function show(left) {
  const place = document.querySelector("[data-left]");
  place.hidden = left > warned || left <= 0;
  place.textContent = say("left").replace("#", asClock(left));
  if (left > 0 || hasEnded) return;
  hasEnded = true;
  announce(say("ended"));
}

function tick(form) {
  if (!form.isConnected) return;
  const left = ends - performance.now();
  const isDue = left < Math.max(warned, (length(form) * 2) / 3);
  if (isDue && isActive() && performance.now() - asked > again) beat(form);
  show(left);
}

export function begin() {
  clearInterval(timer);
  const form = document.querySelector("[data-heartbeat]");
  if (!form) return;
  start(form);
  asked = performance.now();
  timer = setInterval(tick, 1000, form);
}
