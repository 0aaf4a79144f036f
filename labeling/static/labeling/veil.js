// A sensitive item is blurred, and out of reach for screen readers too, until its annotator shows it.
function remembered(name) {
  try {
    return sessionStorage.getItem("fettle-shown") === name;
  } catch {
    return false;
  }
}

function remember(name, isShown) {
  try {
    if (isShown) sessionStorage.setItem("fettle-shown", name);
    else sessionStorage.removeItem("fettle-shown");
  } catch {
    // It is blurred again after a reload.
  }
}

export function begin(place) {
  const box = place.querySelector("input");
  const show = () => {
    place.nextElementSibling.inert = !box.checked;
  };
  box.checked = remembered(place.dataset.veil);
  box.addEventListener("change", () => {
    remember(place.dataset.veil, box.checked);
    show();
  });
  show();
}
