// The item after this one, held for its annotator and ready to be shown without the network.
import { isActive } from "./activity.js";
import { csrf } from "./sending.js";

const good = 50_000; // the server keeps a hold for a minute
const renewed = 25_000;
let next = null;
let asking = false;
let timer = 0;

// A page whose form is only held becomes the next one; anything else is left to the caller.
export function keepAhead(page) {
  const form = page.querySelector("[data-answers][data-held]");
  if (!form) return false;
  for (const bar of page.querySelectorAll("[data-undo]")) bar.remove();
  next = { page, token: form.dataset.token, heartbeat: form.dataset.heartbeat, at: performance.now() };
  return true;
}

export function tokenAhead() {
  return next && performance.now() - next.at < good ? next.token : "";
}

export function takeAhead() {
  const page = next?.page;
  next = null;
  const form = page?.querySelector("[data-answers]");
  if (form) {
    delete form.dataset.held;
    form.querySelector("[name=started_at]").value = new Date().toISOString();
  }
  return page;
}

export function giveBackAhead(page) {
  if (page) keepAhead(page);
}

async function post(url, fields) {
  const body = new FormData();
  for (const [key, value] of Object.entries(fields)) body.append(key, value);
  const headers = { "X-Requested-With": "judge", "X-CSRFToken": csrf() };
  return fetch(url, { method: "POST", body, headers, redirect: "manual" }).catch(() => null);
}

export async function lookAhead() {
  const form = document.querySelector("[data-answers]");
  if (!form || tokenAhead() || asking) return;
  asking = true;
  const response = await post(form.dataset.ahead, { ahead: "1" });
  asking = false;
  if (response?.status !== 200 || !form.isConnected) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  if (page.querySelector("[data-answers]")?.dataset.token !== form.dataset.token) keepAhead(page);
}

// Somebody at work keeps what is held for them; a page that is left alone lets it go.
async function renew() {
  if (!next || !isActive()) return;
  const held = next;
  const headers = { "X-CSRFToken": csrf() };
  const response = await fetch(held.heartbeat, { method: "POST", headers }).catch(() => null);
  if (response?.ok) held.at = performance.now();
  else if (response?.status === 409 && next === held) next = null;
}

export function begin() {
  clearInterval(timer);
  timer = setInterval(renew, renewed);
  lookAhead();
}
