/* NAME: stores a block's elements of one plane.
 *
 * PLANE MOVED ELEMENT   index of the plane, the picture's place, and the type of an element
 * FIRST ACROSS DOWN   where its elements lie in `e`, and how many a block has
 * COLUMNS ROWS     elements of a row of the plane, and rows
 * STORED           WHOLE, or TEN_BITS: three numbers to an element
 * WORD FILLED BITS a wider type for whole, aligned rows, elements in it (1: none), bits of each
 */
#if STORED == TEN_BITS
#define TENTH(k, i) (e[FIRST + 3 * (k) + (i)] << (10 * (i)))
#define VALUE(k) (TENTH(k, 0) | TENTH(k, 1) | TENTH(k, 2))
#else
#define VALUE(k) e[FIRST + (k)]
#endif
DEVICE void NAME(const Numbers *n, const uint *e, GLOBAL uchar *memory, int block_x, int block_y)
{
    const int x = block_x * ACROSS;
    UNROLL for (int r = 0; r < DOWN; r++) {
        const int y = block_y * DOWN + r;
        if (y < ROWS) {
            GLOBAL ELEMENT *place = (GLOBAL ELEMENT *)LINE(memory, PLANE, y, MOVED) + x;
#if FILLED > 1
            if (x + ACROSS <= COLUMNS && ((u64)place & (sizeof(WORD) - 1)) == 0) {
                GLOBAL WORD *words = (GLOBAL WORD *)place;
                UNROLL for (int k = 0; k * FILLED < ACROSS; k++) {
                    uint word = VALUE(r * ACROSS + k * FILLED);
                    UNROLL for (int i = 1; i < FILLED; i++)
                        word |= VALUE(r * ACROSS + k * FILLED + i) << (i * BITS);
                    words[k] = (WORD)word;
                }
            } else
#endif
            {
                UNROLL for (int k = 0; k < ACROSS; k++) {
                    if (x + k < COLUMNS)
                        place[k] = (ELEMENT)VALUE(r * ACROSS + k);
                }
            }
        }
    }
}
#undef VALUE
#undef TENTH
