// The adjudicating page: the keys of judging, and Space shows the answers.
import { begin as beginCriteria } from "./criteria.js";
import { begin as beginKeys, listen as listenToKeys, submit } from "./keys.js";
import { begin as beginUndo } from "./undo.js";
import { begin as beginWanted } from "./wanted.js";

// Where Space presses or ticks something it goes on doing so.
function reveal({ target }) {
  if (target.closest("button, a, summary, [type=checkbox], [type=radio]:not(:checked)")) return false;
  if (document.getElementById("answers")?.dataset.step !== "reveal") return false;
  submit();
  return true;
}

// The reason that belongs to the question with the focus stands behind it.
function reason() {
  const focused = document.querySelector("[data-criterion].focused");
  const all = [...document.querySelectorAll("[data-act=reason]")];
  const after = all.find((text) => focused && focused.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING);
  (after ?? all[0])?.focus();
}

document.body.dataset.ready = "";
beginUndo();
beginKeys();
beginWanted();
beginCriteria();
listenToKeys({ does: { reason }, keys: { " ": reveal } });
