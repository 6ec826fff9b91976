// One control for every live setting, made from the server's own description of it.

import { make } from "/make.js";
import { change } from "/server.js";

const ELSEWHERE = new Set(["background"]);  // has the gallery

const spoken = name => { const words = name.replaceAll("_", " "); return words[0].toUpperCase() + words.slice(1); };

/** Fills the settings section from the fields' descriptions. Returns what to call with every new state. */
export function startFields(fields, attempt) {
  const place = document.getElementById("fields");
  const shows = {};
  for (const [name, field] of Object.entries(fields)) {
    if (ELSEWHERE.has(name)) continue;
    const id = `field-${name}`;
    const set = value => attempt(change({ [name]: value }));
    const [control, parts, show] = kind(field)(id, field, set);
    control.setAttribute("aria-describedby", `${id}-help`);
    const usual = field.default === null ? "" : ` Usually ${field.default === true ? "on" : field.default === false ? "off" : field.default}.`;
    const help = make("span", { class: "help", id: `${id}-help` }, `${sentence(field.description)}${usual}`);
    place.append(make("div", { class: "field" }, make("label", { for: id }, spoken(name)), ...parts, help));
    shows[name] = value => { if (document.activeElement !== control || control.type !== "range") show(value ?? field.default); };
  }
  return ({ settings }) => { for (const [name, show] of Object.entries(shows)) show(settings[name]); };
}

function sentence(text) {
  const trimmed = text.trim();
  return trimmed ? trimmed[0].toUpperCase() + trimmed.slice(1) + (/[.!?]$/.test(trimmed) ? "" : ".") : "";
}

function kind(field) {
  if (field.enum || field.choices) return choice;
  if (field.type === "boolean") return toggle;
  if (["number", "integer"].includes(field.type) && "minimum" in field && "maximum" in field) return slider;
  return text;
}

function choice(id, field, set) {
  const choices = field.choices ?? field.enum.map(value => ({ value, label: value }));
  const select = make("select", { id, onchange: () => set(select.value) },
    ...choices.map(({ value, label }) => make("option", { value }, label)));
  return [select, [select], value => { select.value = value; }];
}

function toggle(id, field, set) {
  const box = make("input", { id, type: "checkbox", role: "switch", onchange: () => set(box.checked) });
  return [box, [box], value => { box.checked = value; }];
}

function slider(id, field, set) {
  const step = field.type === "integer" ? 1 : Number(((field.maximum - field.minimum) / 100).toPrecision(1));
  const range = make("input", { id, type: "range", min: field.minimum, max: field.maximum, step, onchange: () => set(Number(range.value)) });
  const output = make("output", { for: id });
  const tell = () => { output.textContent = Number(Number(range.value).toFixed(3)); };
  range.addEventListener("input", tell);
  return [range, [output, range], value => { range.value = value; tell(); }];
}

function text(id, field, set) {
  const number = field.type === "number" || field.type === "integer";
  const input = make("input", { id, type: "text", onchange: () => set(number ? Number(input.value) : input.value) });
  return [input, [input], value => { if (document.activeElement !== input) input.value = value ?? ""; }];
}
