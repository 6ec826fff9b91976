// Draws the person with true transparency: colour from one picture, alpha from another, joined by a shader.

const HEADER = 28;  // bytes; seven little-endian uint32, see encode.py

const VERTEX = `
  attribute vec2 corner;
  varying vec2 at;
  void main() {
    at = vec2(corner.x, 1.0 - corner.y);
    gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
  }`;

// `box` is where, in the whole picture, the part lies that was sent: left, top, width, height, all in [0, 1].
// The outline is the person's alpha at the farthest of 24 points around, so that it follows the silhouette.
const FRAGMENT = `
  precision highp float;
  uniform sampler2D colour, alpha;
  uniform vec4 box, line;
  uniform vec2 reach;
  varying vec2 at;

  float cover(vec2 place) {
    vec2 inside = (place - box.xy) / box.zw;
    vec2 there = step(vec2(0.0), inside) * step(inside, vec2(1.0));
    return texture2D(alpha, inside).r * there.x * there.y;
  }

  void main() {
    float a = cover(at);
    vec4 person = vec4(texture2D(colour, (at - box.xy) / box.zw).rgb * a, a);
    float around = 0.0;
    if (reach.x > 0.0) {
      for (int i = 0; i < 24; i++) {
        float angle = float(i) * 0.2617994;
        vec2 spoke = vec2(cos(angle), sin(angle)) * reach;
        around = max(around, max(cover(at + spoke), cover(at + spoke * 0.5)));
      }
      around = smoothstep(0.2, 0.8, around);  // A line has an edge, however soft the person's is.
    }
    gl_FragColor = person + vec4(line.rgb, 1.0) * around * line.a * (1.0 - a);
  }`;

export class Person {
  /** Draws on `canvas`, with an outline of `width` picture pixels in the colour `[r, g, b]`, each in [0, 1]. */
  constructor(canvas, width = 0, [r, g, b] = [1, 1, 1]) {
    this.canvas = canvas;
    this.width = width;
    this.rgb = [r, g, b];
    canvas.addEventListener("webglcontextlost", event => { event.preventDefault(); this.gl = null; });
    canvas.addEventListener("webglcontextrestored", () => this.#begin());
    this.#begin();
  }

  /** Shows a message of the overlay stream once it is decoded, if it is `wanted()` still; no bytes show nothing. */
  async show(message, wanted = () => true) {
    if (message.byteLength <= HEADER) return this.clear();
    const [width, height, left, top, w, h, length] = new Uint32Array(message.slice(0, HEADER));
    // Neither colour management nor premultiplication: the values are to arrive as they were sent.
    const raw = { colorSpaceConversion: "none", premultiplyAlpha: "none" };
    const [colour, alpha] = await Promise.all([
      createImageBitmap(new Blob([new Uint8Array(message, HEADER, length)], { type: "image/jpeg" }), raw),
      createImageBitmap(new Blob([new Uint8Array(message, HEADER + length)], { type: "image/png" }), raw),
    ]);
    if (wanted()) this.#draw(colour, alpha, [width, height], [left / width, top / height, w / width, h / height]);
    colour.close();
    alpha.close();
  }

  clear() {
    const gl = this.gl;
    if (!gl) return;
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
  }

  #begin() {
    // preserveDrawingBuffer keeps the picture between frames that come slower than the screen's.
    const gl = this.canvas.getContext("webgl", { alpha: true, premultipliedAlpha: true, preserveDrawingBuffer: true, antialias: false, depth: false });
    this.gl = gl;
    if (!gl) return;
    const program = gl.createProgram();
    for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    gl.useProgram(program);
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([0, 0, 1, 0, 0, 1, 1, 1]), gl.STATIC_DRAW);
    const corner = gl.getAttribLocation(program, "corner");
    gl.enableVertexAttribArray(corner);
    gl.vertexAttribPointer(corner, 2, gl.FLOAT, false, 0, 0);
    this.places = Object.fromEntries(["colour", "alpha", "box", "line", "reach"].map(
      name => [name, gl.getUniformLocation(program, name)]));
    gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    for (const unit of [0, 1]) {
      gl.activeTexture(gl.TEXTURE0 + unit);
      gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
      for (const side of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, side, gl.CLAMP_TO_EDGE);
      for (const way of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, way, gl.LINEAR);
    }
  }

  #draw(colour, alpha, [width, height], box) {
    const { gl, canvas, places } = this;
    if (!gl) return;
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    gl.viewport(0, 0, width, height);
    for (const [unit, image, format] of [[0, colour, gl.RGB], [1, alpha, gl.LUMINANCE]]) {
      gl.activeTexture(gl.TEXTURE0 + unit);
      gl.texImage2D(gl.TEXTURE_2D, 0, format, format, gl.UNSIGNED_BYTE, image);
    }
    gl.uniform1i(places.colour, 0);
    gl.uniform1i(places.alpha, 1);
    gl.uniform4fv(places.box, box);
    gl.uniform4f(places.line, ...this.rgb, 1);
    gl.uniform2f(places.reach, this.width / width, this.width / height);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }
}
