// "None of these" asks for the label that is missed; Enter in its line goes on.
import { goOn } from "./criteria.js";

export function begin(place) {
  const criterion = place.closest("[data-criterion]");
  const line = place.querySelector("[data-missed]");
  const isNone = () => Boolean(criterion.querySelector("[data-none]:checked"));
  criterion.addEventListener("change", (event) => {
    if (event.target.matches("[data-none]:checked")) line.focus();
  });
  criterion.addEventListener("picked", (event) => {
    if (isNone()) event.stopPropagation();
  });
  line.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.isComposing) return;
    event.preventDefault();
    goOn();
  });
}
