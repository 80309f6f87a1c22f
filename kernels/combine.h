/* NAME: channels that several functions make. EACH_PART is a list of PART(name, function),
 * EACH_CHANNEL one of CHANNEL(index, name).
 */
#define PART(part, function) const Pixel part = function(GIVE, row, column);
#define CHANNEL(index, part) p.c[index] = part.c[index];
DEVICE Pixel NAME(TAKE, int row, int column)
{
    Pixel p = no_pixel();
    EACH_PART
    EACH_CHANNEL
    return p;
}
#undef PART
#undef CHANNEL
