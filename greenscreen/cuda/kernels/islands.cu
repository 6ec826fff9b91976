// Stray blobs go, pinholes are filled: refine/islands.py. Components are found by union and find: every pixel points to
// another of its component with a smaller index, at last to the first (Komura, "GPU-based cluster-labeling algorithm
// without the use of conventional iteration", Computer Physics Communications 2015).
#include "sample.cuh"

// Its odds measured against those of `threshold`; what is no number is room.
__device__ inline float weighed(float matte, float threshold) {
  float m = unit(matte), yes = m * (1 - threshold), no = (1 - m) * threshold;
  return threshold == .5f ? m : yes / (yes + no);
}

// For how many frames the blob that a place belonged to may stay.
__device__ inline int stay_of(int was) { return was & (WAS_PERSON - 1); }

// The network's matte, without the haze where strays were and beside them, unless it belonged to a blob that stayed.
// `was` is what each place was a frame ago, as islands.py has it.
extern "C" __global__ void weigh_odds(const float *matte, const unsigned char *was, int fresh, float *out,
                                      float threshold, int w, int h) {
  PIXEL(w, h);
  int i = y * w + x;
  float m = weighed(matte[i], threshold);
  bool stray = false;
  if (!fresh && m > HAZE && m <= SURE && !stay_of(was[i]))
    for (int b = max(0, y - 1); b <= min(h - 1, y + 1); ++b)
      for (int a = max(0, x - 1); a <= min(w - 1, x + 1); ++a) stray |= (was[b * w + a] & WAS_STRAY) != 0;
  out[i] = stray ? 0 : m;
}

// Whether a pixel belongs to a component: of what may be person, or with `holes`, of what is not surely one.
__device__ inline bool member(float matte, int holes) { return holes ? matte <= SURE : matte > HAZE; }

extern "C" __global__ void start_labels(const float *matte, int holes, int *labels, int *counts, int w, int h) {
  PIXEL(w, h);
  int i = y * w + x;
  labels[i] = member(matte[i], holes) ? i : -1;
  for (int k = 0; k < 4; ++k) counts[4 * i + k] = 0;
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

// Of each component its pixels and those that were the person a frame ago; and of blobs, how many are surely person, and
// for how many frames the longest may stay; of holes, how many are at the picture's border.
extern "C" __global__ void count_labels(const float *matte, const unsigned char *was, int fresh, int holes,
                                        const int *labels, int *counts, int w, int h) {
  PIXEL(w, h);
  int i = y * w + x;
  if (labels[i] < 0) return;
  int *of = counts + 4 * first_of(labels, i), stay = fresh ? 0 : stay_of(was[i]);
  bool border = x == 0 || y == 0 || x + 1 == w || y + 1 == h;
  atomicAdd(of, 1);
  if (holes ? was[i] & WAS_PERSON : stay) atomicAdd(of + 1, 1);
  if (holes ? border : matte[i] > SURE) atomicAdd(of + 2, 1);
  if (!holes) atomicMax(of + 3, stay);
}

// What of `was` is left is whether it was the person, and for how many frames it may stay from now on.
extern "C" __global__ void clear_strays(float *matte, const int *labels, const int *counts, unsigned char *was,
                                        int fresh, int w, int h) {
  PIXEL(w, h);
  int i = y * w + x, stay = 0;
  if (labels[i] >= 0) {
    const int *of = counts + 4 * first_of(labels, i);
    if (of[2] >= NEW * w * h || of[1] >= KNOWN * w * h) stay = STAY;
    else if (2 * of[1] >= of[0] && 3 * of[2] >= of[0]) stay = max(of[3], 1) - 1;
    if (!stay) matte[i] = 0;
  }
  was[i] = (fresh ? WAS_PERSON : was[i] & WAS_PERSON) | stay;
}

// A hole's rim is filled with it; and what the place is now is remembered. `found` is the network's matte as it came.
extern "C" __global__ void fill_pinholes(const float *found, float threshold, const float *matte, const int *labels,
                                         const int *counts, float *out, unsigned char *was, int w, int h) {
  PIXEL(w, h);
  bool filled = false;
  for (int j = max(0, y - 1); j <= min(h - 1, y + 1); ++j)
    for (int i = max(0, x - 1); i <= min(w - 1, x + 1); ++i) {
      if (labels[j * w + i] < 0) continue;
      const int *of = counts + 4 * first_of(labels, j * w + i);
      filled |= of[2] == 0 && of[0] < (2 * of[1] >= of[0] ? PINHOLE : CLOSED) * w * h;
    }
  int i = y * w + x;
  out[i] = filled ? 1 : matte[i];
  bool lost = weighed(found[i], threshold) > HAZE && out[i] == 0;
  was[i] = stay_of(was[i]) | (out[i] > SURE ? WAS_PERSON : 0) | (lost ? WAS_STRAY : 0);
}
