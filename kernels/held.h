/* NAME: a Pixel of what a row of a block holds, through taps along it; FROM where it holds nothing.
 *
 * PLACE            where its samples are held
 * HALVED STRIDE    column c of the block begins at sample (c >> HALVED) * STRIDE + the tap's k
 * EACH_EVEN EACH_ODD   taps of even and odd columns, the same in all blocks: a list of ONLY(k), or of
 *                  FIRST(k, weight) and NEXT(k, weight)
 */
#define ONLY(k) p = at[k];
#define FIRST(k, weight) p = pixel_times(weight, at[k]);
#define NEXT(k, weight) p = pixel_fma(weight, at[k], p);
DEVICE Pixel NAME(TAKE, int row, int column)
{
    if (!held)
        return FROM(GIVE, row, column);
    {
        const int c = column - held_from;
        const Pixel *at = held + (PLACE + (c >> HALVED) * STRIDE);
        Pixel p = no_pixel();
        if ((c & HALVED) == 0) {
            EACH_EVEN
        } else {
            EACH_ODD
        }
        return p;
    }
}
#undef ONLY
#undef FIRST
#undef NEXT
