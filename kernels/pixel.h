/* Arithmetic of Pixel: four channels at once, each as taps.h needs it. */

DEVICE Pixel no_pixel(void)
{
    Pixel p = {{0.0f, 0.0f, 0.0f, 0.0f}};
    return p;
}

DEVICE Pixel pixel_times(float w, Pixel s)
{
    Pixel p = {{w * s.c[0], w * s.c[1], w * s.c[2], w * s.c[3]}};
    return p;
}

DEVICE Pixel pixel_fma(float w, Pixel s, Pixel sum)
{
    Pixel p = {{FMA(w, s.c[0], sum.c[0]), FMA(w, s.c[1], sum.c[1]), FMA(w, s.c[2], sum.c[2]),
                FMA(w, s.c[3], sum.c[3])}};
    return p;
}

DEVICE Pixel pixel_plus(Pixel a, Pixel b)
{
    Pixel p = {{a.c[0] + b.c[0], a.c[1] + b.c[1], a.c[2] + b.c[2], a.c[3] + b.c[3]}};
    return p;
}

/* A row of a mix: products of the channels whose bit is set in `used`, ascending (4.6). */
DEVICE float row_of(int used, float r0, float r1, float r2, Pixel v)
{
    float sum = 0.0f;
    if (used & 1)
        sum = r0 * v.c[0];
    if (used & 2)
        sum = (used & 1) != 0 ? FMA(r1, v.c[1], sum) : r1 * v.c[1];
    if (used & 4)
        sum = (used & 3) != 0 ? FMA(r2, v.c[2], sum) : r2 * v.c[2];
    return sum;
}
