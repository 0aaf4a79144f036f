// The bar that takes the last submission back goes away when the server would refuse it.
const shown = 9500;
let timer = 0;

export function begin() {
  clearTimeout(timer);
  const bar = document.querySelector("[data-undo]");
  if (bar) timer = setTimeout(() => bar.remove(), shown);
}
