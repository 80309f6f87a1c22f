/* NAME: fills a block's elements with the components that lie on one grid (4.8, 4.9).
 *
 * ACROSS DOWN      samples of this grid in a block
 * COLUMNS ROWS     samples of the target;  PAIR: an odd row's last sample is repeated
 * FROM             a Pixel of the picture
 * BORDER LEFT TOP WIDTH HEIGHT   where the picture lies, if it does not cover the target
 * EACH_COMPONENT   a list of SAMPLE(element, shift, finish, highest, background, value),
 *                  FILLER(element, bits), BETWEEN(element, value)
 *
 * `element` may use r and c, the sample's row and column in the block; `value` the Pixel p, and
 * PATTERN(at, rows, columns, down, across): a number of a pattern in the table (8.4), `down` and
 * `across` added to the sample's place in the picture.
 */
#if BORDER
#define SURROUNDED(x, background) (inside ? (x) : (background))
#else
#define SURROUNDED(x, background) (x)
#endif
#define SAMPLE(element, shift, finish, highest, background, value)                                \
    e[element] |= finish(SURROUNDED(value, background), highest) << (shift);
#define PATTERN(at, rows, columns, down, across)                                                  \
    AS_FLOAT((uint)table[(at) + ((y + (down)) & ((rows) - 1)) * (columns)                         \
                         + ((x + (across)) & ((columns) - 1))])
#define FILLER(element, bits) e[element] |= (bits);
#define BETWEEN(element, value) e[element] = AS_UINT(value);
DEVICE void NAME(TAKE, uint *e, int block_x, int block_y)
{
    UNROLL for (int r = 0; r < DOWN; r++) {
        UNROLL for (int c = 0; c < ACROSS; c++) {
            int x = block_x * ACROSS + c;
            int y = block_y * DOWN + r;
#if PAIR
            if (x == COLUMNS && (x & 1) != 0)
                x = x - 1;
#endif
            if (x < COLUMNS && y < ROWS) {
#if BORDER
                Pixel p = no_pixel();
                x = x - LEFT;
                y = y - TOP;
                const int inside = x >= 0 && x < WIDTH && y >= 0 && y < HEIGHT;
                if (inside)
                    p = FROM(GIVE, y, x);
#else
                const Pixel p = FROM(GIVE, y, x);
#endif
                EACH_COMPONENT
            }
        }
    }
}
#undef SURROUNDED
#undef SAMPLE
#undef PATTERN
#undef FILLER
#undef BETWEEN
