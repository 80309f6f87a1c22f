/* NAME: stores a block's elements of one plane.
 *
 * PLANE ELEMENT    index of the plane, and the type of an element
 * FIRST ACROSS DOWN   where its elements lie in `e`, and how many a block has
 * COLUMNS ROWS     elements of a row of the plane, and rows
 * STORED           WHOLE, or TEN_BITS: three numbers to an element
 */
DEVICE void NAME(const Numbers *n, const uint *e, GLOBAL uchar *memory, int block_x, int block_y)
{
    UNROLL for (int r = 0; r < DOWN; r++) {
        const int y = block_y * DOWN + r;
        if (y < ROWS) {
            GLOBAL ELEMENT *line = (GLOBAL ELEMENT *)LINE(memory, PLANE, y);
            UNROLL for (int k = 0; k < ACROSS; k++) {
                const int x = block_x * ACROSS + k;
#if STORED == TEN_BITS
                const int low = FIRST + 3 * (r * ACROSS + k);
                const uint value = e[low] | (e[low + 1] << 10) | (e[low + 2] << 20);
#else
                const uint value = e[FIRST + r * ACROSS + k];
#endif
                if (x < COLUMNS)
                    line[x] = (ELEMENT)value;
            }
        }
    }
}
