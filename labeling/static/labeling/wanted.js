// Modules that only some pages need: an element names the one that serves it, begun once for each,
// or the one that acts when it is pressed.
import { announce, say } from "./words.js";

export function begin() {
  for (const place of document.querySelectorAll("[data-module]:not([data-begun])")) {
    place.dataset.begun = "";
    import(place.dataset.module).then((module) => {
      module.begin(place);
      place.dataset.ready = "";
    }, missed);
  }
}

// Without a network what has not been loaded is not to be had; the next try asks again.
function missed() {
  announce(say("offline"));
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-load]");
  if (!button) return;
  if (button.matches("a")) event.preventDefault();
  import(button.dataset.load).then((module) => module.act(button), missed);
});
