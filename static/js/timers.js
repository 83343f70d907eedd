// Counts needles down by the server's clock, and calls when the time is over: in words,
// in colour and in sound. It needs nothing but the page, so it goes on without a network.
// Marks: [data-clock] (the server's time when the page was made), [data-due] with data-alarm
// (from when to call), data-key and data-room; [data-until] (a sentence that counts); [data-alarms] (what calls); [data-sound].
(() => {
  const SOUND = "meridian-sound";
  const SILENT = "meridian-silent-until"; // kept, so that the next page is silent too
  const QUICK_MS = 300;
  const SILENCE_MS = 60000;
  const REPEAT_MS = 4000;
  const PULSES = [0, 0.22, 0.44, 0.9, 1.12, 1.34];

  let ahead = 0; // the server's clock less ours, in ms
  let audio = null;
  let silentUntil = 0;
  let soundedAt = 0;
  let said = "";

  const now = () => Date.now() + ahead;
  // The server read its clock between `sentAt` and `gotAt`: a quick answer sets ours, a slow
  // one only keeps it within what is possible.
  const learn = (server, sentAt, gotAt) => {
    const slack = (gotAt - sentAt) / 2;
    const likely = server - sentAt - slack;
    if (slack < QUICK_MS) ahead = likely;
    else ahead = Math.min(Math.max(ahead, likely - slack), likely + slack);
  };
  window.meridianClock = { now, learn };

  const pageArrived = () => {
    const page = performance.getEntriesByType("navigation")[0];
    return page && page.responseStart ? performance.timeOrigin + page.responseStart : Date.now();
  };

  // Sound -------------------------------------------------------------------------

  const kept = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // storage is off: choices last for this page
    }
  };
  const keep = (key, value) => {
    try {
      localStorage.setItem(key, value);
    } catch {
      // storage is off: choices last for this page
    }
  };
  const wanted = () => (kept(SOUND) || (audio ? "on" : "off")) === "on";
  const isSilent = () => {
    const left = Math.max(silentUntil, Number(kept(SILENT)) || 0) - Date.now();
    return left > 0 && left <= SILENCE_MS; // more than that: the clock was set back meanwhile
  };
  const audible = () => wanted() && audio !== null && audio.state === "running";

  const wake = async () => {
    audio = audio || new AudioContext();
    if (audio.state !== "running") await audio.resume();
    showSound();
  };

  const beep = () => {
    const begun = audio.currentTime + 0.02;
    for (const after of PULSES) {
      const tone = audio.createOscillator();
      const loudness = audio.createGain();
      tone.type = "triangle";
      tone.frequency.value = after < 0.9 ? 740 : 880;
      loudness.gain.setValueAtTime(0, begun + after);
      loudness.gain.linearRampToValueAtTime(0.5, begun + after + 0.02);
      loudness.gain.linearRampToValueAtTime(0, begun + after + 0.16);
      tone.connect(loudness).connect(audio.destination);
      tone.start(begun + after);
      tone.stop(begun + after + 0.18);
    }
  };

  const showSound = () => {
    document.querySelectorAll("[data-sound]").forEach((box) => {
      const on = audible();
      const button = box.querySelector("button");
      const words = on ? box.dataset.isOn : box.dataset.isOff;
      const label = on ? box.dataset.turnOff : box.dataset.turnOn;
      const line = box.querySelector("[data-sound-words]");
      if (line.textContent !== words) line.textContent = words;
      if (button.textContent !== label) button.textContent = label;
      box.classList.toggle("is-off", !on);
      box.hidden = false;
    });
  };

  // Timers ------------------------------------------------------------------------

  const MOST_MINUTES = 90; // what is longer is told in hours and minutes

  const clock = (ms) => {
    const seconds = Math.floor(ms / 1000);
    const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
    if (seconds > MOST_MINUTES * 60)
      return `${hours}:${String(minutes).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  };

  // "12 minutes", "3 h 47 min": the words stand at [data-alarms].
  const length = (minutes) => {
    const words = document.querySelector("[data-alarms]")?.dataset;
    const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
    if (!words) return `${minutes}`;
    if (minutes <= MOST_MINUTES) return words.minutes.replace("{n}", String(minutes));
    return (rest ? words.long : words.hours).replace("{h}", String(hours)).replace("{m}", String(rest));
  };

  const show = (box, at) => {
    const left = Date.parse(box.dataset.due) - at;
    const over = left <= 0;
    const words = box.querySelector(".retention-words");
    box.querySelector(".retention-time").textContent = over ? `+${clock(-left)}` : clock(left + 999);
    box.classList.toggle("is-over", over);
    box.classList.toggle("is-soon", !over && left <= 120000);
    if (over && words && words.dataset.over && words.textContent !== words.dataset.over)
      words.textContent = words.dataset.over;
  };

  const tell = (line, at) => {
    const minutes = Math.ceil((Date.parse(line.dataset.until) - at) / 60000);
    let words = line.dataset.dueNow;
    if (minutes > 1) words = line.dataset.later.replace("{length}", length(minutes));
    else if (minutes === 1) words = line.dataset.last;
    else if (minutes < -1) words = line.dataset.over.replace("{length}", length(-minutes));
    if (line.textContent !== words) line.textContent = words;
  };

  const calling = (boxes, at) => {
    const rooms = new Map();
    for (const box of boxes) {
      const call = Date.parse(box.dataset.alarm);
      if (at >= call) rooms.set(box.dataset.key, box);
    }
    return [...rooms.values()];
  };

  const sentence = (region, box, at) => {
    const minutes = Math.floor((at - Date.parse(box.dataset.due)) / 60000);
    const words = minutes < 1 ? region.dataset.now : minutes === 1 ? region.dataset.one : region.dataset.many;
    const line = words.replace("{room}", box.dataset.room).replace("{length}", length(minutes));
    return box.dataset.who ? `${line}, ${box.dataset.who}` : line;
  };

  const write = (region, lines) => {
    const all = lines.join("\n");
    if (all === said && region.hidden === (lines.length === 0)) return;
    said = all;
    const list = region.querySelector("[data-alarm-lines]");
    list.replaceChildren(...lines.map((line) => {
      const item = document.createElement("p");
      item.textContent = line;
      return item;
    }));
    region.hidden = lines.length === 0;
  };

  const ring = (places) => {
    const silent = isSilent();
    document.querySelectorAll("[data-silence]").forEach((button) => { button.hidden = silent || !audible(); });
    const sounding = places.some((place) => !place.hidden) && !silent && audible();
    for (const place of places) place.dataset.sounding = sounding && !place.hidden ? "yes" : "no";
    if (sounding && Date.now() - soundedAt >= REPEAT_MS) {
      soundedAt = Date.now();
      beep();
    }
  };

  const call = (boxes, at) => {
    const region = document.querySelector("[data-alarms]");
    if (region) write(region, boxes.map((box) => sentence(region, box, at)));
    ring([...document.querySelectorAll("[data-alarms], [data-strip]")]);
  };

  const tick = () => {
    const at = now();
    const boxes = document.querySelectorAll("[data-due]");
    boxes.forEach((box) => show(box, at));
    document.querySelectorAll("[data-until]").forEach((line) => tell(line, at));
    call(calling(boxes, at), at);
  };

  // Wiring ------------------------------------------------------------------------

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-silence]")) {
      silentUntil = Date.now() + SILENCE_MS;
      keep(SILENT, String(silentUntil));
      tick();
      return;
    }
    if (!event.target.closest("[data-sound] button")) return;
    const on = !audible();
    keep(SOUND, on ? "on" : "off");
    if (on) wake().then(() => { if (audible()) beep(); });
    else if (audio) audio.suspend().then(showSound);
  });

  // Browsers let a page sound only after a first touch: any touch will do.
  for (const touch of ["pointerup", "keydown"]) {
    document.addEventListener(touch, (event) => {
      const isSwitch = event.target instanceof Element && event.target.closest("[data-sound]");
      if (wanted() && !audible() && !isSwitch) wake();
    });
  }

  const begin = () => {
    const mark = document.querySelector("[data-clock]");
    if (mark) learn(Date.parse(mark.dataset.clock), pageArrived(), pageArrived());
    showSound();
    if (wanted()) wake(); // wakes by itself where the page before was touched: the locked screen
    tick();
    setInterval(tick, 250);
    setInterval(showSound, 2000);
  };

  document.addEventListener("DOMContentLoaded", begin);
  document.addEventListener("htmx:afterSettle", tick);
})();
