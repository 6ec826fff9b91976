// How the run is doing: figures, a small chart, milliseconds by stage, and who watches.

import { make } from "/make.js";

const SAMPLES = 60;  // one a second

const byId = id => document.getElementById(id);
const history = [];

export function showMeter({ status }) {
  byId("fps").textContent = status.fps ? status.fps.toFixed(1) : "–";
  byId("latency").textContent = status.latency_ms === null ? "–" : `${Math.round(status.latency_ms)} ms`;
  byId("resting").textContent = status.resting === null ? "–" : `${Math.round(100 * status.resting)} %`;
  byId("dropped").textContent = status.dropped;
  byId("where").textContent = [status.source, status.engine].filter(Boolean).join(" · ");
  const stages = Object.entries(status.stages);
  const longest = Math.max(1, ...stages.map(([, ms]) => ms));
  byId("stages").replaceChildren(...stages.map(([name, ms]) => make("li", {},
    make("span", {}, name),
    make("meter", { min: 0, max: longest, value: ms, "aria-label": name }),
    make("span", {}, `${ms.toFixed(1)} ms`))));
}

/** Adds the rate of this second to the chart. */
export function drawChart({ status }) {
  history.push(status.fps);
  if (history.length > SAMPLES) history.shift();
  const top = Math.max(30, ...history) * 1.1;
  const points = history.map((fps, index) => `${(index + SAMPLES - history.length) * 240 / (SAMPLES - 1)},${48 - fps / top * 46}`);
  byId("line").setAttribute("points", points.join(" "));
}

export function showWatchers({ watchers }) {
  byId("watchers").replaceChildren(...watchers.map(({ address, page, since }) => make("li", {},
    make("span", {}, { overlay: "Overlay", control: "Control page" }[page] ?? "Picture"),
    make("span", {}, `${address === "127.0.0.1" || address === "::1" ? "this machine" : address} since ${new Date(since * 1000).toLocaleTimeString([], { timeStyle: "short" })}`))));
}
