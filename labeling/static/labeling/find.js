// Find in the item: marks every place, counts them, and goes from one to the next.
import { mark, rangeIn, textOf, unmark } from "./ranges.js";

const most = 2000;
let ranges = [];
let at = 0;

function bar() {
  return document.querySelector("[data-find]");
}

function opener() {
  return document.querySelector("[data-act=find]");
}

function placesIn(place, wanted) {
  const known = textOf(place);
  const lowered = known.text.toLocaleLowerCase();
  const same = lowered.length === known.text.length;
  const text = same ? lowered : known.text;
  const sought = same ? wanted.toLocaleLowerCase() : wanted;
  const found = [];
  for (let from = text.indexOf(sought); from >= 0 && found.length < most; from = text.indexOf(sought, from + sought.length)) {
    found.push(rangeIn(known, from, from + sought.length));
  }
  return found;
}

function show() {
  const place = bar();
  const wanted = place.querySelector("input").value;
  const say = place.dataset.count.replace("##", ranges.length).replace("#", at + 1);
  place.querySelector("output").textContent = ranges.length ? say : wanted && place.dataset.none;
  unmark("found", "found-now");
  if (!ranges.length) return;
  mark("found", ranges);
  mark("found-now", [ranges[at]]);
  const around = ranges[at].startContainer.parentElement;
  for (let part = around.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
  around.closest(".rows")?.querySelector("[data-all]:not(:checked)")?.click();
  bringIntoView(ranges[at], around);
}

// A long text is one element: its middle comes into view only by scrolling what holds it.
function bringIntoView(range, around) {
  around.scrollIntoView({ block: "nearest", inline: "nearest" });
  const box = range.getBoundingClientRect();
  const middle = innerHeight / 2;
  for (let holder = around; holder; holder = holder.parentElement) {
    const scrolls = holder.scrollHeight > holder.clientHeight + 1 && getComputedStyle(holder).overflowY !== "visible";
    if (scrolls || holder === document.documentElement) {
      holder.scrollBy(0, box.top - middle);
      return;
    }
  }
}

function search() {
  const wanted = bar().querySelector("input").value;
  const places = document.querySelectorAll(".item section[data-field], .item [data-side]");
  ranges = wanted ? [...places].flatMap((place) => placesIn(place, wanted)).slice(0, most) : [];
  at = 0;
  show();
}

function step(by) {
  if (!ranges.length) return;
  at = (at + by + ranges.length) % ranges.length;
  show();
}

function close() {
  ranges = [];
  unmark("found", "found-now");
  bar().hidden = true;
  opener().setAttribute("aria-expanded", "false");
  opener().focus();
}

function keyed(event) {
  if (event.isComposing) return;
  if (event.key === "Escape") close();
  else if (event.key === "Enter") step(event.shiftKey ? -1 : 1);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function begin(place) {
  place.dataset.begun = "";
  const field = place.querySelector("input");
  field.addEventListener("input", search);
  field.addEventListener("keydown", keyed);
  for (const button of place.querySelectorAll("[data-step]")) {
    const by = Number(button.dataset.step);
    button.addEventListener("click", () => (by ? step(by) : close()));
  }
}

export function act(button) {
  const place = bar();
  if (!("begun" in place.dataset)) begin(place);
  place.hidden = false;
  button.setAttribute("aria-expanded", "true");
  place.querySelector("input").select();
  search();
}
