// The outline moved and feathered, by the distance to it: refine/limits.py.
#include "sample.cuh"

// How far along its row a pixel's next is on the other side of the outline, up to `reach`; positive inside, else
// negative.
extern "C" __global__ void look_across(const float *alpha, int reach, int *across, int w, int h) {
  PIXEL(w, h);
  const float *row = alpha + y * w;
  bool inside = row[x] > .5f;
  int d = 1;
  for (; d < reach; ++d) {
    if (x >= d && row[x - d] > .5f != inside) break;
    if (x + d < w && row[x + d] > .5f != inside) break;
  }
  across[y * w + x] = inside ? d : -d;
}

// Least and greatest alpha of each place, between which `shown` is brought. Of the columns within `reach`, what each
// row found gives the exact distance to the next pixel on the other side (Felzenszwalb and Huttenlocher, "Distance
// Transforms of Sampled Functions", 2012). `low` and `high` say on which side there is a limit.
extern "C" __global__ void bound(const float *alpha, const int *across, int reach, float start, float slope, int low,
                                 int high, float *least, float *most, float *shown, int w, int h) {
  PIXEL(w, h);
  int i = y * w + x, side = across[i] > 0 ? 1 : -1, nearest = reach * reach;
  for (int dy = -min(y, reach); dy <= min(h - 1 - y, reach); ++dy) {
    int d = max(0, side * across[i + dy * w]);
    nearest = min(nearest, dy * dy + d * d);
  }
  // Both sides count from the next pixel's centre; the outline lies half-way, or nearer as alpha says.
  float depth = side * (sqrtf(nearest) - 1) + (alpha[i] - .5f);
  float soft = unit((depth + start) * slope);
  least[i] = low ? soft : 0;
  most[i] = high ? soft : 1;
  shown[i] = fminf(fmaxf(alpha[i], least[i]), most[i]);
}
