// The gallery: words, colours and pictures as cards of one radio group; upload by button or drag and drop.

import { make } from "/make.js";
import { ask, change } from "/server.js";

const COLOURS = { green: "#00b140", blue: "#0047bb", black: "#000000", white: "#ffffff", gray: "#808080" };

const section = document.getElementById("backgrounds");
const gallery = document.getElementById("gallery");
const blurRow = document.getElementById("blur-row");
const blur = document.getElementById("blur");
const blurValue = document.getElementById("blur-value");

/** Starts the gallery; `attempt(promise)` shows what went wrong. Returns what to call with every new state. */
export function startBackgrounds(attempt) {
  let drawn = "";

  const choose = background => attempt(change({ background }));

  function card(value, name, tile, remove = null) {
    const radio = make("input", { type: "radio", name: "background", value, onchange: () => choose(value) });
    const parts = [make("label", {}, radio, tile, make("span", { class: "name" }, name))];
    if (remove) parts.push(removal(name, remove));
    return make("div", { class: "card" }, ...parts);
  }

  // What is removed is gone, and a thumb is wide: so it takes two presses, the second where the first has said so.
  function removal(name, remove) {
    const button = make("button", { class: "remove", type: "button", onclick: () => button.dataset.sure ? remove() : doubt(true) });
    const doubt = sure => {
      button.dataset.sure = sure ? "yes" : "";
      button.textContent = sure ? "remove?" : "×";
      button.setAttribute("aria-label", sure ? `Press again to remove ${name}` : `Remove ${name}`);
    };
    for (const kind of ["blur", "mouseleave"]) button.addEventListener(kind, () => doubt(false));
    doubt(false);
    return button;
  }

  function painted(colour) {
    const tile = make("span", { class: "tile" });
    tile.style.background = colour;
    return tile;
  }

  function picture(name) {
    const image = make("img", { src: `/api/backgrounds/${encodeURIComponent(name)}/thumbnail`, alt: "", loading: "lazy" });
    const remove = () => attempt(ask(`/api/backgrounds/${encodeURIComponent(name)}`, { method: "DELETE" }));
    return card(name, name, make("span", { class: "tile" }, image), remove);
  }

  function ownColour() {
    const input = make("input", { type: "color", value: "#3366aa", "aria-label": "Own colour", onchange: () => choose(input.value) });
    const tile = make("span", { class: "tile", "aria-hidden": "true" });
    input.addEventListener("input", () => { tile.style.background = input.value; });
    return make("label", { class: "add own" }, input, tile, make("span", { class: "name" }, "own colour"));
  }

  function upload() {
    const input = make("input", { type: "file", accept: "image/*", multiple: true, onchange: () => { send(input.files); input.value = ""; } });
    return make("label", { class: "add" }, input, make("span", { class: "tile", "aria-hidden": "true" }, "+"), make("span", { class: "name" }, "add picture"));
  }

  async function send(files) {
    for (const file of files) {
      const added = await attempt(ask(`/api/backgrounds?name=${encodeURIComponent(file.name)}`, { method: "POST", body: file }));
      if (added) await choose(added.name);
    }
  }

  for (const kind of ["dragover", "dragleave", "drop"]) {
    section.addEventListener(kind, event => {
      event.preventDefault();
      section.classList.toggle("dropping", kind === "dragover");
      if (kind === "drop") send(event.dataTransfer.files);
    });
  }
  blur.addEventListener("input", () => { blurValue.textContent = `${blur.value} px`; });
  blur.addEventListener("change", () => choose(`blur:${blur.value}`));

  return ({ settings, backgrounds }) => {
    const background = settings.background;
    const key = JSON.stringify([backgrounds, background === "transparent"]);
    if (key !== drawn) {
      drawn = key;
      const cards = [card("blur", "blur", make("span", { class: "tile blur" }))];
      if (background === "transparent") cards.unshift(card("transparent", "none", make("span", { class: "tile none" })));
      for (const [name, colour] of Object.entries(COLOURS)) cards.push(card(name, name, painted(colour)));
      gallery.replaceChildren(gallery.firstElementChild, ...cards, ownColour(), ...backgrounds.map(picture), upload());
    }
    const [word, amount] = background.split(":");
    for (const radio of gallery.querySelectorAll("[name=background]")) {
      radio.checked = radio.value.toLowerCase() === word.toLowerCase();
    }
    blurRow.hidden = word !== "blur";
    if (word === "blur" && document.activeElement !== blur) {
      blur.value = amount ?? 15;
      blurValue.textContent = amount ? `${Math.round(amount)} px` : "usual";
    }
  };
}
