/* The self-test: one primitive over lists of words, the bits of floats (docs/arithmetic.md, 7). */
KERNEL void primitives(int which, int count, GLOBAL const uint *a, GLOBAL const uint *b,
                       GLOBAL const uint *c, GLOBAL uint *result)
{
    const int k = GID_X;
    if (k >= count)
        return;
    const float x = AS_FLOAT(a[k]), y = AS_FLOAT(b[k]), z = AS_FLOAT(c[k]);
    uint found = 0u;
    if (which == 0)
        found = AS_UINT(FMA(x, y, z));
    if (which == 1)
        found = AS_UINT(reciprocal(x));
    if (which == 2)
        found = AS_UINT(flushed(x));
    if (which == 3)
        found = finish_whole(x, y);
    if (which == 4)
        found = to_half(x);
    if (which == 5)
        found = AS_UINT(from_half(a[k]));
    if (which == 6)
        found = AS_UINT(exponent_of(x));
    if (which == 7)
        found = AS_UINT(mantissa_of(x));
    if (which == 8)
        found = AS_UINT(power_of_two(x));
    if (which == 9)
        found = AS_UINT(root_seed(x));
    result[k] = found;
}
