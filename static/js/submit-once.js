// Sends a form once: after the first submit its button rests, so a double click is one act.
// The server refuses a second copy anyway. Coming Back to the page wakes the button again.
(() => {
  const sent = new WeakSet();

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method.toLowerCase() !== "post" || event.defaultPrevented) return;
    if (sent.has(form)) {
      event.preventDefault();
      return;
    }
    sent.add(form);
    // After the submit has collected the pressed button's name and value.
    setTimeout(() => form.querySelectorAll("button:not([type=button])").forEach((button) => button.setAttribute("aria-disabled", "true")));
  });

  const wake = (root) =>
    root.querySelectorAll("form").forEach((form) => {
      sent.delete(form);
      form.querySelectorAll("button[aria-disabled]").forEach((button) => button.removeAttribute("aria-disabled"));
    });
  window.addEventListener("pageshow", () => wake(document));
  document.addEventListener("htmx:afterRequest", () => wake(document));
})();
