// Outputs beside each other scroll together, each by its own share of the way.
function share(side) {
  const way = side.scrollHeight - side.clientHeight;
  return way > 0 ? side.scrollTop / way : 0;
}

export function begin(place) {
  const sides = [...place.querySelectorAll(".side")];
  let moved = null;
  for (const side of sides) {
    side.addEventListener("scroll", () => {
      if (moved && moved !== side) return;
      moved = side;
      for (const other of sides) {
        if (other !== side) other.scrollTop = share(side) * (other.scrollHeight - other.clientHeight);
      }
      requestAnimationFrame(() => requestAnimationFrame(() => { moved = null; }));
    });
  }
}
