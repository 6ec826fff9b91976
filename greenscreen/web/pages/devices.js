// Which camera, and what runs the network: chosen from those that the server finds.

import { make } from "/make.js";
import { ask } from "/server.js";

const camera = document.getElementById("camera"), engine = document.getElementById("engine");

/** Starts both pickers; `attempt(promise)` shows what went wrong. Returns what to call with every new state. */
export function startDevices(attempt) {
  let known = "";

  async function fill(source) {
    const found = await attempt(ask("/api/devices"));
    if (!found) return;
    const cameras = found.cameras.map(({ device, name }) => make("option", { value: device }, name));
    // A file, or whichever camera was the first, is among them by what it is called.
    if (found.camera === null) cameras.unshift(make("option", { value: "" }, source || "none"));
    camera.replaceChildren(...cameras);
    camera.value = found.camera ?? "";
    engine.replaceChildren(...found.engines.map(name => make("option", { value: name }, name)));
    engine.value = found.engine;
  }

  async function choose(name, select) {
    if (!select.value) return;
    await attempt(ask("/api/devices", { method: "PATCH", json: { [name]: select.value } }));
    known = "";
  }

  camera.addEventListener("change", () => choose("camera", camera));
  engine.addEventListener("change", () => choose("engine", engine));
  window.addEventListener("focus", () => { known = ""; });  // Something may have been plugged in meanwhile.
  return ({ status }) => {
    const now = `${status.source}\n${status.engine}`;
    if (now === known || [camera, engine].includes(document.activeElement) && known) return;
    known = now;
    fill(status.source);
  };
}
