// Sends a form once: after the first submit its button rests, so a double click is one act.
// The server refuses a second copy anyway. Coming Back to the page wakes the button again,
// and so do ten seconds without an answer: a stopped page must not be a dead end.
(() => {
  const WAIT_MS = 10000;
  const sent = new WeakSet();
  const buttons = (form) => [...form.elements].filter((field) => field.matches("button:not([type=button])"));

  const rest = (form) =>
    buttons(form).forEach((button) => button.setAttribute("aria-disabled", "true"));
  const wakeForm = (form) => {
    sent.delete(form);
    buttons(form).forEach((button) => button.removeAttribute("aria-disabled"));
  };
  const wake = () => document.querySelectorAll("form").forEach(wakeForm);

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method.toLowerCase() !== "post" || event.defaultPrevented) return;
    if (sent.has(form)) {
      event.preventDefault();
      return;
    }
    sent.add(form);
    setTimeout(rest, 0, form); // after the browser has collected the pressed button's value
    setTimeout(wakeForm, WAIT_MS, form);
  });

  window.addEventListener("pageshow", wake);
  document.addEventListener("htmx:afterRequest", wake);
})();
