/* Single operations of docs/arithmetic.md, sections 1 to 3, 4.8 and 8, on float32 and its bits. */

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

/* FLUSH: +0 where |x| < 2^-64, else x. By bits, so that no mode of the processor matters. */
DEVICE float flushed(float x)
{
    return (AS_UINT(x) & 0x7fffffffu) < 0x1f800000u ? 0.0f : x;
}

/* RECIP: 1/x within 1 ulp on [2^-64, 2^64]; x is brought into that range, NaN to its low end. */
DEVICE float reciprocal(float x)
{
    x = x > 0x1p-64f ? x : 0x1p-64f;
    x = x < 0x1p64f ? x : 0x1p64f;
    float y = AS_FLOAT(0x7ef311c3u - AS_UINT(x));
    y = FMA(y, FMA(-x, y, 1.0f), y);
    y = FMA(y, FMA(-x, y, 1.0f), y);
    return FMA(y, FMA(-x, y, 1.0f), y);
}

/* The k with x = 2^k * m, m in [sqrt(1/2), sqrt(2)); x is normal, positive, finite (8.1). */
DEVICE float exponent_of(float x)
{
    return (float)((int)(AS_UINT(x) - 0x3f3504f3u) >> 23);
}

/* That m. */
DEVICE float mantissa_of(float x)
{
    return AS_FLOAT(AS_UINT(x) - ((AS_UINT(x) - 0x3f3504f3u) & 0xff800000u));
}

/* 2^x for an integer x in [-126, 127]. */
DEVICE float power_of_two(float x)
{
    return AS_FLOAT((uint)((int)x + 127) << 23);
}

/* A first guess at 1 / sqrt(x); x is normal, positive, finite. */
DEVICE float root_seed(float x)
{
    return AS_FLOAT(0x5f375a86u - (AS_UINT(x) >> 1));
}

/* y, or the one NaN where x is NaN. */
DEVICE float keep_nan(float x, float y)
{
    return (AS_UINT(x) & 0x7fffffffu) > 0x7f800000u ? AS_FLOAT(0x7fc00000u) : y;
}

/* The float32 value of a half's bits; NaN without sign or payload. */
DEVICE float from_half(uint h)
{
    const uint sign = (h >> 15) << 31, exponent = (h >> 10) & 31u, mantissa = h & 0x3ffu;
    uint bits = ((exponent + 112u) << 23) | (mantissa << 13) | sign;
    if (exponent == 0u)
        bits = AS_UINT((float)mantissa * 0x1p-24f) | sign;
    if (exponent == 31u)
        bits = mantissa != 0u ? 0x7fc00000u : 0x7f800000u | sign;
    return AS_FLOAT(bits);
}

/* The bits of the half nearest to x, ties to even; never -0, NaN without sign or payload. */
DEVICE uint to_half(float x)
{
    const uint sign = (AS_UINT(x) >> 16) & 0x8000u, a = AS_UINT(x) & 0x7fffffffu;
    uint half_bits = 0u;
    if (a > 0x7f800000u)
        return 0x7e00u;
    if (a >= 0x47800000u) {
        half_bits = 0x7c00u;
    } else if (a >= 0x38800000u) {
        half_bits = (a - 0x38000000u + 0xfffu + ((a >> 13) & 1u)) >> 13;
    } else if (a >= 0x33000000u) {
        const uint n = 126u - (a >> 23), m = (a & 0x7fffffu) | 0x800000u;
        half_bits = (m + (1u << (n - 1u)) - 1u + ((m >> n) & 1u)) >> n;
    }
    return half_bits == 0u ? 0u : half_bits | sign;
}

/* x within [low, high], `low` where it is NaN (8.4). */
DEVICE float limited(float x, float low, float high)
{
    x = x > low ? x : low;
    return x < high ? x : high;
}

/* What is stored for x: a code of [0, highest], rounded half to even; NaN and -0 give 0. */
DEVICE uint finish_whole(float x, float highest)
{
    x = x > 0.0f ? x : 0.0f;
    x = x < highest ? x : highest;
    return (uint)RINT(x);
}

/* What is stored for x in a float32 plane: flushed, one NaN. */
DEVICE uint finish_float(float x, float highest)
{
    const uint bits = AS_UINT(flushed(x));
    return (bits & 0x7fffffffu) > 0x7f800000u ? 0x7fc00000u : bits;
}

/* What is stored for x in a float16 plane. */
DEVICE uint finish_half(float x, float highest)
{
    return to_half(flushed(x));
}
