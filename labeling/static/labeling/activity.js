// How long somebody has really been at work on the item: a minute without a sign is a pause.
const pause = 60_000;
let last = performance.now();
let active = 0;

function note() {
  const now = performance.now();
  if (!document.hidden && now - last < pause) active += now - last;
  last = now;
}

export function isActive() {
  return performance.now() - last < 5 * pause;
}

export function takeActive() {
  note();
  const spent = Math.round(active);
  active = 0;
  return spent;
}

export function asClock(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

// It stands still while nobody does anything, like what is sent in the end.
function show() {
  const place = document.querySelector("[data-timer]");
  const since = performance.now() - last;
  if (place) place.textContent = asClock(active + (document.hidden || since > pause ? 0 : since));
}

export function watchActivity() {
  for (const kind of ["keydown", "pointerdown", "pointermove", "scroll"]) {
    document.addEventListener(kind, note, { passive: true, capture: true });
  }
  document.addEventListener("visibilitychange", () => {
    last = performance.now();
  });
  setInterval(show, 1000);
}
