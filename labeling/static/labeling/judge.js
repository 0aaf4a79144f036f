// The judging page: wires the small modules together and swaps in what the server answers.
import { watchActivity } from "./activity.js";
import { begin as beginCriteria } from "./criteria.js";
import { begin as beginDrafts } from "./drafts.js";
import { listen as listenToKeys } from "./keys.js";
import { begin as beginLease } from "./lease.js";
import { begin as beginPickers } from "./picker.js";
import { send } from "./sending.js";
import { begin as beginUndo } from "./undo.js";

function begin() {
  document.body.dataset.ready = "";
  beginPickers();
  beginCriteria();
  beginDrafts();
  beginLease();
  beginUndo();
}

function swap(html, url) {
  const page = new DOMParser().parseFromString(html, "text/html");
  document.body.replaceChildren(...page.body.childNodes);
  document.title = page.title;
  history.replaceState(null, "", url);
  window.htmx?.process(document.body);
  begin();
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-answers], [data-skip-form], [data-undo], [data-continue]")) return;
  event.preventDefault();
  send(form, (html) => swap(html, location.pathname));
});

listenToKeys();
watchActivity();
begin();
