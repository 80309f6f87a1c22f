/* NAME: fills a block's elements with the components that lie on one grid (4.8, 4.9).
 *
 * ACROSS DOWN      samples of this grid in a block
 * COLUMNS ROWS     samples of the target;  PAIR: an odd row's last sample is repeated
 * FROM             a Pixel of the picture
 * BORDER LEFT TOP WIDTH HEIGHT   where the picture lies, if it does not cover the target
 * EACH_COMPONENT   a list of codes.h; `element` may use r and c, the sample's row and column in the
 *                  block
 */
#if BORDER
#define SURROUNDED(x, background) (inside ? (x) : (background))
#else
#define SURROUNDED(x, background) (x)
#endif
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
