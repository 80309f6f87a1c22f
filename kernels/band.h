/* NAME: the rows of a block in those planes that have DOWN of them.
 *
 * WORDS        of 32 bits in a row of the block, in all these planes
 * ROWS         of the planes
 * EACH_STRIP   a list of STRIP(function)
 * EACH_PLANE   a list of PLANE(function, memory)
 */
#define STRIP(function) function(GIVE_FRAME, e, block_x, y);
#define PLANE(function, memory) function(n, e, memory, block_x, y);
DEVICE void NAME(TAKE_FRAME TARGET_PARAMETERS, int block_x, int block_y)
{
    for (int r = 0; r < DOWN; r++) {
        const int y = block_y * DOWN + r;
        if (y < ROWS) {
            uint e[WORDS];
            UNROLL for (int k = 0; k < WORDS; k++)
                e[k] = 0u;
            EACH_STRIP
            EACH_PLANE
        }
    }
}
#undef STRIP
#undef PLANE
