// Reading a small picture at another size, as OpenCV does it, so that CPU and GPU see the same.
// A reader is anything called as read(x, y) that gives a float4; positions outside the picture are never asked for.
#pragma once

// One thread a pixel of a w x h picture.
#define PIXEL(w, h)                                                                          \
  int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y; \
  if (x >= w || y >= h) return

__device__ inline float4 scaled(float4 a, float s) { return make_float4(a.x * s, a.y * s, a.z * s, a.w * s); }

__device__ inline float4 sum(float4 a, float4 b) { return make_float4(a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w); }

__device__ inline float4 mix(float4 a, float4 b, float t) { return sum(scaled(a, 1 - t), scaled(b, t)); }

__device__ inline int limit(int value, int most) { return value < 0 ? 0 : value > most ? most : value; }

// Into [0, 1]; what is no number becomes 0, which is the room.
__device__ inline float unit(float value) { return fminf(fmaxf(value, 0.f), 1.f); }

// Mirrored about the outermost pixel, as cv2.blur sees a picture's border.
__device__ inline int mirrored(int i, int n) {
  if (n == 1) return 0;
  while (i < 0 || i >= n) i = i < 0 ? -i : 2 * n - 2 - i;
  return i;
}

// To the nearest whole level, as a picture of bytes would hold it.
__device__ inline float4 whole(float4 a) { return make_float4(rintf(a.x), rintf(a.y), rintf(a.z), rintf(a.w)); }

struct Bytes {  // one plane
  const unsigned char *data;
  int width;
  __device__ float4 operator()(int x, int y) const {
    return make_float4(data[(long long)y * width + x], 0.f, 0.f, 0.f);
  }
};

struct Bytes4 {  // BGR and a byte unused
  const uchar4 *data;
  int width;
  __device__ float4 operator()(int x, int y) const {
    uchar4 p = data[y * width + x];
    return make_float4(p.x, p.y, p.z, 0.f);
  }
};

struct Floats {  // one value
  const float *data;
  int width;
  __device__ float4 operator()(int x, int y) const { return make_float4(data[y * width + x], 0.f, 0.f, 0.f); }
};

struct Floats4 {
  const float4 *data;
  int width;
  __device__ float4 operator()(int x, int y) const { return data[y * width + x]; }
};

// TO_BGR and TO_YUV are colour.py's matrices of 3 x 4, handed to the compiler. A colour is (B, G, R) or (Y, U, V).
__device__ inline float4 transform(const float *m, float4 c) {
  return make_float4(m[0] * c.x + m[1] * c.y + m[2] * c.z + m[3], m[4] * c.x + m[5] * c.y + m[6] * c.z + m[7],
                     m[8] * c.x + m[9] * c.y + m[10] * c.z + m[11], 0.f);
}

__device__ inline float4 to_yuv(float4 bgr) {
  const float m[12] = TO_YUV;
  return transform(m, bgr);
}

// Y, U and V in whole levels to B, G and R, to the bit what cv2.transform makes of bytes: BGR_1024 is TO_BGR in steps of
// 1 / 1024, with a half added to what is added.
__device__ inline float4 to_bgr(int y, int u, int v) {
  const int m[12] = BGR_1024;
  return make_float4(limit((m[0] * y + m[1] * u + m[2] * v + m[3]) >> 10, 255),
                     limit((m[4] * y + m[5] * u + m[6] * v + m[7]) >> 10, 255),
                     limit((m[8] * y + m[9] * u + m[10] * v + m[11]) >> 10, 255), 0.f);
}

struct Planar {  // I420, as BGR
  const unsigned char *data;
  int width, height;
  __device__ float4 operator()(int x, int y) const {
    const unsigned char *u = data + (long long)width * height, *v = u + (long long)width * height / 4;
    int at = (y / 2) * (width / 2) + x / 2;
    return to_bgr(data[(long long)y * width + x], u[at], v[at]);
  }
};

// Bilinear, at a position in pixel centres; the border is repeated.
template <class Reader>
__device__ float4 bilinear(Reader read, int width, int height, float u, float v) {
  float left = floorf(u), top = floorf(v);
  int x0 = limit((int)left, width - 1), x1 = limit((int)left + 1, width - 1);
  int y0 = limit((int)top, height - 1), y1 = limit((int)top + 1, height - 1);
  float4 upper = mix(read(x0, y0), read(x1, y0), u - left);
  float4 lower = mix(read(x0, y1), read(x1, y1), u - left);
  return mix(upper, lower, v - top);
}

// Pixel (x, y) of a picture enlarged or shrunk to w x h, bilinear without regard to what is skipped: cv2.INTER_LINEAR.
template <class Reader>
__device__ float4 linear(Reader read, int width, int height, int w, int h, int x, int y) {
  float u = (x + .5f) * width / w - .5f, v = (y + .5f) * height / h - .5f;
  return bilinear(read, width, height, u, v);
}

// How far pixel i of n lies past a cell's border when `from` pixels become n more: what cv2.INTER_AREA does to enlarge.
__device__ inline float area_share(int i, int from, int n, int *cell) {
  *cell = (int)((long long)i * from / n);
  float share = (i + 1) - (*cell + 1) * ((float)n / from);
  if (*cell >= from - 1 || share <= 0) return 0.f;
  return share - floorf(share);
}

// Pixel (x, y) of a picture brought to w x h as cv2.INTER_AREA does: shrunk, each source pixel counts by how much of
// it is covered; the weights are whole numbers, so they are exact.
template <class Reader>
__device__ float4 area(Reader read, int width, int height, int w, int h, int x, int y) {
  if (width < w || height < h) {
    int left, top;
    float u = area_share(x, width, w, &left), v = area_share(y, height, h, &top);
    return bilinear(read, width, height, left + u, top + v);
  }
  int from_x = x * width, to_x = from_x + width, from_y = y * height, to_y = from_y + height;
  float4 total = make_float4(0.f, 0.f, 0.f, 0.f);
  for (int row = from_y / h; row * h < to_y; ++row) {
    float down = min(to_y, (row + 1) * h) - max(from_y, row * h);
    float4 line = make_float4(0.f, 0.f, 0.f, 0.f);
    for (int column = from_x / w; column * w < to_x; ++column) {
      float across = min(to_x, (column + 1) * w) - max(from_x, column * w);
      line = sum(line, scaled(read(column, row), across));
    }
    total = sum(total, scaled(line, down));
  }
  return scaled(total, 1.f / ((float)width * height));
}
