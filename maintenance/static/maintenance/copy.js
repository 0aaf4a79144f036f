// data-copy="id" copies the text of that element and says so where the button stood.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  await navigator.clipboard.writeText(source.value ?? source.textContent);
  const label = button.textContent;
  button.textContent = button.dataset.copied ?? "✓";
  setTimeout(() => {
    button.textContent = label;
  }, 1500);
});
