// The questions: which one has the focus, what is answered, what is still missing.
import { announce, say } from "./words.js";

function all() {
  return [...document.querySelectorAll("[data-criterion]:not([hidden])")];
}

// The number is typed in a line, a text in several; both are left by Escape.
function textOf(criterion) {
  return criterion.querySelector("textarea, [data-number]");
}

export function focused() {
  return document.querySelector("[data-criterion].focused");
}

// What a module of its own asks is answered with what it has given; see ranking, spans, correction.
export function isAnswered(criterion) {
  const said = criterion.dataset.given ?? textOf(criterion)?.value.trim();
  return Boolean(criterion.querySelector("input:checked") || said);
}

// What has been answered, as a line beside the question.
function said(criterion) {
  const labels = [...criterion.querySelectorAll("input:checked")].map(
    (box) => box.closest(".option").querySelector(".label").textContent,
  );
  const number = criterion.querySelector("[data-number]")?.value.trim();
  const unit = criterion.querySelector("[data-unit]")?.textContent ?? "";
  return labels.join(", ") || criterion.dataset.given || (number ? `${number} ${unit}` : "");
}

// A question that depends on an earlier answer is there only while that answer is.
function unfold() {
  for (const criterion of document.querySelectorAll("[data-when]")) {
    const above = document.querySelector(`[data-criterion="${CSS.escape(criterion.dataset.when)}"]`);
    if (!above) continue; // settled before, or elsewhere
    const wanted = criterion.dataset.whenAnswers.split(" ").map((key) => `=${key}`);
    const given = [...above.querySelectorAll("input:checked")].map((box) => box.value);
    criterion.hidden = above.hidden || !given.some((value) => wanted.includes(value));
  }
}

// "Cannot tell" stands alone: it takes back what else was said, and goes when something is.
function keepAlone(criterion, changed) {
  const number = criterion.querySelector("[data-number]");
  const said = changed.matches("[data-value]") && changed.value;
  if (!changed.checked && changed !== number && !said) return;
  const alone = changed.matches("[data-alone]");
  for (const box of criterion.querySelectorAll("input[type=checkbox]")) {
    if (box !== changed && (alone || box.matches("[data-alone]"))) box.checked = false;
  }
  if (alone && number) number.value = "";
}

function show(criterion) {
  criterion.classList.toggle("answered", isAnswered(criterion));
  if (isAnswered(criterion)) criterion.classList.remove("missing");
  criterion.querySelector("[data-state]").textContent = said(criterion);
}

function light(criterion) {
  for (const other of all()) other.classList.toggle("focused", other === criterion);
}

// Under a thumb a line to search in would bring the keyboard up over the options, for every item.
const thumb = matchMedia("(hover: none) and (pointer: coarse)");

export function goTo(criterion) {
  if (!criterion) return;
  const search = thumb.matches ? criterion : criterion.querySelector("[data-picker] input[type=search]");
  const text = criterion.querySelector("[data-enter]") ?? textOf(criterion);
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
  if (!criterion || criterion.closest("[inert]")) return false;
  const digit = new CustomEvent("digit", { detail: number, cancelable: true });
  if (!criterion.dispatchEvent(digit)) return true;
  const chosen = [...criterion.querySelectorAll(".option")].find(
    (option) => option.querySelector("kbd")?.textContent.trim() === String(number),
  );
  if (!chosen) return false;
  const box = chosen.querySelector("input");
  box.checked = box.type === "radio" || !box.checked;
  box.dispatchEvent(new Event("change", { bubbles: true }));
  if (box.matches("[data-none]:checked")) criterion.querySelector("[data-missed]")?.focus();
  if (!box.checked || box.matches("[data-none]")) return true;
  const isWhole = box.type === "radio" || box.matches("[data-alone]");
  if (isWhole && !("stays" in document.body.dataset)) goOn();
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
    if (!criterion) return;
    keepAlone(criterion, event.target);
    unfold();
    show(criterion);
  });
}

// Enter in a number goes on; from the last question it leaves the line, and then hands in.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.isComposing) return;
  if (!event.target.matches?.("[data-number]")) return;
  event.preventDefault();
  goOn();
});

document.addEventListener("picked", goOn);

export function begin() {
  const form = document.getElementById("answers");
  if (!form) {
    document.querySelector("[data-continue] button")?.focus();
    return;
  }
  const showAll = () => {
    unfold();
    all().forEach(show);
  };
  form.addEventListener("restored", showAll);
  showAll();
  document.querySelector(".item")?.scrollTo(0, 0);
  const missing = document.querySelector(".criterion.missing");
  goTo(missing ?? all().find((row) => !isAnswered(row)) ?? all()[0]);
  if (!missing) scrollTo(0, 0); // where the form is below the item, the item is read first
}
