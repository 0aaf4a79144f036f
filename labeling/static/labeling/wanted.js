// Modules that only some pages need: an element names the one that serves it, begun once for each.
export function begin() {
  for (const place of document.querySelectorAll("[data-module]:not([data-begun])")) {
    place.dataset.begun = "";
    import(place.dataset.module).then((module) => module.begin(place));
  }
}
