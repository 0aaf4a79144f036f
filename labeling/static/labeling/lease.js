// The item stays this person's while they are at work on it.
import { isActive } from "./activity.js";
import { csrf, isSending } from "./sending.js";
import { announce } from "./words.js";

let timer = 0;

async function beat(form) {
  if (!form.isConnected) return;
  if (isActive() && !isSending(form.dataset.token)) {
    const headers = { "X-CSRFToken": csrf() };
    const response = await fetch(form.dataset.heartbeat, { method: "POST", headers }).catch(() => null);
    if (response?.status === 409 && form.isConnected) announce((await response.json()).message);
  }
}

export function begin() {
  clearInterval(timer);
  const form = document.querySelector("[data-heartbeat]");
  if (form) timer = setInterval(beat, (Number(form.dataset.leaseSeconds) * 1000) / 3, form);
}
