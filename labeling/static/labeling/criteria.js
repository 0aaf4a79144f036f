// The questions: which one has the focus, what is answered, what is still missing.
import { announce, say } from "./words.js";

function all() {
  return [...document.querySelectorAll("[data-criterion]")];
}

export function focused() {
  return document.querySelector("[data-criterion].focused");
}

export function isAnswered(criterion) {
  const text = criterion.querySelector("textarea");
  return Boolean(criterion.querySelector("input:checked") || text?.value.trim());
}

function show(criterion) {
  const label = criterion.querySelector("input:checked")?.closest(".option").querySelector(".label");
  criterion.classList.toggle("answered", isAnswered(criterion));
  if (isAnswered(criterion)) criterion.classList.remove("missing");
  criterion.querySelector("[data-state]").textContent = label?.textContent ?? "";
}

function light(criterion) {
  for (const other of all()) other.classList.toggle("focused", other === criterion);
}

export function goTo(criterion) {
  if (!criterion) return;
  const search = criterion.querySelector("[data-picker] input[type=search]");
  const text = criterion.querySelector("textarea");
  light(criterion);
  (search ?? text ?? criterion).focus({ preventScroll: true });
  criterion.scrollIntoView({ block: "nearest" });
}

export function leaveText() {
  const criterion = document.activeElement.closest("[data-criterion]");
  (criterion ?? document.getElementById("answers"))?.focus({ preventScroll: true });
}

export function step(by) {
  const list = all();
  const at = list.indexOf(focused());
  goTo(list[(at + by + list.length) % list.length]);
}

export function goOn() {
  const list = all();
  const after = list.slice(list.indexOf(focused()) + 1);
  const next = after.find((criterion) => !isAnswered(criterion)) ?? after[0];
  if (next) goTo(next);
  else leaveText();
}

export function choose(number) {
  const criterion = focused();
  if (!criterion) return false;
  const chosen = [...criterion.querySelectorAll(".option")].find(
    (option) => option.querySelector("kbd")?.textContent.trim() === String(number),
  );
  if (!chosen) return false;
  const box = chosen.querySelector("input");
  box.checked = box.type === "radio" || !box.checked;
  box.dispatchEvent(new Event("change", { bubbles: true }));
  if (box.checked) goOn();
  return true;
}

export function firstMissing() {
  return all().find((criterion) => "required" in criterion.dataset && !isAnswered(criterion));
}

export function complain(criterion) {
  criterion.classList.add("missing");
  goTo(criterion);
  announce(say("missing") + criterion.querySelector("[data-prompt]").textContent);
}

document.addEventListener("focusin", (event) => {
  const criterion = event.target.closest?.("[data-criterion]");
  if (criterion) light(criterion);
});

for (const kind of ["change", "input"]) {
  document.addEventListener(kind, (event) => {
    const criterion = event.target.closest?.("[data-criterion]");
    if (criterion) show(criterion);
  });
}

document.addEventListener("picked", goOn);

export function begin() {
  const form = document.getElementById("answers");
  if (!form) {
    document.querySelector("[data-continue] button")?.focus();
    return;
  }
  const showAll = () => all().forEach(show);
  form.addEventListener("restored", showAll);
  showAll();
  document.querySelector(".item")?.scrollTo(0, 0);
  goTo(document.querySelector(".criterion.missing") ?? all().find((row) => !isAnswered(row)) ?? all()[0]);
}
