// A frame that came as BGR, as I420: colour.to_i420, to the bit.
#include "sample.cuh"

// BT.601, limited range, in 20 bits after the point, as OpenCV has it: rounded, and above its offset.
__device__ inline unsigned char level(int b, int g, int r, int weight_b, int weight_g, int weight_r, int offset) {
  return (weight_b * b + weight_g * g + weight_r * r + (offset << 20) + (1 << 19)) >> 20;
}

// One thread for two by two pixels, which share U and V: those of the upper left, as OpenCV takes them.
extern "C" __global__ void to_planes(const unsigned char *image, unsigned char *frame, int width, int height) {
  int columns = width / 2, rows = height / 2;
  PIXEL(columns, rows);
  for (int k = 0; k < 4; ++k) {
    long long at = (long long)(2 * y + k / 2) * width + 2 * x + k % 2;
    const unsigned char *p = image + 3 * at;
    frame[at] = level(p[0], p[1], p[2], 102760, 528482, 269484, 16);
  }
  const unsigned char *p = image + 3 * (2LL * y * width + 2 * x);
  unsigned char *u = frame + (long long)width * height + (long long)y * columns + x;
  u[0] = level(p[0], p[1], p[2], 460324, -305135, -155188, 128);
  u[(long long)columns * rows] = level(p[0], p[1], p[2], -74448, -385875, 460324, 128);
}
