// The person over the backdrop, as a virtual camera takes it: composite.render and kernels.render, for I420.
#include "sample.cuh"

#define ROOM 0
#define PERSON 1
#define UNKNOWN 2

// What a place of the guide is: unknown within a pixel of any alpha between 0 and 1.
__device__ inline unsigned char what_is(const float *alpha, int x, int y, int w, int h) {
  for (int b = max(0, y - 1); b <= min(h - 1, y + 1); ++b)
    for (int a = max(0, x - 1); a <= min(w - 1, x + 1); ++a)
      if (alpha[b * w + a] > 0 && alpha[b * w + a] < 1) return UNKNOWN;
  return alpha[y * w + x] > .5f ? PERSON : ROOM;
}

// What each place is by its `alpha`; `known` is what it was, by the `small` of a frame ago, which has no limits, and
// `held` keeps what it is by that. And what the edges there need: how alpha follows from Y, U and V; the person's Y, U
// and V, and how much of a new alpha counts; the room's. The colours are means of what is within SPREAD; where there is
// next to nothing of one, of both.
extern "C" __global__ void make_edges(const uchar4 *guide, const float *alpha, const float *small, const float *lines,
                                      const float *rate, int fresh, unsigned char *held, unsigned char *known,
                                      unsigned char *kind, float4 *slopes, float4 *person, float4 *room, int w, int h) {
  PIXEL(w, h);
  float4 own = make_float4(0.f, 0.f, 0.f, 0.f), all = own;
  for (int b = max(0, y - SPREAD); b <= min(h - 1, y + SPREAD); ++b)
    for (int a = max(0, x - SPREAD); a <= min(w - 1, x + SPREAD); ++a) {
      uchar4 c = guide[b * w + a];
      float4 colour = make_float4(c.x, c.y, c.z, 1.f);
      all = sum(all, colour);
      own = sum(own, scaled(colour, alpha[b * w + a]));
    }
  float4 both = scaled(all, FEW / all.w), other = sum(sum(all, scaled(own, -1.f)), both);
  own = sum(own, both);
  const float m[12] = TO_BGR;
  int i = y * w + x, n = w * h;
  known[i] = fresh ? ROOM : held[i];
  held[i] = what_is(small, x, y, w, h);
  kind[i] = what_is(alpha, x, y, w, h);
  float b = lines[i], g = lines[n + i], r = lines[2 * n + i];
  slopes[i] = make_float4(b * m[0] + g * m[4] + r * m[8], b * m[1] + g * m[5] + r * m[9], b * m[2] + g * m[6] + r * m[10],
                          b * m[3] + g * m[7] + r * m[11] + lines[3 * n + i]);
  person[i] = to_yuv(scaled(own, 1 / own.w));
  person[i].w = rate[i];
  room[i] = to_yuv(scaled(other, 1 / other.w));
}

// The person's own colour, freed of the room's, over the backdrop's: one level of Y, U or V.
__device__ inline unsigned char blend(float seen, float behind, float share, float person, float room, float top) {
  float own = person + share * (seen - room - share * (person - room));
  own = fminf(fmaxf(own, 16.f), top);
  return (int)(behind + (own - behind) * share + .5f);
}

// One thread for two by two pixels, which share their U and V. `frame`, `picture` and `out` are I420 of width x height;
// where there is no `picture`, `small` stands behind, Y, U and V of bw x bh, enlarged. `past` is the alpha of every pixel
// that was in between a frame ago, and becomes this frame's; then it is brought between `least` and `most`, w x h, if
// there are such; `alpha` gets it as bytes, of all pixels.
extern "C" __global__ void render(const unsigned char *frame, const unsigned char *known, const unsigned char *kind,
                                  const float4 *slopes, const float4 *person, const float4 *room, int w, int h,
                                  const float *least, const float *most, const unsigned char *picture,
                                  const float4 *small, int bw, int bh, float *past, unsigned char *alpha,
                                  unsigned char *out, int width, int height) {
  int columns = width / 2, rows = height / 2;
  PIXEL(columns, rows);
  int what = kind[y * h / rows * w + ((x + 1) * w - 1) / columns];
  float4 none = make_float4(0.f, 0.f, 0.f, 0.f), slope = none, own = none, other = none;
  float low = 0, high = 1;
  if (what == UNKNOWN) {
    slope = linear(Floats4{slopes, w}, w, h, columns, rows, x, y);
    own = linear(Floats4{person, w}, w, h, columns, rows, x, y);
    other = linear(Floats4{room, w}, w, h, columns, rows, x, y);
    if (least) low = linear(Floats{least, w}, w, h, columns, rows, x, y).x;
    if (least) high = linear(Floats{most, w}, w, h, columns, rows, x, y).x;
  }
  long long chroma[2] = {(long long)width * height + y * columns + x, (long long)width * height * 5 / 4 + y * columns + x};
  int column = limit((int)floorf((x + .5f) * w / columns), w - 1);
  int was = known[y * h / rows * w + column];
  float base = slope.y * frame[chroma[0]] + slope.z * frame[chroma[1]] + slope.w, mean = 0;
  for (int k = 0; k < 4; ++k) {
    int i = 2 * x + k % 2, j = 2 * y + k / 2;
    long long at = (long long)j * width + i;
    unsigned char seen = frame[at], behind = 0;
    if (what != PERSON)
      behind = picture ? picture[at] : (int)rintf(linear(Floats4{small, bw}, bw, bh, width, height, i, j).x);
    alpha[at] = what == PERSON ? 255 : 0;
    if (what == UNKNOWN) {
      // What is not a number becomes 0: the backdrop, not the room.
      float share = unit(slope.x * seen + base), before = was == UNKNOWN ? past[at] : was;
      share = before + (share - before) * own.w;
      past[at] = share;
      share = fminf(fmaxf(share, low), high);
      alpha[at] = (int)(share * 255 + .5f);
      mean += share * .25f;
      seen = blend(seen, behind, share, own.x, other.x, 235.f);
    }
    out[at] = what == ROOM ? behind : seen;
  }
  float4 far = none;
  if (what != PERSON && !picture) far = whole(linear(Floats4{small, bw}, bw, bh, columns, rows, x, y));
  for (int k = 0; k < 2; ++k) {
    long long at = chroma[k];
    unsigned char seen = frame[at], behind = k ? far.z : far.y;
    if (what != PERSON && picture) behind = picture[at];
    if (what == UNKNOWN) seen = blend(seen, behind, mean, k ? own.z : own.y, k ? other.z : other.y, 240.f);
    out[at] = what == ROOM ? behind : seen;
  }
}
