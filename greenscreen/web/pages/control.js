// The control page: shows the server's state, and sends back what the person turns. The server's state is the only one.

import { startBackgrounds } from "/backgrounds.js";
import { startDevices } from "/devices.js";
import { startFields } from "/fields.js";
import { startProfiles } from "/profiles.js";
import { drawChart, showMeter, showWatchers } from "/meter.js";
import "/preview.js";
import { ask, change } from "/server.js";
import { connect } from "/socket.js";

const byId = id => document.getElementById(id);
const STATES = { starting: "starting", live: "live", paused: "hidden", waiting: "waiting for the camera", away: "not running" };

const HASTE = 800;  // milliseconds within which nobody who hides wants to be seen again: a double click, a key held down

const ROOM = new Set(["original", "split"]);  // what shows the room to everybody

const panic = byId("panic"), replace = byId("replace"), recording = byId("recording"), message = byId("message");

let state = null, complaint = 0, pressed = -HASTE;

function say(text, kind = "") {
  if (message.textContent === text && message.dataset.kind === kind) return;
  message.textContent = text;
  message.dataset.kind = kind;
}

/** Waits for a request; what went wrong is shown, and the controls return to what is so. */
async function attempt(request) {
  try {
    return await request;
  } catch (error) {
    clearTimeout(complaint);
    complaint = setTimeout(() => { complaint = 0; say(state?.status.message ?? ""); }, 8000);
    say(error.message, "error");
    if (state) show(state);
    return null;
  }
}

/** Says in the header, the tab's name and the look of everything how it is going; `seen` that the room goes out. */
function showState(name, seen = false) {
  document.body.dataset.state = byId("state").dataset.state = seen ? "seen" : name;
  const words = seen ? "your room is seen" : STATES[name] ?? name;
  byId("state-text").textContent = words;
  document.title = `greenscreen: ${words}`;
  byId("seen").hidden = !seen;
}

/** What is seen when nobody answers: the last state is no longer so, and nothing here would be heard. */
function showAway(away) {
  if (away) {
    showState("away");
    say("greenscreen has ended, or cannot be reached: this page comes back with it");
    showMeter({ status: { fps: 0, latency_ms: null, resting: null, dropped: "–", stages: {}, source: "", engine: "" } });
  }
  document.querySelector("main").inert = away;
  byId("no-picture").textContent = away ? "not running" : "no picture";
}

function showActions({ settings, status, recording: recorded }) {
  const hidden = settings.show === "placeholder";
  panic.setAttribute("aria-pressed", hidden);
  panic.textContent = hidden ? "Show me" : "Hide me";
  replace.checked = !ROOM.has(settings.show) && !hidden;
  replace.disabled = hidden;
  recording.setAttribute("aria-pressed", recorded);
  recording.textContent = recorded ? "Stop recording" : "Record";
  const live = status.state === "live";
  showState(hidden ? "paused" : status.state, live && ROOM.has(settings.show));
  if (!complaint) say(status.message, status.state === "waiting" && !hidden ? "warning" : "");
}

const parts = [showActions, showMeter, showWatchers];

function show(news) {
  state = news;
  for (const part of parts) part(news);
}

panic.addEventListener("click", () => {
  const hidden = state?.settings.show === "placeholder", hasty = performance.now() - pressed < HASTE;
  pressed = performance.now();
  if (hidden && hasty) return;
  // By the connection that is there, as a browser queues requests behind others that take their time.
  if (!line.send(hidden ? "show" : "hide")) attempt(change({ show: hidden ? "result" : "placeholder" }));
});
replace.addEventListener("change", () => attempt(change({ show: replace.checked ? "result" : "original" })));
byId("snapshot").addEventListener("click", () => attempt(ask("/api/snapshot", { method: "POST" })));
recording.addEventListener("click", () => attempt(ask("/api/recording", { method: state?.recording ? "DELETE" : "POST" })));
document.addEventListener("keydown", event => {
  const typing = event.target.matches("input:not([type=radio], [type=checkbox], [type=range]), select");
  if (event.key.toLowerCase() === "h" && !event.repeat && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) panic.click();
});

const line = connect("/stream", text => show(JSON.parse(text)), open => showAway(!open));
parts.push(startBackgrounds(attempt), startProfiles(attempt), startDevices(attempt));
const fields = await attempt(ask("/api/fields"));
if (fields) parts.push(startFields(fields, attempt));
if (state) show(state);
setInterval(() => { if (state) drawChart(state); }, 1000);
