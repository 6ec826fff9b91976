// The room out of focus, the person left out: background.Blur and resize.weighted_blur. A layer is a picture of float4,
// the colour multiplied by its weight, and the weight itself.
#include "sample.cuh"

// A layer at w x h: the room's colours, kept a pixel away from the person. Made of the frame, shrunk by area, or where
// that is small enough, of the guide.
extern "C" __global__ void weigh_room(const unsigned char *frame, int width, int height, const uchar4 *guide,
                                      const float *alpha, int guide_w, int guide_h, float4 *layer, float4 *total, int w,
                                      int h) {
  PIXEL(w, h);
  float person = 0;
  for (int j = max(0, y - 1); j <= min(h - 1, y + 1); ++j)
    for (int i = max(0, x - 1); i <= min(w - 1, x + 1); ++i)
      person = fmaxf(person, area(Floats{alpha, guide_w}, guide_w, guide_h, w, h, i, j).x);
  float4 colour = whole(w > guide_w ? area(Planar{frame, width, height}, width, height, w, h, x, y)
                                    : linear(Bytes4{guide, guide_w}, guide_w, guide_h, w, h, x, y));
  colour.w = 1;
  layer[y * w + x] = scaled(colour, 1 - person);
  if (x == 0 && y == 0) *total = make_float4(0.f, 0.f, 0.f, 0.f);
}

// The sum of a layer: every thread adds up its share, then all add to one place.
extern "C" __global__ void add_up(const float4 *layer, float4 *total, int n) {
  float4 part = make_float4(0.f, 0.f, 0.f, 0.f);
  int first = (blockIdx.x * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
  for (int i = first; i < n; i += gridDim.x * blockDim.x * blockDim.y) part = sum(part, layer[i]);
  float *to = (float *)total;
  atomicAdd(to, part.x), atomicAdd(to + 1, part.y), atomicAdd(to + 2, part.z), atomicAdd(to + 3, part.w);
}

// A stack blur's triangle of weights along a line of n pixels, `step` apart; the border is repeated.
__device__ inline float4 triangle(const float4 *line, int step, int n, int at, int radius) {
  float4 total = make_float4(0.f, 0.f, 0.f, 0.f);
  for (int d = -radius; d <= radius; ++d)
    total = sum(total, scaled(line[limit(at + d, n - 1) * step], radius + 1 - (d < 0 ? -d : d)));
  return scaled(total, 1.f / ((radius + 1) * (radius + 1)));
}

extern "C" __global__ void blur_rows(const float4 *layer, float4 *out, int radius, int w, int h) {
  PIXEL(w, h);
  out[y * w + x] = triangle(layer + y * w, 1, w, x, radius);
}

// Blurs down the columns, divides by the weight, and gives Y, U and V in whole levels; where next to no weight is near,
// the layer's mean colour takes over.
extern "C" __global__ void blur_columns(const float4 *layer, const float4 *total, float4 *out, int radius, int w, int h) {
  PIXEL(w, h);
  float4 blurred = triangle(layer + x, w, h, y, radius);
  float4 mean = sum(scaled(*total, 1.f / ((float)w * h)), make_float4(1e-6f, 1e-6f, 1e-6f, 1e-6f));
  blurred = sum(blurred, scaled(mean, .003f / mean.w));
  out[y * w + x] = whole(to_yuv(scaled(blurred, 1 / blurred.w)));
}
