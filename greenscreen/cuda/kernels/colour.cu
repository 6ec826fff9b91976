// A frame in the form in which it was sent, as I420: forms.Raw, to the bit. One thread for two by two pixels, which share
// U and V; with `mirror` 1, left and right change places.
#include "sample.cuh"

// Puts square (x, y) into its place: the luma of its upper row, that of its lower one, U and V.
__device__ inline void put(unsigned char *frame, int mirror, int width, int height, int x, int y, uchar4 luma,
                           unsigned char u, unsigned char v) {
  int columns = width / 2, rows = height / 2, to = mirror ? columns - 1 - x : x;
  unsigned char *upper = frame + 2LL * y * width + 2 * to, *lower = upper + width;
  upper[mirror] = luma.x, upper[1 - mirror] = luma.y;
  lower[mirror] = luma.z, lower[1 - mirror] = luma.w;
  unsigned char *chroma = frame + (long long)width * height + (long long)y * columns + to;
  chroma[0] = u, chroma[(long long)columns * rows] = v;
}

// BT.601, limited range, in 20 bits after the point, as OpenCV has it: rounded, and above its offset.
__device__ inline unsigned char level(const unsigned char *bgr, int weight_b, int weight_g, int weight_r, int offset) {
  return (weight_b * bgr[0] + weight_g * bgr[1] + weight_r * bgr[2] + (offset << 20) + (1 << 19)) >> 20;
}

__device__ inline unsigned char luma_of(const unsigned char *bgr) { return level(bgr, 102760, 528482, 269484, 16); }

// U and V are those of what is the upper left pixel in the end, as OpenCV takes them.
extern "C" __global__ void from_bgr(const unsigned char *sent, int mirror, unsigned char *frame, int width, int height) {
  PIXEL(width / 2, height / 2);
  const unsigned char *upper = sent + 3 * (2LL * y * width + 2 * x), *lower = upper + 3LL * width;
  const unsigned char *first = upper + 3 * mirror;
  put(frame, mirror, width, height, x, y,
      make_uchar4(luma_of(upper), luma_of(upper + 3), luma_of(lower), luma_of(lower + 3)),
      level(first, 460324, -305135, -155188, 128), level(first, -74448, -385875, 460324, 128));
}

extern "C" __global__ void from_i420(const unsigned char *sent, int mirror, unsigned char *frame, int width, int height) {
  int columns = width / 2, rows = height / 2;
  PIXEL(columns, rows);
  const unsigned char *upper = sent + 2LL * y * width + 2 * x, *lower = upper + width;
  const unsigned char *u = sent + (long long)width * height + (long long)y * columns + x;
  put(frame, mirror, width, height, x, y, make_uchar4(upper[0], upper[1], lower[0], lower[1]), u[0],
      u[(long long)columns * rows]);
}

extern "C" __global__ void from_nv12(const unsigned char *sent, int mirror, unsigned char *frame, int width, int height) {
  PIXEL(width / 2, height / 2);
  const unsigned char *upper = sent + 2LL * y * width + 2 * x, *lower = upper + width;
  const unsigned char *pair = sent + (long long)width * height + (long long)y * width + 2 * x;
  put(frame, mirror, width, height, x, y, make_uchar4(upper[0], upper[1], lower[0], lower[1]), pair[0], pair[1]);
}

// Y, U, Y and V of two pixels of a row; what two rows have of colour becomes one.
extern "C" __global__ void from_yuyv(const uchar4 *sent, int mirror, unsigned char *frame, int width, int height) {
  int columns = width / 2;
  PIXEL(columns, height / 2);
  uchar4 p = sent[2LL * y * columns + x], q = sent[(2LL * y + 1) * columns + x];
  put(frame, mirror, width, height, x, y, make_uchar4(p.x, p.z, q.x, q.z), (p.y + q.y + 1) >> 1, (p.w + q.w + 1) >> 1);
}
