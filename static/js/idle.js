// Locks a staff screen that nobody has touched for a while. The server locks by itself; this
// makes the page go, and tells the server that somebody is there while they type a long note.
// Touching one tab keeps the others open. What is half typed when it locks is kept by the server. Without a network the page empties itself but for
// its timers. Marks: form.lock-now (data-idle-seconds, data-awake, data-locked, data-title,
// data-offline); [data-personal] is taken out of a timer that stays.
(() => {
  const KEY = "meridian-touched";
  const CHECK_MS = 1000;
  const RETRY_MS = 10000;
  const TOUCHES = ["keydown", "pointerdown", "pointermove", "touchstart", "wheel", "input"];

  const form = document.querySelector("form.lock-now");
  if (!form) return;
  const idleMs = Number(form.dataset.idleSeconds) * 1000;
  const TELL_MS = Math.min(60000, idleMs / 5);
  let touched = Date.now();
  let told = Date.now();
  let untold = false;
  let locking = false;
  let words = null; // typed and not sent when the page locked; kept while there is no network

  const lastTouch = () => {
    try {
      return Math.max(touched, Number(localStorage.getItem(KEY)) || 0);
    } catch {
      return touched; // storage is off: each tab for itself
    }
  };
  const share = () => {
    try {
      localStorage.setItem(KEY, String(touched));
    } catch {
      // storage is off: each tab for itself
    }
  };

  const here = () => `${location.pathname}${location.search}`;
  const post = (url) =>
    fetch(url, {
      method: "POST",
      headers: { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value },
      body: new URLSearchParams({ next: here() }),
    });

  // Telling the server --------------------------------------------------------------

  const tell = async () => {
    told = Date.now();
    untold = false;
    try {
      const answer = await post(form.dataset.awake);
      if (answer.redirected) leave(answer.url); // locked, or signed out, elsewhere
    } catch {
      untold = true; // no network: told with the next touch
    }
  };

  const touch = () => {
    if (locking) return;
    const now = Date.now();
    if (now - lastTouch() > idleMs) return void lock(); // woken from sleep: too late
    if (now - touched > CHECK_MS) {
      touched = now;
      share();
    }
    untold = true;
    if (now - told >= TELL_MS) tell();
  };

  // Locking -------------------------------------------------------------------------

  const empty = () => {
    const main = document.querySelector("main") || document.querySelector("#content");
    if (!main || main.dataset.emptied) return;
    main.dataset.emptied = "yes";
    document.title = form.dataset.title;
    const timers = [...main.querySelectorAll("[data-due], [data-alarms]")].map((box) => box.cloneNode(true));
    timers.forEach((box) => box.querySelectorAll("[data-personal], a, form").forEach((part) => part.remove()));
    const words = document.createElement("p");
    words.className = "lock-offline";
    words.textContent = form.dataset.offline;
    main.replaceChildren(words, ...timers);
    document.querySelectorAll("dialog, .messages").forEach((part) => part.remove());
  };

  // Which of several buttons somebody meant is theirs to say later: each is told, none pressed.
  const buttonsOf = (box) => {
    const buttons = [...box.querySelectorAll("button")].filter((button) => button.type === "submit" && !button.disabled);
    if (!buttons.some((button) => button.name)) return [];
    return buttons.map((button) => ["unsent-button", JSON.stringify([button.name, button.value, button.textContent.trim()])]);
  };

  // What somebody was typing.
  const typed = () => {
    const begun = [...document.querySelectorAll("main textarea")].filter(
      (field) => field.form && field.value !== field.defaultValue && field.value.trim().includes(" "),
    );
    const unsent = begun
      .map((field) => field.form)
      .find((box) => box.getAttribute("method") === "post");
    if (!unsent) return null;
    const fields = [...new FormData(unsent)].filter(([, value]) => typeof value === "string");
    return { url: unsent.getAttribute("action") || location.href, body: new URLSearchParams([...fields, ...buttonsOf(unsent)]) };
  };

  // A locked server does nothing with a form but keep its words, to be shown once it is open.
  const handOver = async (words, url) => {
    if (!words || new URL(url, location.href).pathname !== form.dataset.locked) return;
    await fetch(words.url, { method: "POST", body: words.body });
  };

  const leave = async (url) => {
    locking = true;
    const words = typed();
    empty(); // what the browser keeps of this page holds nobody
    try {
      await handOver(words, url);
    } finally {
      location.replace(url);
    }
  };

  const lock = async () => {
    if (locking) return;
    locking = true;
    words = words || typed();
    empty();
    try {
      const answer = await post(form.action);
      if (answer.redirected) await handOver(words, answer.url);
      location.replace(answer.redirected ? answer.url : form.dataset.locked);
    } catch {
      setTimeout(() => { locking = false; lock(); }, RETRY_MS);
    }
  };

  const check = () => {
    if (locking) return;
    const now = Date.now();
    if (now - lastTouch() > idleMs) lock();
    else if (untold && now - told >= TELL_MS) tell();
  };

  // Wiring --------------------------------------------------------------------------

  TOUCHES.forEach((kind) => document.addEventListener(kind, touch, { passive: true, capture: true }));
  document.addEventListener("visibilitychange", check);
  form.addEventListener("submit", (event) => {
    form.elements.next.value = here();
    if (!typed()) return;
    event.preventDefault();
    lock();
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
  share();
  setInterval(check, CHECK_MS);
})();
