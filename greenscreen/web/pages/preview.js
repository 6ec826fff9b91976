// The live picture on the control page: one view at a time, as small as it is shown.

import { connect } from "/socket.js";

const SILENCE = 1500;  // milliseconds after which the last picture is no longer live
const SPACING = 45;    // milliseconds between two pictures: smooth enough to judge by, and light on the machine

const canvas = document.getElementById("picture");
const context = canvas.getContext("2d");
const empty = document.getElementById("no-picture");

let socket = null, silence = 0;

/** Shows one of the server's views: after, before, split or matte. */
export function watch(view) {
  socket?.close();
  const mine = socket = connect(`/stream/${view}`, async message => {
    const began = performance.now();
    const picture = await createImageBitmap(new Blob([message], { type: "image/jpeg" })).catch(() => null);
    if (picture && mine === socket) show(picture);
    setTimeout(() => mine.send("shown"), Math.max(0, SPACING - (performance.now() - began)));
  });
}

function show(picture) {
  [canvas.width, canvas.height] = [picture.width, picture.height];
  context.drawImage(picture, 0, 0);
  picture.close();
  empty.hidden = true;
  clearTimeout(silence);
  silence = setTimeout(() => { empty.hidden = false; }, SILENCE);
}

// Nobody looks at a hidden page, so nothing is encoded for it.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) socket?.close();
  else watch(document.querySelector("[name=view]:checked").value);
});
for (const radio of document.querySelectorAll("[name=view]")) {
  radio.addEventListener("change", () => watch(radio.value));
}
watch(document.querySelector("[name=view]:checked").value);
