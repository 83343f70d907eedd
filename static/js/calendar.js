// Draws the week: visits with their segments, by practitioner or by room. A drag asks the
// server first whether the visit can be there, then the person, then moves it; a refusal puts
// the card back and says why. All of it can be done with the Move form of a visit as well.
(() => {
  const config = JSON.parse(document.getElementById("calendar-config").textContent);
  const words = config.words;
  const POLL_MS = 20000;
  const UNDO_MS = 60000;
  const NARROW = 700;
  const SIDE_BY_SIDE = 3; // more columns a day than that are rows of a time line instead
  const KEPT = "calendar-view";

  const box = document.getElementById("week-grid");
  const list = document.getElementById("week-list");
  const heading = document.getElementById("week-title");
  const said = document.getElementById("week-said");
  const toasts = document.getElementById("week-toasts");
  const filters = document.querySelector("[data-filters]");
  const visitPanel = document.getElementById("visit-panel");
  const movePanel = document.getElementById("move-panel");
  // Dates as the house writes them: 8 June, not June 8.
  const language = (document.documentElement.lang || "en").replace(/^en(-.*)?$/, "en-GB");

  let data = null; // what the server said last
  let range = null; // the local dates shown
  let view = "list";
  let by = config.by;
  let isDragging = false;
  let wasDragged = false;
  let pending = null; // a dropped visit that waits for an answer
  let asked = 0;
  let listed = config.date; // a date of the week that the list shows

  // The calendar shows the location's wall clock whatever the browser's zone: its dates carry
  // the wall clock in their local fields. A wall clock here is text: 2027-06-08T10:05.
  const two = (number) => String(number).padStart(2, "0");
  const wallClock = (at) => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
  const formats = {}; // making one is slow, and a week has a thousand cards
  const format = (wall, options) => {
    const key = JSON.stringify(options);
    formats[key] = formats[key] || new Intl.DateTimeFormat(language, { timeZone: "UTC", ...options });
    return formats[key].format(new Date(`${wall.slice(0, 16)}Z`));
  };
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const clock = (wall) => {
    const [hours, minutes] = wall.slice(11, 16).split(":");
    if (minutes === "00" && hours % 12 === 0) return hours === "12" ? words.midday : words.midnight;
    const time = `${hours % 12 || 12}${minutes === "00" ? "" : `:${minutes}`}`;
    return fill(hours < 12 ? words.am : words.pm, { time });
  };
  const make = (tag, className, text) => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text) made.textContent = text;
    return made;
  };

  // The server ---------------------------------------------------------------

  const choices = () => {
    const query = new URLSearchParams(new FormData(filters));
    for (const [name, value] of [...query]) if (!value || name === "date" || name === "by") query.delete(name);
    return query;
  };

  // A page instead of data: the screen was locked, or the session is over.
  const answer = async (response) => {
    const kind = response.headers.get("Content-Type") || "";
    if (response.redirected || !kind.includes("json")) {
      if (response.status === 404) return { problem: { code: "not_found", detail: words.gone } };
      window.location.reload();
      return new Promise(() => {});
    }
    const body = await response.json();
    return response.ok ? body : { problem: body };
  };

  const ask = async (url, options) => {
    try {
      return await answer(await fetch(url, { headers: { Accept: "application/json" }, cache: "no-store", ...options }));
    } catch {
      return { problem: { code: "failed", detail: words.failed } };
    }
  };

  const spanQuery = () => {
    const query = choices();
    query.set("from", range.from);
    query.set("to", range.to);
    return query;
  };

  const load = async () => {
    const number = ++asked;
    box.setAttribute("aria-busy", "true");
    const found = await ask(`${config.visits}?${spanQuery()}`);
    if (number !== asked) return; // somebody went on meanwhile
    if (found.problem) return refuse(found.problem);
    data = found;
    draw();
  };

  const look = async () => {
    if (document.hidden || isDragging || pending || !range || document.querySelector("dialog[open]")) return;
    const found = await ask(`${config.stamp}?${spanQuery()}`);
    if (found.problem || !data || found.stamp === data.stamp || isDragging || pending) return;
    await load();
    if (view === "list") await renewList();
    said.textContent = words.changed;
  };

  const renewList = async () => {
    listed = range.from;
    const response = await fetch(window.location.href, { cache: "no-store" });
    if (!response.ok || response.redirected) return window.location.reload();
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    list.replaceChildren(...page.getElementById("week-list").children);
  };

  // What is drawn --------------------------------------------------------------

  const columns = () => {
    const key = by === "room" ? "room" : "person";
    const wanted = new FormData(filters).get(by === "room" ? "room" : "practitioner");
    const all = by === "room" ? data.rooms : data.people;
    return all
      .filter((item) => !wanted || item.id === wanted)
      .map((item) => ({ id: item.id, title: item.name, extendedProps: { starts: data.visits.filter((visit) => visit[key] === item.id && !visit.off).map((visit) => visit.start) } }));
  };

  const drawnVisit = (visit) => ({
    id: visit.id,
    start: `${visit.start}:00`,
    end: `${visit.end}:00`,
    resourceIds: [by === "room" ? visit.room : visit.person],
    title: visit.name,
    startEditable: visit.movable,
    classNames: ["card-visit", `is-${visit.state}`, visit.off ? "is-off" : "", visit.movable ? "is-movable" : ""].filter(Boolean),
    extendedProps: visit,
  });

  const drawnOff = (off, number) => ({
    id: `off-${number}`,
    start: `${off.start}:00`,
    end: `${off.end}:00`,
    resourceIds: [off.room || off.person],
    display: "background",
    title: off.label,
    classNames: [off.label ? "is-away" : "is-off-duty"],
    startEditable: false,
  });

  const kindOfView = (count) => {
    if (view === "day") return "resourceTimeGridDay";
    if (count <= SIDE_BY_SIDE) return "resourceTimeGridWeek";
    return "resourceTimelineWeek";
  };

  // Weekdays on which nobody works and nobody comes; 0 is Sunday.
  const idleDays = () => {
    if (view === "day" || !data.busy.length) return [];
    const busy = new Set(data.busy.map((date) => new Date(`${date}T00:00Z`).getUTCDay()));
    return [0, 1, 2, 3, 4, 5, 6].filter((number) => !busy.has(number));
  };

  // Nothing is drawn anew that stays as it is: a card keeps its place under a finger or the focus.
  const kept = {};
  const set = (name, value) => {
    const text = JSON.stringify(value);
    if (kept[name] === text) return;
    kept[name] = text;
    ec.setOption(name, value);
  };

  const draw = () => {
    const resources = columns();
    const own = new Set(resources.map((item) => item.id));
    const mine = data.off.filter((off) => own.has(off.room || off.person));
    set("hiddenDays", idleDays());
    set("slotMinTime", data.opens);
    set("slotMaxTime", data.closes);
    set("resources", resources);
    set("events", [...data.visits.map(drawnVisit), ...mine.map(drawnOff)]);
    const wanted = kindOfView(resources.length);
    if (ec.getOption("view") !== wanted) ec.setOption("view", wanted);
    box.classList.toggle("is-timeline", wanted === "resourceTimelineWeek");
    setTimeout(() => {
      plain();
      box.setAttribute("aria-busy", "false");
    });
  };

  // The calendar says that it is a table, but its cards lie outside of the cells. Each card
  // tells its own day, person and room, so to a screen reader this is a set of buttons.
  const TABLE = ["role", "aria-colcount", "aria-rowcount", "aria-colindex", "aria-rowindex", "aria-colspan", "aria-rowspan"];
  const plain = () => {
    for (const name of TABLE) for (const found of box.querySelectorAll(`#ec [${name}]`)) found.removeAttribute(name);
  };

  const marksOf = (visit) => [visit.says, visit.promised ? words.promised : "", visit.papers].filter(Boolean);

  const card = ({ event }) => {
    const visit = event.extendedProps;
    if (event.display === "background") return { domNodes: event.title ? [make("span", "off-label", event.title)] : [] };
    if (!visit.parts) return undefined;
    const whole = make("div", "card-body-parts");
    for (const [kind, minutes] of visit.parts) {
      const part = make("span", `seg seg-${kind}`);
      part.style.flexGrow = minutes;
      whole.append(part);
    }
    const text = make("button", "card-words");
    text.type = "button";
    text.addEventListener("click", () => wasDragged || opened(visit));
    const line = make("span", "card-line");
    const moved = event.start ? wallClock(event.start) : visit.start;
    line.append(make("b", "", `${clock(moved)} `), make("b", "card-name", visit.name));
    text.append(line);
    if (visit.promised) line.append(make("span", "card-tick", " ✓"), make("span", "visually-hidden", words.promised));
    const other = by === "room" ? visit.who : visit.where;
    text.append(make("span", "card-more", other));
    if (visit.state !== "booked" || visit.papers) text.append(make("span", "card-state", [visit.state === "booked" ? "" : visit.says, visit.papers].filter(Boolean).join(", ")));
    const column = by === "room" ? visit.where : visit.who;
    text.append(make("span", "visually-hidden", `, ${column}, ${format(moved, { weekday: "long", day: "numeric", month: "long" })}`));
    return { domNodes: [whole, text] };
  };

  const label = ({ resource, date }) => {
    const on = date && wallClock(date).slice(0, 10);
    const starts = resource.extendedProps.starts;
    if (!starts) return ""; // the calendar's own empty column, before there is any data
    const count = starts.filter((start) => !on || start.startsWith(on)).length;
    const counted = count === 0 ? words.none : count === 1 ? words.one : fill(words.many, { count });
    return { domNodes: [make("b", "", resource.title), make("span", "column-count", counted)] };
  };

  const title = () => {
    const long = { day: "numeric", month: "long", year: "numeric" };
    if (view === "day") return format(`${range.from}T00:00`, { weekday: "long", ...long }).replace(",", "");
    return fill(words.week, { day: format(`${range.from}T00:00`, long) });
  };

  // Saying things ---------------------------------------------------------------

  const toast = (template, text) => {
    const made = document.getElementById(template).content.firstElementChild.cloneNode(true);
    made.querySelector("[data-words]").textContent = text;
    made.querySelector("[data-close]").addEventListener("click", () => made.remove());
    toasts.replaceChildren(made);
    said.textContent = text;
    return made;
  };

  const refuse = (problem) => {
    const made = toast("toast-refused", `${problem.detail} ${words.stays}`);
    if (problem.link) {
      const link = made.querySelector("[data-link]");
      link.href = problem.link.url;
      link.textContent = problem.link.label;
      link.hidden = false;
    }
    if (["already_changed", "not_found"].includes(problem.code)) load();
  };

  const done = (moved, canUndo) => {
    const made = toast("toast-done", moved.words);
    const undo = made.querySelector("[data-undo]");
    if (!canUndo) return undo.remove();
    undo.addEventListener("click", () => {
      undo.remove();
      send(moved.id, moved.undo, false);
    });
    setTimeout(() => undo.remove(), UNDO_MS);
    return undefined;
  };

  // Moving ------------------------------------------------------------------------

  const moveUrl = (id) => config.move.replace(config.noId, id);

  const send = async (id, wanted, canUndo) => {
    const body = new URLSearchParams(wanted);
    const token = movePanel.querySelector("[name=csrfmiddlewaretoken]").value;
    const moved = await ask(moveUrl(id), { method: "POST", body, headers: { Accept: "application/json", "X-CSRFToken": token } });
    if (moved.problem) return moved.problem;
    done({ ...moved, id }, canUndo);
    await load();
    return null;
  };

  const dropped = async (info) => {
    const visit = info.event.extendedProps;
    const wanted = {
      starts_at: wallClock(info.event.start),
      practitioner: by === "room" || !info.newResource ? visit.person : info.newResource.id,
      room: by === "room" && info.newResource ? info.newResource.id : "",
      version: visit.version,
    };
    if (by === "room" && !info.newResource) wanted.room = visit.room;
    pending = { id: visit.id, wanted, revert: info.revert };
    toasts.replaceChildren();
    const found = await ask(`${moveUrl(visit.id)}?${new URLSearchParams(wanted)}`);
    if (found.problem) {
      putBack();
      return refuse(found.problem);
    }
    if (found.nothing) return putBack();
    pending.wanted.room = found.room;
    return confirm(found);
  };

  const confirm = (found) => {
    movePanel.querySelector("h2").textContent = found.words;
    movePanel.querySelector("[data-tells]").textContent = found.tells;
    movePanel.querySelector("[data-reason]").hidden = !found.needs_reason;
    movePanel.querySelector("[data-why]").textContent = found.why;
    movePanel.querySelector("#move-reason").value = "";
    reasonError("");
    movePanel.showModal();
  };

  const reasonError = (text) => {
    const error = document.getElementById("move-reason-error");
    error.textContent = text;
    error.hidden = !text;
    document.getElementById("move-reason").setAttribute("aria-invalid", text ? "true" : "false");
    if (text) document.getElementById("move-reason").focus();
  };

  const putBack = () => {
    if (pending) pending.revert();
    pending = null;
  };

  movePanel.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!pending || pending.isSent) return;
    const reason = movePanel.querySelector("#move-reason").value.trim();
    if (!movePanel.querySelector("[data-reason]").hidden && !reason) return reasonError(words.reasonMissing);
    pending.isSent = true;
    const problem = await send(pending.id, { ...pending.wanted, reason }, true);
    if (problem) {
      putBack();
      refuse(problem);
    }
    pending = null;
    movePanel.close();
  });
  movePanel.addEventListener("close", () => {
    if (pending && !pending.isSent) putBack();
  });
  for (const button of document.querySelectorAll("dialog [data-close]")) button.addEventListener("click", () => button.closest("dialog").close());

  // A visit's own panel --------------------------------------------------------------

  const opened = (visit) => {
    visitPanel.querySelector("h2").textContent = visit.name;
    visitPanel.querySelector("[data-marks]").textContent = marksOf(visit).join(", ");
    const rows = [
      [words.when, `${format(visit.start, { weekday: "long", day: "numeric", month: "long" }).replace(",", "")}, ${fill(words.span, { start: clock(visit.start), end: clock(visit.leaves) })}`],
      [words.what, visit.session ? `${visit.service}, ${fill(words.session, { place: visit.session })}` : visit.service],
      [words.practitioner, visit.who],
      [words.room, visit.leaves === visit.end ? visit.where : `${visit.where}. ${fill(words.turnover, { time: clock(visit.end) })}`],
    ];
    visitPanel.querySelector("[data-facts]").replaceChildren(...rows.flatMap(([name, value]) => [make("dt", "", name), make("dd", "", value)]));
    const form = visitPanel.querySelector("[data-form]");
    form.href = config.form.replace(config.noId, visit.id);
    form.hidden = !visit.movable;
    const page = visitPanel.querySelector("[data-open]");
    page.href = config.visit.replace(config.noId, visit.id);
    page.hidden = visit.held;
    visitPanel.showModal();
  };

  // The calendar itself ---------------------------------------------------------------

  const ec = EventCalendar.create(document.getElementById("ec"), {
    view: "resourceTimeGridDay",
    date: `${config.date}T00:00:00`,
    timeZone: config.offset,
    firstDay: 1,
    locale: language,
    headerToolbar: { start: "", center: "", end: "" },
    allDaySlot: false,
    nowIndicator: true,
    editable: true,
    eventDurationEditable: false,
    eventDragMinDistance: 5,
    slotEventOverlap: false,
    datesAboveResources: true,
    slotDuration: "00:15",
    slotLabelInterval: "01:00",
    slotHeight: 26,
    snapDuration: "00:05",
    slotLabelFormat: (at) => clock(wallClock(at)),
    dayHeaderFormat: (at) => format(wallClock(at), { weekday: "short", day: "numeric", month: "short" }).replace(",", ""),
    views: {
      resourceTimelineWeek: { slotDuration: "00:30", slotWidth: 40, snapDuration: "00:15" },
      resourceTimeGridDay: { columnWidth: "minmax(9rem, 1fr)" },
      resourceTimeGridWeek: { columnWidth: "minmax(5.4rem, 1fr)" },
    },
    resources: [],
    events: [],
    eventContent: card,
    resourceLabelContent: label,
    eventDrop: dropped,
    eventDragStart: () => { isDragging = true; },
    eventDragStop: () => {
      isDragging = false;
      wasDragged = true; // the click that ends a drag opens nothing
      setTimeout(() => { wasDragged = false; });
    },
    datesSet: () => settle(),
    eventAllUpdated: () => plain(),
  });

  // The calendar tells its dates late, and not at all where they stay the same.
  const settle = () => setTimeout(() => {
    if (view === "list") return;
    const { activeStart, activeEnd } = ec.getView();
    const next = { from: wallClock(activeStart).slice(0, 10), to: wallClock(activeEnd).slice(0, 10) };
    if (range && range.from === next.from && range.to === next.to) return;
    range = next;
    went();
  });

  const went = () => {
    heading.textContent = title();
    const query = choices();
    query.set("location", config.location);
    query.set("date", range.from);
    query.set("by", by);
    window.history.replaceState(null, "", `?${query}`);
    filters.elements.date.value = range.from;
    load();
    // What is printed is the list, so it follows to another week.
    if (!sameWeek(range.from, listed)) renewList();
  };

  const press = (name, value) => {
    for (const button of document.querySelectorAll(`[data-${name}]`)) button.setAttribute("aria-pressed", button.dataset[name] === value ? "true" : "false");
  };

  const show = (wanted) => {
    view = wanted;
    press("view", wanted);
    box.hidden = view === "list";
    list.hidden = view !== "list";
    document.querySelector("[data-axes]").hidden = view === "list";
    if (view === "list") {
      range = weekOf(range ? range.from : config.date);
      heading.textContent = title();
      return load();
    }
    range = null;
    ec.setOption("view", view === "day" ? "resourceTimeGridDay" : "resourceTimelineWeek");
    return settle();
  };

  const weekOf = (date) => {
    const monday = new Date(`${date}T00:00Z`);
    monday.setUTCDate(monday.getUTCDate() - ((monday.getUTCDay() + 6) % 7));
    const from = monday.toISOString().slice(0, 10);
    monday.setUTCDate(monday.getUTCDate() + 7);
    return { from, to: monday.toISOString().slice(0, 10) };
  };
  const sameWeek = (one, other) => weekOf(one).from === weekOf(other).from;

  for (const link of document.querySelectorAll("[data-go]")) {
    link.addEventListener("click", (event) => {
      if (view === "list" || event.metaKey || event.ctrlKey) return;
      event.preventDefault();
      if (link.dataset.go === "today") ec.setOption("date", `${config.today}T00:00:00`);
      else ec[link.dataset.go]();
    });
  }
  for (const button of document.querySelectorAll("[data-view]")) button.addEventListener("click", () => {
    window.sessionStorage.setItem(KEPT, button.dataset.view);
    show(button.dataset.view);
  });
  for (const button of document.querySelectorAll("[data-by]")) {
    button.addEventListener("click", () => {
      by = button.dataset.by;
      press("by", by);
      if (data) draw();
    });
  }

  document.querySelector("[data-views]").hidden = false;
  press("by", by);
  const first = window.innerWidth < NARROW ? "list" : window.sessionStorage.getItem(KEPT) || "week";
  show(first);
  setInterval(look, POLL_MS);
})();
