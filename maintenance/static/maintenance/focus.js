// After a swap the focus goes to what is marked data-focus, so that it is never lost in the page.
document.addEventListener("htmx:afterSettle", (event) => {
  const root = event.target;
  const marked = root.matches?.("[data-focus]") ? root : root.querySelector?.("[data-focus]");
  if (!marked) return;
  if (marked.tabIndex < 0) marked.tabIndex = -1;
  marked.focus();
});

// A page that was refused begins with why.
document.querySelector(".error-summary[data-focus]")?.focus();

// A table that has to scroll can be scrolled from the keyboard.
const observer = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const scrolls = target.scrollWidth > target.clientWidth || target.scrollHeight > target.clientHeight;
    if (scrolls) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});

function watch(root = document) {
  for (const box of root.querySelectorAll(".table, pre")) observer.observe(box);
}

watch();
document.addEventListener("htmx:afterSettle", (event) => watch(event.target));
