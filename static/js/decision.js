// Shows only the fields that the chosen decision asks for. Without script all of them show.
(() => {
  const show = (form) => {
    // After a colleague was quicker the choice may be gone, but what was typed is shown.
    const keepsAll = form.dataset.decision === "all";
    const chosen = form.querySelector("input[name=result]:checked")?.value;
    form.querySelectorAll("[data-for]").forEach((part) => {
      part.hidden = chosen ? !part.dataset.for.split(" ").includes(chosen) : !keepsAll;
    });
  };

  const start = (form) => {
    form.addEventListener("change", () => show(form));
    show(form);
  };
  document.querySelectorAll("[data-decision]").forEach(start);
  // A browser that comes back to the page has ticked the radio again by now.
  window.addEventListener("pageshow", () => document.querySelectorAll("[data-decision]").forEach(show));
})();
