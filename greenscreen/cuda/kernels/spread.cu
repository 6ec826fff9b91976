// Colours spread into places that lack them: resize.weighted_blur, kernel by kernel. A layer is a picture of float4, the
// colour multiplied by its weight and the weight itself; blockIdx.z is the layer.
#include "sample.cuh"

// Two layers at w x h of the guide: the person's colours, weighted by alpha, and the room's, by what alpha leaves.
extern "C" __global__ void weigh_both(const uchar4 *guide, const float *alpha, int width, int height, float4 *layers,
                                      float4 *totals, int w, int h) {
  PIXEL(w, h);
  float4 colour = whole(area(Bytes4{guide, width}, width, height, w, h, x, y));
  float person = area(Floats{alpha, width}, width, height, w, h, x, y).x;
  colour.w = 1;
  layers[y * w + x] = scaled(colour, person);
  layers[(h + y) * w + x] = scaled(colour, 1 - person);
  if (x == 0 && y == 0) totals[0] = totals[1] = make_float4(0.f, 0.f, 0.f, 0.f);
}

// One layer at w x h, of the frame or of the guide as given: the room's colours, kept a pixel away from the person.
template <class Reader>
__device__ void weigh_room(Reader colours, int width, int height, const float *alpha, int guide_w, int guide_h,
                           float4 *layer, float4 *totals, int w, int h) {
  PIXEL(w, h);
  float person = 0;
  for (int j = max(0, y - 1); j <= min(h - 1, y + 1); ++j)
    for (int i = max(0, x - 1); i <= min(w - 1, x + 1); ++i)
      person = fmaxf(person, area(Floats{alpha, guide_w}, guide_w, guide_h, w, h, i, j).x);
  float4 colour = whole(area(colours, width, height, w, h, x, y));
  colour.w = 1;
  layer[y * w + x] = scaled(colour, 1 - person);
  if (x == 0 && y == 0) totals[0] = make_float4(0.f, 0.f, 0.f, 0.f);
}

extern "C" __global__ void weigh_room_of_frame(const unsigned char *frame, int width, int height, const float *alpha,
                                               int guide_w, int guide_h, float4 *layer, float4 *totals, int w, int h) {
  weigh_room(Planar{frame, width, height}, width, height, alpha, guide_w, guide_h, layer, totals, w, h);
}

extern "C" __global__ void weigh_room_of_guide(const uchar4 *guide, const float *alpha, int guide_w, int guide_h,
                                               float4 *layer, float4 *totals, int w, int h) {
  weigh_room(Bytes4{guide, guide_w}, guide_w, guide_h, alpha, guide_w, guide_h, layer, totals, w, h);
}

// The sum of each layer: every thread adds up its share, then all add to one place.
extern "C" __global__ void add_up(const float4 *layers, float4 *totals, int n) {
  const float4 *layer = layers + (long long)blockIdx.z * n;
  float4 part = make_float4(0.f, 0.f, 0.f, 0.f);
  int first = (blockIdx.x * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
  for (int i = first; i < n; i += gridDim.x * blockDim.x * blockDim.y) part = sum(part, layer[i]);
  float *total = (float *)(totals + blockIdx.z);
  atomicAdd(total, part.x), atomicAdd(total + 1, part.y), atomicAdd(total + 2, part.z), atomicAdd(total + 3, part.w);
}

// A stack blur's triangle of weights along a line of n pixels, `step` apart; the border is repeated.
__device__ inline float4 triangle(const float4 *line, int step, int n, int at, int radius) {
  float4 total = make_float4(0.f, 0.f, 0.f, 0.f);
  for (int d = -radius; d <= radius; ++d)
    total = sum(total, scaled(line[limit(at + d, n - 1) * step], radius + 1 - (d < 0 ? -d : d)));
  return scaled(total, 1.f / ((radius + 1) * (radius + 1)));
}

extern "C" __global__ void blur_rows(const float4 *layers, float4 *out, int radius, int w, int h) {
  PIXEL(w, h);
  long long row = ((long long)blockIdx.z * h + y) * w;
  out[row + x] = triangle(layers + row, 1, w, x, radius);
}

// Blurs down the columns, divides by the weight, and gives Y, U and V; where next to no weight is near, the layer's
// mean colour takes over. `rounded` gives whole levels.
extern "C" __global__ void blur_columns(const float4 *layers, const float4 *totals, float4 *out, int radius,
                                        int rounded, int w, int h) {
  PIXEL(w, h);
  long long layer = (long long)blockIdx.z * h * w;
  float4 blurred = triangle(layers + layer + x, w, h, y, radius);
  float n = 1.f / ((float)w * h);
  float4 mean = sum(scaled(totals[blockIdx.z], n), make_float4(1e-6f, 1e-6f, 1e-6f, 1e-6f));
  blurred = sum(blurred, scaled(mean, .003f / mean.w));
  float4 colour = to_yuv(scaled(blurred, 1 / blurred.w));
  out[layer + y * w + x] = rounded ? whole(colour) : colour;
}
