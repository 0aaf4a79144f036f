// Outputs in order: a digit or a press gives an output the next place, and takes it back again.
export function begin(place) {
  const criterion = place.closest("fieldset");
  const kept = place.querySelector("[data-value]");
  const rows = [...place.querySelectorAll("[data-output]")];
  let places = [];
  let last = "";

  function read(value) {
    try {
      places = JSON.parse(value || "[]").map((shared) => shared.split("="));
    } catch {
      places = [];
    }
  }

  function inWords() {
    return places.map((shared) => [...shared].sort().join(" = ").toUpperCase()).join(" > ");
  }

  function draw() {
    for (const row of rows) {
      const number = places.findIndex((shared) => shared.includes(row.dataset.output)) + 1;
      const button = row.querySelector("[data-pick]");
      button.setAttribute("aria-pressed", String(number > 0));
      button.classList.toggle("last", row.dataset.output === last);
      row.querySelector("[data-place]").textContent = number || "";
    }
    criterion.dataset.given = places.flat().length === rows.length ? inWords() : "";
  }

  function keep() {
    kept.value = places.length ? JSON.stringify(places.map((shared) => [...shared].sort().join("="))) : "";
    draw();
    place.querySelector("[data-heard]").textContent = inWords();
    kept.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function takeOut(letter) {
    places = places.map((shared) => shared.filter((one) => one !== letter)).filter((shared) => shared.length);
  }

  // The last one that is left has the last place, so that it need not be said.
  function pick(letter) {
    const placed = places.flat().includes(letter);
    if (placed) takeOut(letter);
    else places.push([letter]);
    last = placed ? "" : letter;
    const left = rows.map((row) => row.dataset.output).filter((one) => !places.flat().includes(one));
    if (!placed && left.length === 1 && !("ties" in place.dataset)) places.push(left);
    keep();
  }

  function move(by) {
    const at = places.findIndex((shared) => shared.includes(last));
    const to = at + by;
    if (at < 0) return;
    if (places[at].length > 1) {
      takeOut(last);
      places.splice(by < 0 ? at : at + 1, 0, [last]);
    } else if (to >= 0 && to < places.length) {
      [places[at], places[to]] = [places[to], places[at]];
    }
    keep();
  }

  function tie() {
    const at = places.findIndex((shared) => shared.includes(last));
    if (at < 1 || !("ties" in place.dataset)) return;
    takeOut(last);
    places[at - 1].push(last);
    keep();
  }

  const steps = { ArrowLeft: -1, ArrowRight: 1 };

  function pressed(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in steps) move(document.dir === "rtl" ? -steps[event.key] : steps[event.key]);
    else if (event.key === "=") tie();
    else return;
    event.preventDefault();
  }

  kept.disabled = false;
  for (const row of rows) {
    row.querySelector("[data-plain]").hidden = true;
    row.querySelector("select").disabled = true;
    const button = row.querySelector("[data-pick]");
    button.hidden = false;
    button.addEventListener("click", (event) => {
      pick(row.dataset.output);
      if (event.detail) criterion.focus({ preventScroll: true }); // by mouse: Enter goes on
    });
  }
  place.querySelector("[data-scripted]").hidden = false;
  place.querySelector("[data-tie]")?.addEventListener("click", tie);
  criterion.addEventListener("keydown", pressed);
  criterion.addEventListener("digit", (event) => {
    const row = rows[event.detail - 1];
    if (!row) return;
    event.preventDefault();
    pick(row.dataset.output);
  });
  criterion.addEventListener("change", (event) => {
    if (!event.target.matches("[data-alone]:checked")) return;
    [last, kept.value] = ["", ""];
    read(event.target.value.slice(1)); // somebody's ranking, taken over as a whole
    draw();
  });
  read(kept.value);
  draw();
  criterion.form?.dispatchEvent(new Event("restored"));
}
