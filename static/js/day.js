// Keeps the day's board fresh without taking anything out of anybody's hands. It asks every two
// seconds (hidden: every thirty), and the server answers nothing while nothing happened.
// A field in use puts a swap off; what is open stays open; after a tap the focus returns to its
// visit; a lost network is said, with the time, and ends by itself.
(() => {
  const SEEN_MS = 2000;
  const HIDDEN_MS = 30000;
  const TYPING_MS = 20000;

  let board = null;
  let polls = false; // today's board alone
  let asked = 0;
  let waiting = false;
  let taps = 0; // running, so what a poll brings may be older than what they did
  let tapped = "";
  let typedAt = 0;
  let open = [];
  let lostAt = null;

  const asker = (event) => event.detail.requestConfig.elt; // detail.elt is whom the event is told
  const sent = new WeakMap(); // when each request went out
  const isPoll = (event) => asker(event) === board;

  const ask = () => {
    const every = document.hidden ? HIDDEN_MS : SEEN_MS;
    if (waiting || taps > 0 || Date.now() - asked < every) return;
    asked = Date.now();
    waiting = true;
    board.dispatchEvent(new Event("day:poll"));
  };

  const isInUse = () => {
    const field = document.activeElement;
    const types = field && board.contains(field) && field.matches("input, select, textarea");
    return types && Date.now() - typedAt < TYPING_MS;
  };

  const say = (lost) => {
    const line = document.querySelector("[data-connection]");
    if (lost && lostAt === null) {
      lostAt = window.meridianClock ? window.meridianClock.now() : Date.now();
      const zone = document.querySelector("[data-zone]").dataset.zone;
      const form = { hour: "numeric", minute: "2-digit", timeZone: zone };
      const time = new Intl.DateTimeFormat(document.documentElement.lang || "en", form).format(lostAt);
      line.textContent = line.dataset.words.replace("{time}", time);
    }
    if (!lost) lostAt = null;
    line.hidden = !lost;
  };

  const learnTime = (xhr) => {
    const server = Date.parse(xhr.getResponseHeader("X-Now") || "");
    if (window.meridianClock && server && sent.has(xhr)) window.meridianClock.learn(server, sent.get(xhr), Date.now());
  };

  const wire = () => {
    board.addEventListener("input", () => { typedAt = Date.now(); });
    board.addEventListener("focusin", () => { typedAt = Date.now(); });
    document.addEventListener("visibilitychange", ask);
    window.addEventListener("online", () => { asked = 0; ask(); });
    window.addEventListener("offline", () => say(true));
    setInterval(ask, 250);
  };

  // Told by the request itself: a form that another tap's answer took away tells nothing.
  const ended = (xhr, poll) => {
    if (poll) waiting = false;
    else taps -= 1;
    if (xhr.status > 0) learnTime(xhr);
    if (polls) say(xhr.status === 0);
  };

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!board || event.detail.target !== board) return;
    const { xhr } = event.detail;
    const poll = isPoll(event);
    sent.set(xhr, Date.now());
    xhr.addEventListener("loadend", () => ended(xhr, poll));
    if (poll) return;
    taps += 1;
    const place = asker(event).closest("[data-row], .day-list > li");
    tapped = place ? place.dataset.row || place.id : "";
  });

  // A step of the list: its button says where it goes, and the board is swapped in place.
  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!board || event.target.id !== "acts" || !button) return;
    event.preventDefault();
    window.htmx.ajax("POST", button.getAttribute("formaction"), { source: button });
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!board || event.detail.target !== board) return;
    const { xhr } = event.detail;
    if (xhr.status !== 204 && !xhr.responseText.includes('id="day-news"')) {
      event.detail.shouldSwap = false; // signed out, or locked: the page itself knows where to go
      if (xhr.status < 500) window.location.reload();
      return;
    }
    if (isPoll(event) && (taps > 0 || isInUse())) event.detail.shouldSwap = false;
    open = [...board.querySelectorAll("details[open][id]")].map((box) => box.id);
    // For a moment old and new stand below each other: the browser would scroll after the old.
    if (event.detail.shouldSwap) board.style.overflowAnchor = "none";
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (!board || event.detail.target !== board) return;
    for (const id of open) {
      const box = document.getElementById(id);
      if (box && !asker(event).closest(`[id="${id}"]`)) box.open = true;
    }
  });

  document.addEventListener("htmx:afterSettle", () => {
    if (board) board.style.overflowAnchor = "";
    if (!tapped) return;
    const place = document.getElementById(tapped);
    const wrong = place && place.querySelector("[aria-invalid=true]");
    if (wrong) wrong.focus();
    else if (place) place.focus({ preventScroll: true });
    tapped = "";
  });

  document.addEventListener("DOMContentLoaded", () => {
    board = document.getElementById("day-board");
    polls = board !== null && board.hasAttribute("data-poll");
    if (polls) wire();
  });
})();
