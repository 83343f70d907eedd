// Moves focus to the error summary of a refused form, as a full page or an htmx swap.
(() => {
  const focus = () => document.querySelector(".error-summary")?.focus();
  document.addEventListener("DOMContentLoaded", focus);
  document.addEventListener("htmx:afterSettle", focus);
})();
