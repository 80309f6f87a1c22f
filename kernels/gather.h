/* NAME: channels on one grid. EACH_CHANNEL is a list of CHANNEL(index, function). */
#define CHANNEL(index, function) p.c[index] = function(GIVE, row, column);
DEVICE Pixel NAME(TAKE, int row, int column)
{
    Pixel p = no_pixel();
    EACH_CHANNEL
    return p;
}
#undef CHANNEL
