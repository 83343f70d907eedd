// Applies the stored colour scheme before the page is painted; wires the footer's switch.
(() => {
  const KEY = "meridian-theme";
  const root = document.documentElement;

  const stored = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null; // storage is off: the system decides
    }
  };

  const apply = (choice) => {
    if (choice === "light" || choice === "dark") root.dataset.bsTheme = choice;
    else delete root.dataset.bsTheme;
  };

  const remember = (choice) => {
    try {
      if (choice === "system") localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, choice);
    } catch {
      // storage is off: the choice lasts for this page
    }
  };

  const wire = (group) => {
    const buttons = group.querySelectorAll("button[data-theme]");
    const mark = (choice) =>
      buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.theme === choice)));
    buttons.forEach((button) =>
      button.addEventListener("click", () => {
        apply(button.dataset.theme);
        remember(button.dataset.theme);
        mark(button.dataset.theme);
      }),
    );
    mark(stored() ?? "system");
    group.hidden = false;
  };

  apply(stored());
  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll(".theme-switch").forEach(wire));
})();
