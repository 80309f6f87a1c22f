/* One work item makes a block of the target: every plane's elements that its pixels own.
 *
 * EACH_GRID is a list of GRID(function), EACH_PLANE one of PLANE(function, memory).
 */
#define GRID(function) function(GIVE, e, block_x, block_y);
#define PLANE(function, memory) function(n, e, memory, block_x, block_y);
KERNEL void convert(BY_VALUE Numbers numbers, GLOBAL const int *table SOURCE_PARAMETERS
                    TARGET_PARAMETERS)
{
    const Numbers *n = &numbers;
    const int block_x = GID_X, block_y = GID_Y;
    uint e[ELEMENTS];
    if (block_x >= BLOCKS_X || block_y >= BLOCKS_Y)
        return;
    UNROLL for (int k = 0; k < ELEMENTS; k++)
        e[k] = 0u;
    EACH_GRID
    EACH_PLANE
}
#undef GRID
#undef PLANE
