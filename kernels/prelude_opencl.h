/* OpenCL C 1.2: the words that differ from CUDA (prelude_cuda.h has the same ones). */
#ifdef CONTRACT
#pragma OPENCL FP_CONTRACT ON
#else
#pragma OPENCL FP_CONTRACT OFF
#endif
#define KERNEL __kernel
#define GLOBAL __global
#define DEVICE static
#define BY_VALUE const
#define GID_X ((int)get_global_id(0))
#define GID_Y ((int)get_global_id(1))
#define GID_Z ((int)get_global_id(2))
#define FMA(a, b, c) fma((a), (b), (c))
#define RINT(x) rint(x)
#define NO_PRODUCT(x) ((x) + 0.0f)
#define FABS(x) fabs(x)
#define AS_UINT(x) as_uint(x)
#define AS_FLOAT(x) as_float(x)
#define UNROLL _Pragma("unroll")
typedef long i64;
typedef ulong u64;
