// A form with data-autosubmit sends itself when a choice changes; typed text waits for a pause.
const pause = 350;
let timer = 0;

function submit(form) {
  clearTimeout(timer);
  form.requestSubmit();
}

document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (form?.matches("[data-autosubmit]") && !event.target.matches("input[type=search]")) {
    submit(form);
  }
});

document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (!form?.matches("[data-autosubmit][hx-get]") || !event.target.matches("input[type=search]")) return;
  clearTimeout(timer);
  timer = setTimeout(submit, pause, form);
});
