// The rubric's editor: a kind that changes redraws the form, and leaving unsaved text is asked about.
import { begin } from "./wanted.js";

const form = document.getElementById("editor");
let changed = "changed" in form.dataset;

form.addEventListener("input", () => {
  changed = true;
});

// Another kind has other fields, another list of languages other wordings.
form.addEventListener("change", (event) => {
  if (!/(^|\.)(kind|languages|when\.criterion)$/.test(event.target.name)) return;
  const { id } = event.target;
  htmx
    .ajax("POST", form.getAttribute("action"), { source: form, target: form, values: { verb: "refresh" } })
    .then(() => document.getElementById(id)?.focus());
});

form.addEventListener("submit", () => {
  changed = false;
});

form.addEventListener("htmx:afterRequest", () => {
  changed = true;
});

// The preview is what annotators see, with whatever serves them.
document.body.addEventListener("htmx:afterSettle", begin);
begin();

window.addEventListener("beforeunload", (event) => {
  if (changed) event.preventDefault();
});
