/* NAME: fills words with the codes of one grid in a row of a block (4.8, 4.9).
 *
 * ACROSS           samples of this grid in the block's row
 * FROM COLUMNS     a Pixel of the picture, and how many columns of them belong to the block
 * HELD EACH_HOLD   Pixels that are held for a row, and a list of HOLD(function)
 * SUMS LOW         Pixels through taps along rows, and the column of the first in the block; 0: the
 *                  samples are pixels as they are
 * TAPS ...         those taps, as in taps.h
 * STRIDE EACH_TAP  taps along the row, the same in all blocks: a list as in held.h; sample c begins
 *                  at sum c * STRIDE + k
 * EACH_COMPONENT   a list of codes.h; `element` may use c
 */
#define SURROUNDED(x, background) (x)
#define HOLD(function) function(GIVE_FRAME, held, row, block);
#define ONLY(k) p = at[k];
#define FIRST(k, weight) p = pixel_times(weight, at[k]);
#define NEXT(k, weight) p = pixel_fma(weight, at[k], p);
DEVICE void NAME(TAKE_FRAME, uint *e, int block, int y)
{
    Pixel held[HELD];
    const int held_from = block * COLUMNS;
    UNROLL for (int i = 0; i < HELD; i++) /* no channel is left without a value */
        held[i] = no_pixel();
#if SUMS == 0
    const int row = y;
    EACH_HOLD
#else
    Pixel sums[SUMS];
#if TAPS == SHIFTED || TAPS == NEAREST
#if TAPS == SHIFTED
    const int row = y + SHIFT;
#else
    const int row = table[STARTS + 2 * y];
#endif
    EACH_HOLD
    UNROLL for (int i = 0; i < SUMS; i++)
        sums[i] = FROM(GIVE, row, held_from + (LOW) + i);
#else
    const int start = table[STARTS + 2 * y], count = table[STARTS + 2 * y + 1];
    const Pixel nothing = {{-0.0f, -0.0f, -0.0f, -0.0f}}; /* a product plus -0 is the product */
    UNROLL for (int i = 0; i < SUMS; i++)
        sums[i] = nothing;
    for (int k = 0; k < count; k++) {
        const int row = start + k;
        const float weight = AS_FLOAT((uint)table[WEIGHTS + y * LONGEST + k]);
        EACH_HOLD
        UNROLL for (int i = 0; i < SUMS; i++)
            sums[i] = pixel_fma(weight, FROM(GIVE, row, held_from + (LOW) + i), sums[i]);
    }
#endif
#endif
    UNROLL for (int c = 0; c < ACROSS; c++) {
        const int x = block * ACROSS + c;
#if SUMS == 0
        const Pixel p = FROM(GIVE, y, x);
#else
        const Pixel *at = sums + c * STRIDE;
        Pixel p = no_pixel();
        EACH_TAP
#endif
        EACH_COMPONENT
    }
}
#undef SURROUNDED
#undef HOLD
#undef ONLY
#undef FIRST
#undef NEXT
