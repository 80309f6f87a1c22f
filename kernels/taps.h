/* NAME: FROM, a Pixel, through taps along one axis (docs/arithmetic.md, 4.4).
 *
 * ALONG TAPS                     which axis, and of which kind
 * SHIFT | STARTS WEIGHTS LONGEST the number, or where the taps lie in the table
 * LAST                           the last sample, for PAIRS
 */
#if ALONG == ROWS_
#define PLACE row
#define TAPPED(k) FROM(GIVE, (k), column)
#else
#define PLACE column
#define TAPPED(k) FROM(GIVE, row, (k))
#endif
DEVICE Pixel NAME(TAKE, int row, int column)
{
#if TAPS == SHIFTED
    return TAPPED(PLACE + SHIFT);
#elif TAPS == NEAREST
    return TAPPED(table[STARTS + 2 * PLACE]);
#elif TAPS == PAIRS
    const int start = table[STARTS + 2 * PLACE];
    GLOBAL const int *weights = table + (WEIGHTS + 2 * PLACE);
    const Pixel first = pixel_times(AS_FLOAT((uint)weights[0]), TAPPED(start));
    return pixel_fma(AS_FLOAT((uint)weights[1]), TAPPED(start < LAST ? start + 1 : LAST), first);
#else
    const int start = table[STARTS + 2 * PLACE], count = table[STARTS + 2 * PLACE + 1];
    GLOBAL const int *weights = table + (WEIGHTS + PLACE * LONGEST);
    Pixel total = pixel_times(AS_FLOAT((uint)weights[0]), TAPPED(start));
#if TAPS == TWO
    if (count > 1)
        total = pixel_fma(AS_FLOAT((uint)weights[1]), TAPPED(start + 1), total);
#elif TAPS == FEW
    for (int k = 1; k < count; k++)
        total = pixel_fma(AS_FLOAT((uint)weights[k]), TAPPED(start + k), total);
#else
    for (int k = 1; k < count && k < 32; k++)
        total = pixel_fma(AS_FLOAT((uint)weights[k]), TAPPED(start + k), total);
    for (int first = 32; first < count; first += 32) {
        const int end = first + 32 < count ? first + 32 : count;
        Pixel block = no_pixel();
        for (int k = first; k < end; k++)
            block = pixel_fma(AS_FLOAT((uint)weights[k]), TAPPED(start + k), block);
        total = pixel_plus(total, block);
    }
#endif
    return total;
#endif
}
#undef PLACE
#undef TAPPED
