// Ctrl-K finds a page by its name among the links of the navigation.
const palette = document.getElementById("palette");
const input = palette?.querySelector("input");
const list = palette?.querySelector("ul");
const nothing = palette?.querySelector(".nothing");

function places() {
  const found = new Map();
  for (const link of document.querySelectorAll(".top nav a[href], .top .menu a[href], .tabs a[href]")) {
    const area = link.closest(".menu")?.querySelector("summary")?.textContent.trim() ?? "";
    found.set(link.href, { name: link.textContent.trim(), area, href: link.href });
  }
  return [...found.values()];
}

function row({ name, area, href }) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  const where = document.createElement("span");
  link.href = href;
  link.append(name);
  where.className = "soft";
  where.textContent = area;
  link.append(where);
  item.append(link);
  return item;
}

function show() {
  const wanted = input.value.trim().toLocaleLowerCase();
  const matches = places().filter(({ name, area }) => `${area} ${name}`.toLocaleLowerCase().includes(wanted));
  list.replaceChildren(...matches.map(row), nothing);
  nothing.hidden = matches.length > 0;
}

function open() {
  input.value = "";
  show();
  if (!palette.open) palette.showModal();
  input.focus();
}

function move(step) {
  const links = [...list.querySelectorAll("a")];
  const next = links.indexOf(document.activeElement) + step;
  (links[next] ?? input).focus();
}

function keyed(event) {
  if (event.key === "ArrowDown") move(1);
  else if (event.key === "ArrowUp") move(-1);
  else if (event.key === "Escape") palette.close();
  else if (event.key === "Enter" && event.target === input) list.querySelector("a")?.click();
  else return;
  event.preventDefault();
}

if (palette) {
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    open();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-palette]")) open();
  });
  input.addEventListener("input", show);
  palette.addEventListener("keydown", keyed);
}
