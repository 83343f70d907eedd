// The locked screen: Back brings it anew, never a page from before; the PIN can be typed at once.
(() => {
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
  document.addEventListener("DOMContentLoaded", () => {
    const pin = document.querySelector("input.pin");
    if (pin && !document.querySelector("[aria-invalid=true]")) pin.focus({ preventScroll: true });
  });
})();
