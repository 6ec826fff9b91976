// Alphas held where nothing moves: refine/steady.py.
#include "sample.cuh"

// How unlike its place of REACH around it a pixel of the guide looks what was last `seen` there, of 255.
extern "C" __global__ void compare_places(const uchar4 *guide, const float4 *seen, float *unlike, int w, int h) {
  PIXEL(w, h);
  float4 total = make_float4(0.f, 0.f, 0.f, 0.f);
  for (int dy = -REACH; dy <= REACH; ++dy)
    for (int dx = -REACH; dx <= REACH; ++dx) {
      int i = mirrored(y + dy, h) * w + mirrored(x + dx, w);
      uchar4 c = guide[i];
      total = sum(total, make_float4(c.x - seen[i].x, c.y - seen[i].y, c.z - seen[i].z, 0.f));
    }
  float most = fmaxf(fabsf(total.x), fmaxf(fabsf(total.y), fabsf(total.z)));
  unlike[y * w + x] = most / ((2 * REACH + 1) * (2 * REACH + 1));
}

// The most unlike of the places around a pixel: where a thing leaves, there is no edge of it any more, but there was.
__device__ inline float most_unlike(const float *unlike, int x, int y, int w, int h) {
  float most = 0;
  for (int b = max(0, y - 1); b <= min(h - 1, y + 1); ++b)
    for (int a = max(0, x - 1); a <= min(w - 1, x + 1); ++a) most = fmaxf(most, unlike[b * w + a]);
  return most;
}

// Counts every third difference of each direction by its size, up to NOISIEST; `tally` is cleared in between.
extern "C" __global__ void tally_noise(const float *unlike, int *tally, int w, int h) {
  PIXEL((w + 2) / 3, (h + 2) / 3);
  float most = most_unlike(unlike, 3 * x, 3 * y, w, h);
  atomicAdd(tally + limit((int)(fminf(most, NOISIEST) * (BINS / NOISIEST)), BINS - 1), 1);
}

// The median difference, to a bin; and the tally is empty again.
extern "C" __global__ void find_noise(int *tally, float *noise, int w, int h) {
  PIXEL(1, 1);
  int below = 0, half = ((w + 2) / 3) * ((h + 2) / 3) / 2, bin = -1;
  for (int i = 0; i < BINS; ++i) {
    below += tally[i];
    if (bin < 0 && below > half) bin = i;
    tally[i] = 0;
  }
  *noise = (bin + .5f) * (NOISIEST / BINS);
}

// Whether the network is sure of all of a pixel's place of REACH: that it is room, or that it is the person.
__device__ inline bool certain(const float *matte, int x, int y, int w, int h) {
  float least = 1, most = 0;
  for (int b = max(0, y - REACH); b <= min(h - 1, y + REACH); ++b)
    for (int a = max(0, x - REACH); a <= min(w - 1, x + REACH); ++a) {
      least = fminf(least, matte[b * w + a]);
      most = fmaxf(most, matte[b * w + a]);
    }
  return most <= CERTAIN || least >= 1 - CERTAIN;
}

// How much of each new alpha counts; and what is remembered, the guide's alpha `small` included, which is `shown` too.
extern "C" __global__ void open_gate(const uchar4 *guide, const float *matte, const float *alpha, const float *unlike,
                                     const float *noise, int fresh, float4 *seen, float *believed, float *rate,
                                     float *small, float *shown, int w, int h) {
  PIXEL(w, h);
  int i = y * w + x;
  uchar4 c = guide[i];
  float4 now = make_float4(c.x, c.y, c.z, 0.f);
  if (fresh) {
    seen[i] = now, believed[i] = matte[i], rate[i] = 1, small[i] = shown[i] = alpha[i];
    return;
  }
  float moved = (most_unlike(unlike, x, y, w, h) - fmaxf(STILL, 2 * *noise)) / MOVED;
  float decided = (fabsf(matte[i] - believed[i]) - DOUBT) / (DECIDED - DOUBT);
  float r = certain(matte, x, y, w, h) ? 1.f : fminf(fmaxf(fmaxf(moved, decided), RATE), 1.f);
  seen[i] = mix(seen[i], now, r);
  believed[i] += (matte[i] - believed[i]) * r;
  rate[i] = r;
  float value = small[i] + (alpha[i] - small[i]) * r;
  small[i] = shown[i] = value < 1.f / 512 ? 0 : value > 1 - 1.f / 512 ? 1 : value;
}
