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
  const types = [field.type].flat();
  if (field.enum) return choice;
  if (types.includes("boolean")) return toggle;
  return field.maximum - field.minimum <= 1000 && !types.includes("null") ? slider : number;
}

function choice(id, field, set) {
  const select = make("select", { id, onchange: () => set(field.enum[select.selectedIndex]) },
    ...field.enum.map(value => make("option", { value }, String(value))));
  return [select, [select], value => { select.value = value; }];
}

function toggle(id, field, set) {
  const box = make("input", { id, type: "checkbox", role: "switch", onchange: () => set(box.checked) });
  return [box, [box], value => { box.checked = value; }];
}

function slider(id, field, set) {
  const { minimum: min, maximum: max } = field;
  const step = field.type === "integer" ? 1 : Number(((max - min) / 100).toPrecision(1));
  const range = make("input", { id, type: "range", min, max, step, onchange: () => set(Number(range.value)) });
  const output = make("output", { for: id });
  const tell = () => { output.textContent = Number(Number(range.value).toFixed(3)); };
  range.addEventListener("input", tell);
  return [range, [output, range], value => { range.value = value; tell(); }];
}

// Empty is null, where that is allowed: not set.
function number(id, field, set) {
  const input = make("input", { id, type: "number", step: "any", placeholder: "off",
    onchange: () => set(input.value === "" ? null : Number(input.value)) });
  for (const [bound, name] of [["minimum", "min"], ["maximum", "max"]]) if (bound in field) input.setAttribute(name, field[bound]);
  return [input, [input], value => { if (document.activeElement !== input) input.value = value ?? ""; }];
}
