// Enough of CUDA for a C++ compiler to make our kernels run here, one thread after the other.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#define __global__
#define __device__

struct uchar4 { unsigned char x, y, z, w; };
struct float4 { float x, y, z, w; };
struct dim { unsigned x, y, z; };
static dim threadIdx, blockIdx, blockDim, gridDim;

inline uchar4 make_uchar4(unsigned char x, unsigned char y, unsigned char z, unsigned char w) { return {x, y, z, w}; }
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
inline void atomicAdd(float *to, float value) { *to += value; }
inline void atomicAdd(int *to, int value) { *to += value; }
inline void atomicMax(int *to, int value) { *to = std::max(*to, value); }
inline int atomicMin(int *to, int value) {
  int before = *to;
  *to = std::min(before, value);
  return before;
}
using std::max;
using std::min;

template <class... A, std::size_t... I>
void call(void (*kernel)(A...), void **arguments, std::index_sequence<I...>) {
  kernel(*static_cast<A *>(arguments[I])...);
}

// What a launch does: every thread of every block, with arguments as the driver's own launch takes them.
template <class... A>
void launch(void (*kernel)(A...), const dim *grid, const dim *block, void **arguments) {
  gridDim = *grid, blockDim = *block;
  for (blockIdx.z = 0; blockIdx.z < gridDim.z; ++blockIdx.z)
    for (blockIdx.y = 0; blockIdx.y < gridDim.y; ++blockIdx.y)
      for (blockIdx.x = 0; blockIdx.x < gridDim.x; ++blockIdx.x)
        for (threadIdx.y = 0; threadIdx.y < blockDim.y; ++threadIdx.y)
          for (threadIdx.x = 0; threadIdx.x < blockDim.x; ++threadIdx.x)
            call(kernel, arguments, std::index_sequence_for<A...>{});
}

#define EXPORT(kernel) \
  extern "C" void launch_##kernel(const dim *grid, const dim *block, void **arguments) { launch(kernel, grid, block, arguments); }
