// The network's memory, moved with the picture: segment/motion.py and segment/blocks.py, block by block.
#include "sample.cuh"

#define SEEN (SIDE + 2 * MARGIN)

struct Gray {  // its outermost pixels repeated beyond the border
  const unsigned char *data;
  int w, h;
  __device__ int operator()(int x, int y) const { return data[limit(y, h - 1) * w + limit(x, w - 1)]; }
};

struct Match {  // of two windows: how far down and across the other lies, and how unlike they are
  int down, across, cost;
};

// How unlike the windows at (x, y) and a vector from it are; some number from `most` on if that much.
__device__ inline int unlike_by(Gray now, Gray before, int x, int y, int down, int across, int most) {
  int total = 0;
  for (int row = 0; row < SEEN && total < most; row += ROWS)
    for (int column = 0; column < SEEN; ++column)
      total += abs(now(x + column, y + row) - before(x + across + column, y + down + row));
  return total;
}

__device__ inline void try_vector(Gray now, Gray before, int x, int y, int down, int across, Match *best) {
  if (down == best->down && across == best->across) return;
  int cost = unlike_by(now, before, x, y, down, across, best->cost);
  if (cost < best->cost) *best = Match{down, across, cost};
}

__device__ inline void try_around(Gray now, Gray before, int x, int y, int step, Match *best) {
  int down = best->down, across = best->across;
  for (int i = down - step; i <= down + step; i += step)
    for (int j = across - step; j <= across + step; j += step)
      if ((step == 1 || i == down || j == across) && abs(i) <= FARTHEST / 2 && abs(j) <= FARTHEST / 2)
        try_vector(now, before, x, y, i, j, best);
}

// The network's input in gray, as cv2.cvtColor makes it.
extern "C" __global__ void make_gray(const float *input, unsigned char *gray, int w, int h) {
  PIXEL(w, h);
  const float *p = input + 3 * (y * w + x);
  gray[y * w + x] = ((int)p[0] * 3735 + (int)p[1] * 19235 + (int)p[2] * 9798 + (1 << 14)) >> 15;
}

extern "C" __global__ void halve_gray(const unsigned char *gray, int width, unsigned char *half, int w, int h) {
  PIXEL(w, h);
  const unsigned char *p = gray + 2 * y * width + 2 * x;
  half[y * w + x] = (p[0] + p[1] + p[width] + p[width + 1] + 2) >> 2;
}

// Where the blocks of half-size pictures of w x h come from, down and across, and whether they move; `last` is where
// they came from a frame ago. One thread a block.
extern "C" __global__ void follow_blocks(const unsigned char *half, const unsigned char *half_before, int w, int h,
                                         const int *last, int *coarse, unsigned char *moves, int columns, int rows) {
  PIXEL(columns, rows);
  Gray now{half, w, h}, before{half_before, w, h};
  int left = x * SIDE - MARGIN, top = y * SIDE - MARGIN, block = y * columns + x;
  Match best{0, 0, unlike_by(now, before, left, top, 0, 0, 1 << 30)};
  moves[block] = best.cost > UNMOVED;
  if (moves[block]) {
    for (int k = 0; k < 5; ++k) {
      int i = y + (k == 1) - (k == 2), j = x + (k == 3) - (k == 4);
      if (i < 0 || i >= rows || j < 0 || j >= columns) continue;
      const int *guess = last + 2 * (i * columns + j);
      try_vector(now, before, left, top, guess[0], guess[1], &best);
    }
    try_around(now, before, left, top, 1, &best);
    if (best.cost > CLOSE)
      for (int step = FIRST_STEP; step; step /= 2) try_around(now, before, left, top, step, &best);
  }
  coarse[2 * block] = best.down, coarse[2 * block + 1] = best.across;
}

// Where the least of three costs lies, in [-0.5, 0.5]: that of the parabola through them.
__device__ inline float least_of(int left, int here, int right) {
  int bend = left + right - 2 * here;
  return bend > 0 ? fminf(.5f, fmaxf(-.5f, (float)(left - right) / (float)(2 * bend))) : 0.f;
}

// The same of the blocks of whole pictures of w x h, to fractions of a pixel where the last matte has an outline.
extern "C" __global__ void bring_blocks(const unsigned char *gray, const unsigned char *gray_before, const float *matte,
                                        int w, int h, const int *coarse, const unsigned char *moves, int cells_across,
                                        int cells_down, float *vectors, int columns, int rows) {
  PIXEL(columns, rows);
  float *vector = vectors + 2 * (y * columns + x);
  vector[0] = vector[1] = 0.f;
  int i = min(y / 2, cells_down - 1), j = min(x / 2, cells_across - 1);
  int k = limit(i + 2 * (y % 2) - 1, cells_down - 1), m = limit(j + 2 * (x % 2) - 1, cells_across - 1);
  int nearest[4] = {i * cells_across + j, i * cells_across + m, k * cells_across + j, k * cells_across + m};
  if (!(moves[nearest[0]] || moves[nearest[1]] || moves[nearest[2]] || moves[nearest[3]])) return;
  Gray now{gray, w, h}, before{gray_before, w, h};
  int left = x * SIDE - MARGIN, top = y * SIDE - MARGIN;
  Match best{0, 0, unlike_by(now, before, left, top, 0, 0, 1 << 30)};
  if (best.cost <= UNMOVED) return;
  for (int n = 0; n < 4; ++n)
    try_vector(now, before, left, top, 2 * coarse[2 * nearest[n]], 2 * coarse[2 * nearest[n] + 1], &best);
  float low = 1, high = 0, down = 0, across = 0;
  for (int b = 0; b < SEEN; b += 2)
    for (int a = 0; a < SEEN; a += 2) {
      float p = matte[limit(top + best.down + b, h - 1) * w + limit(left + best.across + a, w - 1)];
      low = fminf(low, p), high = fmaxf(high, p);
    }
  if (high - low > OUTLINE) {
    int near[3][3], middle_down = best.down, middle_across = best.across;
    for (int p = 0; p < 3; ++p)
      for (int q = 0; q < 3; ++q) {
        int d = middle_down + p - 1, a = middle_across + q - 1;
        near[p][q] = unlike_by(now, before, left, top, d, a, 1 << 30);
        if (near[p][q] < best.cost) best = Match{d, a, near[p][q]};
      }
    int p = best.down - middle_down + 1, q = best.across - middle_across + 1;
    if (p == 1) down = least_of(near[0][q], near[1][q], near[2][q]);
    if (q == 1) across = least_of(near[p][0], near[p][1], near[p][2]);
  }
  vector[0] = down + best.down, vector[1] = across + best.across;
}

// A plane of w x h at (x, y) and a vector from it.
template <class Plane>
__device__ inline float moved_from(Plane plane, int x, int y, const float *vector) {
  int top = (int)floorf(vector[0]), left = (int)floorf(vector[1]);
  float down = vector[0] - top, across = vector[1] - left;
  float a = plane(x + left, y + top), b = plane(x + left, y + top + 1);
  a += (plane(x + left + 1, y + top) - a) * across;
  b += (plane(x + left + 1, y + top + 1) - b) * across;
  return a + (b - a) * down;
}

struct Matte {
  const float *data;
  int w, h;
  __device__ float operator()(int x, int y) const { return data[limit(y, h - 1) * w + limit(x, w - 1)]; }
};

extern "C" __global__ void move_matte(const float *matte, const float *vectors, int columns, float *moved, int w, int h) {
  PIXEL(w, h);
  moved[y * w + x] = moved_from(Matte{matte, w, h}, x, y, vectors + 2 * (y / SIDE * columns + x / SIDE));
}

// What has moved is what the network remembers.
extern "C" __global__ void put_back(const float *moved, float *matte, int w, int h) {
  PIXEL(w, h);
  matte[y * w + x] = moved[y * w + x];
}

// The network's matte, into which the last one is mixed: in blocks that have moved, where the picture looks like where
// it comes from, and as far as the network is in doubt.
extern "C" __global__ void mix_moved(const float *matte, const float *moved, const unsigned char *gray,
                                     const unsigned char *gray_before, const float *vectors, int columns, float *mixed,
                                     int w, int h) {
  PIXEL(w, h);
  int i = y * w + x;
  const float *vector = vectors + 2 * (y / SIDE * columns + x / SIDE);
  mixed[i] = matte[i];
  if (vector[0] == 0 && vector[1] == 0) return;
  Gray now{gray, w, h}, before{gray_before, w, h};
  float total = 0;
  for (int b = y - 2; b <= y + 2; ++b)
    for (int a = x - 2; a <= x + 2; ++a) total += fabsf(moved_from(before, a, b, vector) - now(a, b));
  float like = (UNLIKE - total / 25) / (UNLIKE - LIKE), doubt = fminf(matte[i], 1 - matte[i]) / UNSURE;
  mixed[i] += (moved[i] - matte[i]) * SHARE * unit(like) * unit(doubt);
}

// What is now is what was before, when the next picture comes; `forget` where blocks came from.
extern "C" __global__ void keep_pictures(const unsigned char *gray, const unsigned char *half, const int *coarse,
                                         int blocks, int forget, unsigned char *gray_before,
                                         unsigned char *half_before, int *last, int w, int h) {
  PIXEL(w, h);
  int i = y * w + x;
  gray_before[i] = gray[i];
  if (i < (w / 2) * (h / 2)) half_before[i] = half[i];
  if (i < 2 * blocks) last[i] = forget ? 0 : coarse[i];
}
