// A taxonomy's labels, narrowed by what is typed: label, key, synonym or branch.
function matches(option, wanted) {
  const words = option.dataset.words.toLocaleLowerCase();
  return wanted.every((word) => words.includes(word));
}

function narrow(picker) {
  const search = picker.querySelector("input[type=search]");
  const wanted = search.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  for (const option of picker.querySelectorAll("[data-words]")) option.hidden = !matches(option, wanted);
  mark(picker, shown(picker)[0]);
}

function shown(picker) {
  return [...picker.querySelectorAll("[data-words]:not([hidden])")];
}

function mark(picker, option) {
  picker.querySelector("[data-marked]")?.removeAttribute("data-marked");
  if (!option) return;
  option.dataset.marked = "";
  option.scrollIntoView({ block: "nearest" });
}

function move(picker, step) {
  const options = shown(picker);
  const at = options.findIndex((option) => "marked" in option.dataset);
  mark(picker, options[Math.min(Math.max(at + step, 0), options.length - 1)]);
}

function choose(picker) {
  const option = picker.querySelector("[data-marked]:not([hidden])");
  if (!option) return;
  const radio = option.querySelector("input");
  radio.checked = true;
  radio.dispatchEvent(new Event("change", { bubbles: true }));
  picker.dispatchEvent(new Event("picked", { bubbles: true }));
}

function keyed(event) {
  if (event.isComposing || event.ctrlKey || event.metaKey) return;
  const picker = event.currentTarget.closest("[data-picker]");
  const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
  if (event.key in steps) move(picker, steps[event.key]);
  else if (event.key === "Enter") choose(picker);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

export function begin() {
  for (const picker of document.querySelectorAll("[data-picker]")) {
    const search = picker.querySelector("input[type=search]");
    search.hidden = false;
    search.addEventListener("input", () => narrow(picker));
    search.addEventListener("keydown", keyed);
    picker.querySelector("input:checked")?.closest(".option").scrollIntoView({ block: "nearest" });
  }
}
