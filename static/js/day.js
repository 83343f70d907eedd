// After a tap on the day's list was answered in place, the focus goes to the visit's line.
(() => {
  let tapped = "";

  document.addEventListener("htmx:beforeRequest", (event) => {
    tapped = event.detail.elt.dataset.row || "";
  });
  document.addEventListener("htmx:afterSettle", () => {
    const row = tapped && document.getElementById(tapped);
    if (row) row.focus({ preventScroll: true });
    tapped = "";
  });
})();
