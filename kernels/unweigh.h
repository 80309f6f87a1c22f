/* NAME: FROM with its weighting by alpha, channel 3, undone or made up for (4.5).
 *
 * EACH_COLOUR is a list of DIVIDED(index) and MULTIPLIED(index).
 */
#define DIVIDED(index) p.c[index] = weight > 0.0f ? p.c[index] * inverse : 0.0f;
#define MULTIPLIED(index) p.c[index] = flushed(p.c[index] * weight);
DEVICE Pixel NAME(TAKE, int row, int column)
{
    Pixel p = FROM(GIVE, row, column);
    const float weight = flushed(p.c[3] * ALPHA_SCALE);
    const float inverse = reciprocal(weight);
    EACH_COLOUR
    return p;
}
#undef DIVIDED
#undef MULTIPLIED
