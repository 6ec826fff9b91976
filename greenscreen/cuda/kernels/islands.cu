// Stray blobs go, pinholes are filled: refine/islands.py. Components are found by union and find: every pixel points to
// another of its component with a smaller index, at last to the first (Komura, "GPU-based cluster-labeling algorithm
// without the use of conventional iteration", Computer Physics Communications 2015).
#include "sample.cuh"

// The network's matte, its odds measured against those of `threshold`; what is no number is room.
extern "C" __global__ void weigh_odds(const float *matte, float *out, float threshold, int w, int h) {
  PIXEL(w, h);
  float m = unit(matte[y * w + x]), yes = m * (1 - threshold), no = (1 - m) * threshold;
  out[y * w + x] = threshold == .5f ? m : yes / (yes + no);
}

// Whether a pixel belongs to a component: of what may be person, or with `holes`, of what is not surely one.
__device__ inline bool member(float matte, int holes) { return holes ? matte <= SURE : matte > HAZE; }

extern "C" __global__ void start_labels(const float *matte, int holes, int *labels, int *counts, int w, int h) {
  PIXEL(w, h);
  int i = y * w + x;
  labels[i] = member(matte[i], holes) ? i : -1;
  counts[2 * i] = counts[2 * i + 1] = 0;
}

__device__ inline int first_of(const int *labels, int i) {
  while (labels[i] != i) i = labels[i];
  return i;
}

__device__ inline void unite(int *labels, int a, int b) {
  for (;;) {
    a = first_of(labels, a), b = first_of(labels, b);
    if (a == b) return;
    int low = min(a, b), high = max(a, b);
    // Another thread may have been faster: then go on from what it wrote.
    int before = atomicMin(labels + high, low);
    if (before == high) return;
    a = low, b = before;
  }
}

// Holes join at their sides, what is person at the corners too.
extern "C" __global__ void join_labels(int *labels, int holes, int w, int h) {
  PIXEL(w, h);
  int i = y * w + x;
  if (labels[i] < 0) return;
  if (x > 0 && labels[i - 1] >= 0) unite(labels, i, i - 1);
  if (y == 0) return;
  if (labels[i - w] >= 0) unite(labels, i, i - w);
  if (holes) return;
  if (x > 0 && labels[i - w - 1] >= 0) unite(labels, i, i - w - 1);
  if (x + 1 < w && labels[i - w + 1] >= 0) unite(labels, i, i - w + 1);
}

// Of each component two counts: of person, its sure pixels and those `known` a frame ago; of holes, all pixels and those
// at the picture's border.
extern "C" __global__ void count_labels(const float *matte, const unsigned char *known, int fresh, int holes,
                                        const int *labels, int *counts, int w, int h) {
  PIXEL(w, h);
  int i = y * w + x;
  if (labels[i] < 0) return;
  int first = first_of(labels, i);
  bool border = x == 0 || y == 0 || x + 1 == w || y + 1 == h;
  if (holes || matte[i] > SURE) atomicAdd(counts + 2 * first, 1);
  if (holes ? border : known[i] && !fresh) atomicAdd(counts + 2 * first + 1, 1);
}

extern "C" __global__ void clear_strays(float *matte, const int *labels, const int *counts, int w, int h) {
  PIXEL(w, h);
  int i = y * w + x;
  if (labels[i] < 0) return;
  int first = first_of(labels, i);
  if (counts[2 * first] < NEW * w * h && counts[2 * first + 1] < KNOWN * w * h) matte[i] = 0;
}

// A hole's rim is filled with it; what counts from here on is remembered as known.
extern "C" __global__ void fill_pinholes(const float *matte, const int *labels, const int *counts, float *out,
                                         unsigned char *known, int w, int h) {
  PIXEL(w, h);
  bool filled = false;
  for (int j = max(0, y - 1); j <= min(h - 1, y + 1); ++j)
    for (int i = max(0, x - 1); i <= min(w - 1, x + 1); ++i) {
      if (labels[j * w + i] < 0) continue;
      int first = first_of(labels, j * w + i);
      filled |= counts[2 * first + 1] == 0 && counts[2 * first] < PINHOLE * w * h;
    }
  int i = y * w + x;
  out[i] = filled ? 1 : matte[i];
  known[i] = out[i] > HAZE;
}
