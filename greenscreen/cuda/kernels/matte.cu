// From the frame to an alpha on the guide: refine/guided.py, kernel by kernel.
#include "sample.cuh"

struct Halved {  // a plane, halved as often as `block` says, which is a power of two
  const unsigned char *data;
  int width, block;
  // A half goes up each time, as it does when OpenCV halves.
  __device__ int once(int x, int y) const {
    const unsigned char *p = data + 2LL * y * width + 2 * x;
    return (p[0] + p[1] + p[width] + p[width + 1] + 2) >> 2;
  }
  __device__ int twice(int x, int y) const {
    return (once(2 * x, 2 * y) + once(2 * x + 1, 2 * y) + once(2 * x, 2 * y + 1) + once(2 * x + 1, 2 * y + 1) + 2) >> 2;
  }
  __device__ int operator()(int x, int y) const {
    int total = 0, n = block / 4;
    if (block == 1) total = data[(long long)y * width + x];
    if (block == 2) total = once(x, y);
    for (int j = 0; j < n; ++j)
      for (int i = 0; i < n; ++i) total += twice(n * x + i, n * y + j);
    return n ? (total + n * n / 2) / (n * n) : total;
  }
};

// The two pixels of n that pixel i lies between when they become m, and their weights of 2048.
__device__ inline void neighbours(int i, int n, int m, int *one, int *other, int *weight, int *other_weight) {
  float at = (i + .5f) * n / m - .5f, below = floorf(at);
  *one = limit((int)below, n - 1), *other = limit((int)below + 1, n - 1);
  *weight = (int)rintf((1 - (at - below)) * 2048), *other_weight = (int)rintf((at - below) * 2048);
}

// What lies between four pixels, by the weights a and b across and c and d down.
__device__ inline int between(int p, int q, int r, int s, int a, int b, int c, int d) {
  int upper = p * a + q * b, lower = r * a + s * b;
  return ((c * (upper >> 4) >> 16) + (d * (lower >> 4) >> 16) + 2) >> 2;
}

// A plane of the frame made small: halved as often as that gives the mean; where there is none, the rest is
// interpolated. With OpenCV's own roundings: a level more or less of a colour is a different matte.
__device__ inline int average(const unsigned char *plane, int width, int height, int w, int h, int x, int y) {
  int full = width, block = 1;
  bool mean = width % w == 0 && height % h == 0;
  for (; width >= 2 * w && height >= 2 * h && width % 2 == 0 && height % 2 == 0; block *= 2) {
    if (mean && (width / w | height / h) % 2) break;
    width /= 2, height /= 2;
  }
  Halved halved{plane, full, block};
  if (mean) {
    int total = 0, across = width / w, down = height / h;
    for (int j = 0; j < down; ++j)
      for (int i = 0; i < across; ++i) total += halved(across * x + i, down * y + j);
    return (int)rintf(total * (1.f / (across * down)));
  }
  int left, right, a, b, up, down, c, d;
  neighbours(x, width, w, &left, &right, &a, &b);
  neighbours(y, height, h, &up, &down, &c, &d);
  return between(halved(left, up), halved(right, up), halved(left, down), halved(right, down), a, b, c, d);
}

// A pixel of a frame in I420 made small, or large: BGR in whole levels.
__device__ inline float4 sized(const unsigned char *frame, int width, int height, int w, int h, int x, int y) {
  const unsigned char *u = frame + (long long)width * height, *v = u + (long long)width * height / 4;
  return to_bgr(average(frame, width, height, w, h, x, y), average(u, width / 2, height / 2, w, h, x, y),
                average(v, width / 2, height / 2, w, h, x, y));
}

// The small picture of a frame, on which slowly varying things are found.
extern "C" __global__ void make_guide(const unsigned char *frame, int width, int height, uchar4 *guide, int w, int h) {
  PIXEL(w, h);
  float4 p = sized(frame, width, height, w, h, x, y);
  guide[y * w + x] = make_uchar4(p.x, p.y, p.z, 0);
}

// What the network sees: (h, w, 3) float in [0, 255]; interpolated where network_input in segment/ does so, too.
extern "C" __global__ void make_input(const uchar4 *guide, int width, int height, float *input, int w, int h) {
  PIXEL(w, h);
  float *out = input + 3 * (y * w + x);
  if (4 * width < 5 * w && 4 * height < 5 * h) {
    int left, right, a, b, up, down, c, d;
    neighbours(x, width, w, &left, &right, &a, &b);
    neighbours(y, height, h, &up, &down, &c, &d);
    uchar4 p = guide[up * width + left], q = guide[up * width + right];
    uchar4 r = guide[down * width + left], s = guide[down * width + right];
    out[0] = between(p.x, q.x, r.x, s.x, a, b, c, d);
    out[1] = between(p.y, q.y, r.y, s.y, a, b, c, d);
    out[2] = between(p.z, q.z, r.z, s.z, a, b, c, d);
    return;
  }
  float4 p = whole(area(Bytes4{guide, width}, width, height, w, h, x, y));
  out[0] = p.x, out[1] = p.y, out[2] = p.z;
}

// The same where it is larger than the guide.
extern "C" __global__ void make_large_input(const unsigned char *frame, int width, int height, float *input, int w, int h) {
  PIXEL(w, h);
  float4 p = sized(frame, width, height, w, h, x, y);
  float *out = input + 3 * (y * w + x);
  out[0] = p.x, out[1] = p.y, out[2] = p.z;
}

// The coarse matte at the guide's size: as it is, and without the network's FAINT doubts.
extern "C" __global__ void enlarge(const float *coarse, int width, int height, float *belief, float *matte, int w, int h) {
  PIXEL(w, h);
  float found = linear(Floats{coarse, width}, width, height, w, h, x, y).x;
  belief[y * w + x] = found;
  matte[y * w + x] = unit((found - FAINT) / (1 - 2 * FAINT));
}

// In every window, alpha as an affine function of the colour: the guided filter's a, for each level, (x, y, z) and b (w).
// The matte is rounded to STEPS levels, as on the CPU, so that the sums are whole numbers and exact. RADIUS and EPSILON,
// in levels squared, like FLAT, LIVELY, BLACK and WHITE below, are refine/guided.py's, handed to the compiler.
// `trust` is how much the window's colours say of an outline, in [0, 1].
extern "C" __global__ void fit_colours(const uchar4 *guide, const float *matte, float4 *fit, float *trust, int w, int h) {
  PIXEL(w, h);
  float mb = 0, mg = 0, mr = 0, mp = 0, cb = 0, cg = 0, cr = 0, bb = 0, gg = 0, rr = 0, bg = 0, br = 0, gr = 0;
  for (int dy = -RADIUS; dy <= RADIUS; ++dy)
    for (int dx = -RADIUS; dx <= RADIUS; ++dx) {
      int i = mirrored(y + dy, h) * w + mirrored(x + dx, w);
      uchar4 c = guide[i];
      float b = c.x, g = c.y, r = c.z, p = floorf(matte[i] * STEPS + .5f);
      mb += b, mg += g, mr += r, mp += p, cb += b * p, cg += g * p, cr += r * p;
      bb += b * b, gg += g * g, rr += r * r, bg += b * g, br += b * r, gr += g * r;
    }
  const float size = (2 * RADIUS + 1) * (2 * RADIUS + 1), n = 1.f / size;
  // Where the window holds nothing but room, or nothing but person, that is exactly what comes out.
  bool flat = mp <= 0 || mp >= size * STEPS;
  mb *= n, mg *= n, mr *= n, mp *= n;
  cb = cb * n - mb * mp, cg = cg * n - mg * mp, cr = cr * n - mr * mp;
  bb = bb * n - mb * mb + EPSILON, gg = gg * n - mg * mg + EPSILON, rr = rr * n - mr * mr + EPSILON;
  bg = bg * n - mb * mg, br = br * n - mb * mr, gr = gr * n - mg * mr;
  // The symmetric 3x3 system is solved by its adjugate.
  float ibb = gg * rr - gr * gr, ibg = br * gr - bg * rr, ibr = bg * gr - gg * br;
  float igg = bb * rr - br * br, igr = bg * br - bb * gr, irr = bb * gg - bg * bg;
  float scale = flat ? 0.f : 1.f / STEPS / (bb * ibb + bg * ibg + br * ibr);
  float ab = (ibb * cb + ibg * cg + ibr * cr) * scale;
  float ag = (ibg * cb + igg * cg + igr * cr) * scale;
  float ar = (ibr * cb + igr * cg + irr * cr) * scale;
  float spread = sqrtf(fmaxf(bb + gg + rr - 3 * EPSILON, 0.f));
  fit[y * w + x] = make_float4(ab, ag, ar, mp * (1.f / STEPS) - ab * mb - ag * mg - ar * mr);
  trust[y * w + x] = unit((spread - FLAT) / (LIVELY - FLAT));
}

// The fit averaged over all windows a pixel is in, or the matte as far as colours do not count, with [BLACK, WHITE]
// stretched to [0, 1]: `lines`, four planes, such that alpha is their product with (B, G, R, 1). And the guide's own
// alpha by it.
extern "C" __global__ void mean_fit(const uchar4 *guide, const float *matte, const float4 *fit, const float *trust,
                                    float *lines, float *alpha, int w, int h) {
  PIXEL(w, h);
  float4 total = make_float4(0.f, 0.f, 0.f, 0.f);
  for (int dy = -RADIUS; dy <= RADIUS; ++dy)
    for (int dx = -RADIUS; dx <= RADIUS; ++dx)
      total = sum(total, fit[mirrored(y + dy, h) * w + mirrored(x + dx, w)]);
  int i = y * w + x, n = w * h;
  float4 m = scaled(total, trust[i] / ((2 * RADIUS + 1) * (2 * RADIUS + 1)));
  m.w += (1 - trust[i]) * matte[i] - BLACK;
  m = scaled(m, 1.f / (WHITE - BLACK));
  uchar4 c = guide[i];
  lines[i] = m.x, lines[n + i] = m.y, lines[2 * n + i] = m.z, lines[3 * n + i] = m.w;
  alpha[i] = unit(m.x * c.x + m.y * c.y + m.z * c.z + m.w);
}
