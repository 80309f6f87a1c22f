/* NAME: FROM with its colour channels through a formula (docs/arithmetic.md, 8).
 *
 * EACH_INPUT       a list of INPUT(value, index) and SUMMED(value, index)
 * EACH_STEP        a list of OPERATION(value, operands): value `value` is made of values before it
 * EACH_OUTPUT      a list of OUTPUT(index, value)
 *
 * An input that is SUMMED may be a product of the stage before: with 0 added it is none any more,
 * and no compiler makes one operation of both. With REGION, only within LEFT TOP RIGHT BOTTOM.
 */
#define INPUT(k, index) const float v##k = p.c[index];
#define SUMMED(k, index) const float v##k = NO_PRODUCT(p.c[index]);
#define CONSTANT(k, number) const float v##k = number;
#define MULTIPLY(k, a, b) const float v##k = v##a * v##b;
#define ADD(k, a, b) const float v##k = v##a + v##b;
#define SUBTRACT(k, a, b) const float v##k = v##a - v##b;
#define FUSED(k, a, b, c) const float v##k = FMA(v##a, v##b, v##c);
#define NEGATE(k, a) const float v##k = -v##a;
#define ABSOLUTE(k, a) const float v##k = FABS(v##a);
#define SELECT(k, a, b, x, y) const float v##k = v##a < v##b ? v##x : v##y;
#define FLUSH(k, a) const float v##k = flushed(v##a);
#define RECIPROCAL(k, a) const float v##k = reciprocal(v##a);
#define KEEP_NAN(k, a, b) const float v##k = keep_nan(v##a, v##b);
#define EXPONENT(k, a) const float v##k = exponent_of(v##a);
#define MANTISSA(k, a) const float v##k = mantissa_of(v##a);
#define POWER_OF_TWO(k, a) const float v##k = power_of_two(v##a);
#define ROOT_SEED(k, a) const float v##k = root_seed(v##a);
#define OUTPUT(index, k) p.c[index] = v##k;
DEVICE Pixel NAME(TAKE, int row, int column)
{
    Pixel p = FROM(GIVE, row, column);
#if REGION
    if (column < LEFT || column >= RIGHT || row < TOP || row >= BOTTOM)
        return p;
#endif
    {
        EACH_INPUT
        EACH_STEP
        EACH_OUTPUT
    }
    return p;
}
#undef INPUT
#undef SUMMED
#undef CONSTANT
#undef MULTIPLY
#undef ADD
#undef SUBTRACT
#undef FUSED
#undef NEGATE
#undef ABSOLUTE
#undef SELECT
#undef FLUSH
#undef RECIPROCAL
#undef KEEP_NAN
#undef EXPONENT
#undef MANTISSA
#undef POWER_OF_TWO
#undef ROOT_SEED
#undef OUTPUT
