// The judging form once more, filled with what was handed in. What is changed is kept in this browser
// until the server has taken it; then it is forgotten.
import { takeActive, watchActivity } from "./activity.js";
import { begin as beginCriteria } from "./criteria.js";
import { begin as beginDrafts, forget } from "./drafts.js";
import { begin as beginKeys, listen as listenToKeys } from "./keys.js";
import { csrf, reason, sendKept } from "./sending.js";
import { begin as beginWanted } from "./wanted.js";
import { announce, say, showState } from "./words.js";

let busy = false;

function begin() {
  document.body.dataset.ready = "";
  const wasKept = beginDrafts();
  beginCriteria();
  beginKeys();
  beginWanted();
  const told = document.querySelector("[data-kept]");
  told.hidden = !wasKept;
  told.querySelector("button").addEventListener("click", () => {
    forget(document.getElementById("answers").dataset);
    location.reload();
  });
}

function show(html) {
  document.body.replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
  begin();
}

async function post(form) {
  const active = form.querySelector("[data-active]");
  active.value = Number(active.value) + takeActive(); // it may not be the first try
  const body = new FormData(form);
  body.delete("csrfmiddlewaretoken"); // who logs in again gets another one
  const headers = { "X-Requested-With": "judge", "X-CSRFToken": csrf() };
  return fetch(form.action, { method: "POST", body, headers, redirect: "manual" }).catch(() => null);
}

async function settle(form, response) {
  if (response?.ok) {
    forget(form.dataset);
    location.assign((await response.json()).to);
  } else if (response?.status === 400) {
    show(await response.text());
  } else {
    const isAway = !response || response.status >= 500 || response.status === 429;
    showState("conflict");
    announce(isAway ? say("offline") : (await reason(response)).why);
  }
}

document.addEventListener("submit", async (event) => {
  if (!event.target.matches("[data-answers]")) return;
  event.preventDefault();
  if (busy) return;
  busy = true;
  showState("saving");
  await settle(event.target, await post(event.target));
  busy = false;
});

begin();
listenToKeys();
watchActivity();
sendKept(() => {}); // what the judging page could not send goes out from here as well
