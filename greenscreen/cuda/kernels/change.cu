// How much of a picture is another than a frame ago, in blocks whose means are compared: segment/stillness.py and
// refine/cuts.py.
#include "sample.cuh"

struct Floats3 {
  const float *data;
  int width;
  __device__ float4 operator()(int x, int y) const {
    const float *p = data + 3 * (y * width + x);
    return make_float4(p[0], p[1], p[2], 0.f);
  }
};

struct Green {  // every second pixel's of each direction
  const uchar4 *data;
  int width;
  __device__ float4 operator()(int x, int y) const { return make_float4(data[2 * y * width + 2 * x].y, 0.f, 0.f, 0.f); }
};

// Counts in `changed` the blocks of columns x rows that differ by more than `limit`, of 255, from what was `seen`.
template <class Reader>
__device__ void compare(Reader read, int w, int h, int columns, int rows, float limit, float4 *seen, int *changed) {
  PIXEL(columns, rows);
  float4 now = whole(area(read, w, h, columns, rows, x, y)), *last = seen + y * columns + x;
  float most = fmaxf(fabsf(now.x - last->x), fmaxf(fabsf(now.y - last->y), fabsf(now.z - last->z)));
  *last = now;
  if (most > limit) atomicAdd(changed, 1);
}

// Of what the network sees.
extern "C" __global__ void see_jump(const float *input, int w, int h, float4 *seen, int *changed, int columns, int rows) {
  compare(Floats3{input, w}, w, h, columns, rows, JUMPED, seen, changed);
}

// Of the guide, as the refiner sees it.
extern "C" __global__ void see_cut(const uchar4 *guide, int w, int h, float4 *seen, int *changed, int columns, int rows) {
  compare(Green{guide, w}, (w + 1) / 2, (h + 1) / 2, columns, rows, CUT, seen, changed + 1);
}
