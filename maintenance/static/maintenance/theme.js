// Loaded before the first paint, so that a remembered theme never flashes the other one.
(() => {
  const remembered = () => {
    try {
      return localStorage.getItem("theme") || "";
    } catch {
      return "";
    }
  };
  const theme = remembered();
  if (theme) document.documentElement.dataset.theme = theme;
})();
