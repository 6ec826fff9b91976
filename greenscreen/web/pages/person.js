// Draws the person with true transparency, from pixels as they are or from two pictures, colour and alpha.
// Not by WebGL: without a graphics card a plain canvas is several times as fast.

const HEADER = 28;  // bytes; seven little-endian uint32, see encode.py

// Alpha below the first is outside the outlined silhouette, above the second inside: a line has an edge, however soft
// the person's is.
const SOFT = [0.2, 0.8];

export class Person {
  /** Draws on `canvas`, with an outline of `width` picture pixels in the colour `[r, g, b]`, each in [0, 255]. */
  constructor(canvas, width = 0, rgb = [255, 255, 255]) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.outline = width > 0 ? new Outline(width, rgb) : null;
  }

  /** Shows a message of an overlay stream once it is decoded, if it is `wanted()` still; no bytes show nothing. */
  async show(message, wanted = () => true) {
    if (message.byteLength <= HEADER) return this.clear();
    const [width, height, left, top, w, h, length] = new Uint32Array(message.slice(0, HEADER));
    const { canvas, context } = this;
    const draw = length ? await compressed(message, length) : pixels(message, w, h);
    if (!wanted()) return;
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    draw(context, left, top);
    this.outline?.draw(context, left, top, w, h);
    context.globalCompositeOperation = "source-over";
  }

  clear() {
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }
}

// Both give what draws the picture, alone, at a place of a canvas.
function pixels(message, width, height) {
  const image = new ImageData(new Uint8ClampedArray(message, HEADER), width, height);
  return (context, left, top) => {
    context.clearRect(0, 0, context.canvas.width, context.canvas.height);
    context.putImageData(image, left, top);
  };
}

async function compressed(message, length) {
  // No colour management: the values are to arrive as they were sent.
  const raw = { colorSpaceConversion: "none" };
  const [colour, alpha] = await Promise.all([
    createImageBitmap(new Blob([new Uint8Array(message, HEADER, length)], { type: "image/jpeg" }), raw),
    createImageBitmap(new Blob([new Uint8Array(message, HEADER + length)], { type: "image/png" }), raw),
  ]);
  return (context, left, top) => {
    context.globalCompositeOperation = "copy";
    context.drawImage(colour, left, top);
    context.globalCompositeOperation = "destination-in";
    context.drawImage(alpha, left, top);
    colour.close();
    alpha.close();
  };
}

class Outline {
  constructor(width, [r, g, b]) {
    this.width = width;
    const smooth = share => { const t = Math.min(1, Math.max(0, share)); return t * t * (3 - 2 * t); };
    this.table = Uint32Array.from({ length: 256 }, (_, alpha) => {
      const cover = smooth((alpha / 255 - SOFT[0]) / (SOFT[1] - SOFT[0]));
      return new Uint32Array(Uint8Array.of(r, g, b, Math.round(255 * cover)).buffer)[0];
    });
    [this.silhouette, this.wider] = [0, 1].map(
      () => new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true }));
  }

  /** Draws the silhouette wherever it is at most `width` away: eight steps of half of that, twice, are nearly a disc. */
  draw(context, left, top, w, h) {
    const { silhouette, wider } = this, room = Math.ceil(this.width);
    const [width, height] = [w + 2 * room, h + 2 * room];
    for (const { canvas } of [silhouette, wider]) [canvas.width, canvas.height] = [width, height];
    silhouette.drawImage(context.canvas, left, top, w, h, room, room, w, h);
    const pixels = silhouette.getImageData(0, 0, width, height), values = new Uint32Array(pixels.data.buffer);
    for (let at = 3, place = 0; place < values.length; at += 4, place += 1) values[place] = this.table[pixels.data[at]];
    silhouette.putImageData(pixels, 0, 0);
    this.#around(wider, silhouette.canvas, 0, 0, 0);
    context.globalCompositeOperation = "destination-over";
    this.#around(context, wider.canvas, left - room, top - room, Math.PI / 8);
  }

  #around(context, image, left, top, turn) {
    for (let step = 0; step < 8; step += 1) {
      const angle = turn + step * Math.PI / 4;
      context.drawImage(image, left + Math.cos(angle) * this.width / 2, top + Math.sin(angle) * this.width / 2);
    }
  }
}
