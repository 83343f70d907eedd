// Draws the bar of a service's segments anew while a manager types. The server draws it.
"use strict";

(() => {
  const PAUSE = 250;
  let waiting = null;
  let latest = 0;

  const draw = async (form) => {
    const old = form.querySelector(".segments-preview");
    if (!old) return;
    const number = ++latest;
    const answer = await fetch(old.dataset.previewUrl, {
      method: "POST",
      body: new FormData(form),
      credentials: "same-origin",
    });
    if (!answer.ok || number !== latest) return;
    const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = parsed.querySelector(".segments-preview");
    if (fresh) old.replaceWith(fresh);
  };

  const soon = (event) => {
    const form = event.target.closest("form");
    if (!form || !event.target.name || !event.target.name.startsWith("segments-")) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => draw(form), PAUSE);
  };

  document.addEventListener("input", soon);
  document.addEventListener("change", soon);
})();
