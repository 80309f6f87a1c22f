/* NAME: FROM with its colour channels mixed (4.6). EACH_ROW is a list of
 * ROW(index, used, r0, r1, r2). With REGION, only within LEFT TOP RIGHT BOTTOM.
 */
#define ROW(index, used, r0, r1, r2) p.c[index] = row_of(used, r0, r1, r2, v);
DEVICE Pixel NAME(TAKE, int row, int column)
{
    const Pixel v = FROM(GIVE, row, column);
    Pixel p = v;
#if REGION
    if (column < LEFT || column >= RIGHT || row < TOP || row >= BOTTOM)
        return p;
#endif
    EACH_ROW
    return p;
}
#undef ROW
