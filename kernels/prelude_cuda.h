/* CUDA C through NVRTC: the words that differ from OpenCL (prelude_opencl.h has the same ones). */
#define KERNEL extern "C" __global__
#define GLOBAL
#define DEVICE static __device__ __forceinline__
#define BY_VALUE const __grid_constant__
#define GID_X ((int)(blockIdx.x * blockDim.x + threadIdx.x))
#define GID_Y ((int)(blockIdx.y * blockDim.y + threadIdx.y))
#define GID_Z ((int)blockIdx.z)
#define FMA(a, b, c) fmaf((a), (b), (c))
#define RINT(x) rintf(x)
#define NO_PRODUCT(x) __fadd_rn((x), 0.0f) /* never part of an FMA */
#define FABS(x) fabsf(x)
#define AS_UINT(x) __float_as_uint(x)
#define AS_FLOAT(x) __uint_as_float(x)
#define UNROLL _Pragma("unroll")
typedef unsigned char uchar;
typedef unsigned short ushort;
typedef unsigned int uint;
typedef long long i64;
typedef unsigned long long u64;
