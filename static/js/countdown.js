// Turns "we keep this time until 2:14pm" into minutes left, counted by the server's clock.
// Spoken only when minutes change, and at the end. Marks: data-hold-until (ISO time),
// data-hold-now (the server's time), data-hold-text / -last / -gone (sentences, {n} = minutes).
(() => {
  const start = (box) => {
    if (box.dataset.holdRunning) return;
    box.dataset.holdRunning = "yes";
    const words = box.querySelector("[data-hold-words]");
    const endsIn = Date.parse(box.dataset.holdUntil) - Date.parse(box.dataset.holdNow);
    const begun = performance.now();
    let shown = null;

    const tick = () => {
      const left = endsIn - (performance.now() - begun);
      const minutes = Math.ceil(left / 60000);
      const state = left <= 0 ? "gone" : String(minutes);
      if (state !== shown) {
        shown = state;
        box.classList.toggle("hold-gone", left <= 0);
        if (left <= 0) words.textContent = box.dataset.holdGone;
        else if (minutes === 1) words.textContent = box.dataset.holdLast;
        else words.textContent = box.dataset.holdText.replace("{n}", String(minutes));
      }
      if (left > 0 && box.isConnected) setTimeout(tick, 1000);
    };
    tick();
  };

  const startAll = () => document.querySelectorAll("[data-hold-until]").forEach(start);
  document.addEventListener("DOMContentLoaded", startAll);
  document.addEventListener("htmx:load", startAll);
})();
