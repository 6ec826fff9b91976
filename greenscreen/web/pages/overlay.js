// The page that OBS takes as a Browser Source: the person and nothing else. What its address may say:
//   size=50        percent of the page (100)
//   x=0, y=100     where in the page, percent: 0 is left or top, 100 right or bottom (50 and 50)
//   mirror=1       left and right exchanged
//   outline=6      a line around the person, in pixels of the picture (0)
//   colour=ffffff  of that line
//   compressed=1   as JPEG and PNG on this machine, too, where pixels as they are take less work

import { Person } from "/person.js";
import { connect } from "/socket.js";

const SILENCE = 1000;  // milliseconds after which a picture is too old to be shown on

const wishes = new URLSearchParams(location.search);

function number(name, least, most, fallback) {
  const value = parseFloat(wishes.get(name));
  return Number.isFinite(value) ? Math.min(most, Math.max(least, value)) : fallback;
}

function colour(name) {
  const digits = /^#?([0-9a-f]{6})$/i.exec(wishes.get(name) ?? "")?.[1] ?? "ffffff";
  return [0, 2, 4].map(at => parseInt(digits.slice(at, at + 2), 16));
}

const yes = name => ["1", "true", "yes"].includes(wishes.get(name));
const here = ["127.0.0.1", "localhost", "[::1]"].includes(location.hostname);

const canvas = document.getElementById("person");
for (const name of ["size", "x", "y"]) {
  canvas.style.setProperty(`--${name}`, number(name, name === "size" ? 1 : 0, 100, name === "size" ? 100 : 50));
}
canvas.classList.toggle("mirror", yes("mirror"));
const person = new Person(canvas, number("outline", 0, 64, 0), colour("colour"));

// Whatever is not known to be the person of this moment is not shown: not the last picture, and no error either.
let era = 0, silence = 0, work = Promise.resolve();

function hide() {
  era += 1;  // What is being decoded belongs to the past.
  person.clear();
}

const socket = connect(here && !yes("compressed") ? "/stream/pixels" : "/stream/overlay", message => {
  clearTimeout(silence);
  silence = setTimeout(hide, SILENCE);
  const mine = era;
  work = work.then(() => person.show(message, () => mine === era)).catch(hide).finally(() => socket.send("shown"));
}, open => { if (!open) hide(); });
