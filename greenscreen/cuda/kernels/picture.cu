// The whole picture: in from the formats of cameras, person over backdrop, out as a virtual camera takes it.
#include "sample.cuh"

// The full picture's alpha, and the person over the backdrop: composite.py. With `cut` the person's own colours are
// left as they are, and black where alpha is 0. Behind is `picture` if there is one, of the frame's size; else `small`,
// enlarged; else a colour. `spread` holds the person's and the room's colours, two layers
// of sw x sh.
extern "C" __global__ void compose(const unsigned char *frame, const unsigned char *trimap, const float4 *fit, int guide_w,
                                   int guide_h, const float4 *spread, int sw, int sh, const unsigned char *picture,
                                   const float4 *small, int bw, int bh, float blue, float green, float red, int cut,
                                   unsigned char *out, unsigned char *alpha, int w, int h) {
  PIXEL(w, h);
  float4 seen = Bytes3{frame, w}(x, y);
  long long i = (long long)y * w + x;
  int known = trimap[(int)((long long)y * guide_h / h) * guide_w + (int)((long long)x * guide_w / w)];
  float4 result = seen;
  if (known == UNKNOWN) {
    float4 m = linear(Floats4{fit, guide_w}, guide_w, guide_h, w, h, x, y);
    known = (int)rintf(255 * levels((m.x * seen.x + m.y * seen.y + m.z * seen.z) / 255.f + m.w));
    float share = known / 255.f;
    float4 person = linear(Floats4{spread, sw}, sw, sh, w, h, x, y);
    float4 room = linear(Floats4{spread + sw * sh, sw}, sw, sh, w, h, x, y);
    float4 rest = sum(seen, scaled(mix(room, person, share), -1.f));
    result = sum(person, scaled(rest, share));
    result = make_float4(255 * unit(result.x / 255), 255 * unit(result.y / 255), 255 * unit(result.z / 255), 0.f);
  }
  if (cut) {
    if (known == 0) result = make_float4(0.f, 0.f, 0.f, 0.f);
  } else if (known < 255) {
    float4 behind = make_float4(blue, green, red, 0.f);
    if (picture) behind = Bytes3{picture, w}(x, y);
    else if (small) behind = whole(linear(Floats4{small, bw}, bw, bh, w, h, x, y));
    result = mix(behind, result, known / 255.f);
  }
  result = whole(result);
  out[3 * i] = result.x, out[3 * i + 1] = result.y, out[3 * i + 2] = result.z;
  alpha[i] = known;
}

// ITU-R BT.601, limited range, in 20-bit fixed point; a block's chroma is its upper left pixel's, as OpenCV has it.
extern "C" __global__ void to_i420(const unsigned char *image, unsigned char *out, int width, int height) {
  PIXEL(width / 2, height / 2);
  const int half = 1 << 19;
  long long area = (long long)width * height;
  for (int j = 0; j < 2; ++j)
    for (int i = 0; i < 2; ++i) {
      const unsigned char *p = image + 3 * ((2LL * y + j) * width + 2 * x + i);
      out[(2LL * y + j) * width + 2 * x + i] = ((102760 * p[0] + 528482 * p[1] + 269484 * p[2] + half) >> 20) + 16;
    }
  const unsigned char *p = image + 3 * (2LL * y * width + 2 * x);
  unsigned char *u = out + area, *v = u + area / 4;
  int at = y * (width / 2) + x;
  u[at] = ((460324 * p[0] - 305135 * p[1] - 155188 * p[2] + half) >> 20) + 128;
  v[at] = ((-74448 * p[0] - 385875 * p[1] + 460324 * p[2] + half) >> 20) + 128;
}

__device__ inline void put_bgr(unsigned char *out, int luma, int u, int v) {
  float y = 1.164f * (luma < 16 ? 0 : luma - 16), cb = u - 128, cr = v - 128;
  out[0] = 255 * unit(rintf(y + 2.018f * cb) / 255);
  out[1] = 255 * unit(rintf(y - .391f * cb - .813f * cr) / 255);
  out[2] = 255 * unit(rintf(y + 1.596f * cr) / 255);
}

// YUYV, two bytes a pixel, as most webcams send it, to BGR; the width is even.
extern "C" __global__ void from_yuyv(const unsigned char *in, unsigned char *out, int width, int height) {
  PIXEL(width / 2, height);
  const unsigned char *p = in + 2LL * y * width + 4 * x;
  unsigned char *to = out + 3 * ((long long)y * width + 2 * x);
  put_bgr(to, p[0], p[1], p[3]);
  put_bgr(to + 3, p[2], p[1], p[3]);
}

// NV12, luma and then chroma in pairs, as decoders give it, to BGR; width and height are even.
extern "C" __global__ void from_nv12(const unsigned char *in, unsigned char *out, int width, int height) {
  PIXEL(width, height);
  const unsigned char *chroma = in + (long long)width * height + (y / 2) * (long long)width + x / 2 * 2;
  put_bgr(out + 3 * ((long long)y * width + x), in[(long long)y * width + x], chroma[0], chroma[1]);
}
