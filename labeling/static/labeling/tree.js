// A tree of labels by keyboard, as the pattern for trees says; without this it is a list of links.
const places = new WeakMap();

function stored(tree) {
  try {
    return new Set(JSON.parse(sessionStorage.getItem(`tree-${tree.dataset.tree}`)) ?? []);
  } catch {
    return new Set();
  }
}

function keep(tree) {
  const open = rowsOf(tree).filter((row) => isOpen(row)).map((row) => row.link.search);
  try {
    sessionStorage.setItem(`tree-${tree.dataset.tree}`, JSON.stringify(open));
  } catch {
    // The tree is folded again after a reload; nothing else is lost.
  }
}

function rowsOf(tree) {
  return places.get(tree);
}

function isOpen(row) {
  return row.link.getAttribute("aria-expanded") === "true";
}

function isShown(row) {
  return !row.place.hidden;
}

// A row is shown while all rows above it are open.
function fold(tree) {
  const folded = [];
  for (const row of rowsOf(tree)) {
    while (folded.length && folded.at(-1) >= row.level) folded.pop();
    row.place.hidden = folded.length > 0;
    if (row.isBranch && !isOpen(row)) folded.push(row.level);
  }
}

function toggle(tree, row, open) {
  row.link.setAttribute("aria-expanded", String(open));
  fold(tree);
  keep(tree);
}

function above(tree, row) {
  const rows = rowsOf(tree);
  return rows.slice(0, rows.indexOf(row)).findLast((other) => other.level < row.level);
}

function go(tree, row) {
  if (!row) return;
  for (const other of rowsOf(tree)) other.link.tabIndex = other === row ? 0 : -1;
  row.link.focus();
}

function typed(tree, row, letter) {
  const shown = rowsOf(tree).filter(isShown);
  const after = shown.indexOf(row) + 1;
  const ring = [...shown.slice(after), ...shown.slice(0, after)];
  return ring.find((other) => other.link.textContent.trim().toLowerCase().startsWith(letter));
}

function inwards(tree, row, shown) {
  if (row.isBranch && !isOpen(row)) toggle(tree, row, true);
  else if (row.isBranch) go(tree, shown[shown.indexOf(row) + 1]);
}

function outwards(tree, row) {
  if (row.isBranch && isOpen(row)) toggle(tree, row, false);
  else go(tree, above(tree, row));
}

function keyed(event) {
  const tree = event.currentTarget;
  const row = rowsOf(tree).find((other) => other.link === event.target);
  if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
  const shown = rowsOf(tree).filter(isShown);
  const at = shown.indexOf(row);
  const isRight = getComputedStyle(tree).direction === "rtl";
  const acts = {
    ArrowDown: () => go(tree, shown[at + 1]),
    ArrowUp: () => go(tree, shown[at - 1]),
    Home: () => go(tree, shown[0]),
    End: () => go(tree, shown.at(-1)),
    [isRight ? "ArrowLeft" : "ArrowRight"]: () => inwards(tree, row, shown),
    [isRight ? "ArrowRight" : "ArrowLeft"]: () => outwards(tree, row),
  };
  const act = acts[event.key] ?? (/^[\p{L}\p{N}]$/u.test(event.key) ? () => go(tree, typed(tree, row, event.key.toLowerCase())) : null);
  if (!act) return;
  act();
  event.preventDefault();
}

// A press beside the name of a branch folds it; on its name, or by Enter, it is chosen.
function pressed(event) {
  const tree = event.currentTarget;
  const row = rowsOf(tree).find((other) => other.link === event.target.closest("a"));
  if (!row?.isBranch || event.detail === 0 || event.target.closest("bdi")) return;
  event.preventDefault();
  toggle(tree, row, !isOpen(row));
}

function begin(tree) {
  const open = stored(tree);
  const rows = [...tree.children].map((place) => {
    const link = place.querySelector("a");
    return { place, link, level: Number(place.dataset.level), isBranch: "branches" in link.dataset };
  });
  places.set(tree, rows);
  tree.setAttribute("role", "tree");
  for (const { place, link, level, isBranch } of rows) {
    place.setAttribute("role", "none");
    link.setAttribute("role", "treeitem");
    link.setAttribute("aria-level", level);
    link.tabIndex = -1;
    if (isBranch) link.setAttribute("aria-expanded", String(open.has(link.search)));
  }
  const current = rows.find(({ link }) => link.hasAttribute("aria-current"));
  for (let row = current && above(tree, current); row; row = above(tree, row)) row.link.setAttribute("aria-expanded", "true");
  (current ?? rows[0]).link.tabIndex = 0;
  fold(tree);
  current?.place.scrollIntoView({ block: "nearest" });
  tree.addEventListener("keydown", keyed);
  tree.addEventListener("click", pressed);
}

function beginAll() {
  for (const tree of document.querySelectorAll("[data-tree]:not([role])")) begin(tree);
}

document.addEventListener("htmx:afterSettle", beginAll);
beginAll();
