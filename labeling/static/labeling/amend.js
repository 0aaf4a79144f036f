// The judging form once more, filled with what was handed in: sent as a plain form.
import { takeActive, watchActivity } from "./activity.js";
import { begin as beginCriteria } from "./criteria.js";
import { begin as beginKeys, listen as listenToKeys } from "./keys.js";
import { sendKept } from "./sending.js";
import { begin as beginWanted } from "./wanted.js";

document.addEventListener("submit", (event) => {
  const active = event.target.querySelector("[data-active]");
  if (active) active.value = takeActive();
});

document.body.dataset.ready = "";
beginCriteria();
beginKeys();
beginWanted();
listenToKeys();
watchActivity();
sendKept(() => {}); // what the judging page could not send goes out from here as well
