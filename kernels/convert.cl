/* A work item makes a block of the target: every plane's elements that its pixels own.
 *
 * BLOCKS_X BLOCKS_Y    blocks;  ELEMENTS of one
 * EACH_GRID EACH_PLANE lists of GRID(function) and PLANE(function, memory)
 *
 * With WIDE, an item makes a block of that kind, or else a wide one of WIDER of them:
 *
 * ITEMS_X              items: first those of wide blocks, then those of the blocks beside them
 * WIDE_X WIDE_FROM     wide blocks, and the first of them
 * EACH_BAND            a list of BAND(function)
 */
#define GRID(function) function(GIVE, e, block_x, block_y);
#define PLANE(function, memory) function(n, e, memory, block_x, block_y);
#define BAND(function) function(GIVE_FRAME TARGET_ARGUMENTS, block_x + WIDE_FROM, block_y);
KERNEL void convert(BY_VALUE Numbers numbers, GLOBAL const int *table SOURCE_PARAMETERS
                    TARGET_PARAMETERS)
{
    const Numbers *n = &numbers;
    int block_x = GID_X;
    const int block_y = GID_Y;
    uint e[ELEMENTS];
#if WIDE
    const Pixel *held = 0;
    const int held_from = 0;
    if (block_x >= ITEMS_X || block_y >= BLOCKS_Y)
        return;
    if (block_x < WIDE_X) {
        EACH_BAND
        return;
    }
    block_x = block_x - WIDE_X;
    if (block_x >= WIDE_FROM * WIDER)
        block_x = block_x + WIDE_X * WIDER;
#else
    if (block_x >= BLOCKS_X || block_y >= BLOCKS_Y)
        return;
#endif
    UNROLL for (int k = 0; k < ELEMENTS; k++)
        e[k] = 0u;
    EACH_GRID
    EACH_PLANE
}
#undef GRID
#undef PLANE
#undef BAND
