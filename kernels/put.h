/* NAME: stores the words of a block's row in one plane.
 *
 * PLANE BITS           index of the plane, and bits of an element
 * BYTES WORDS FIRST    of the row in the block: bytes, words, and where these lie in `e`
 * ALIGNMENT EACH_STORE how they are stored where a row is a multiple of so many bytes; a list of
 *                      STORE(how many, word, bytes from the block's first)
 */
#define STORE(many, word, bytes) store_##many(place + (bytes), e + FIRST + (word));
DEVICE void NAME(const Numbers *n, const uint *e, GLOBAL uchar *memory, int block, int y)
{
    GLOBAL uchar *place = LINE(memory, PLANE, y, TARGET_MOVED) + (i64)block * BYTES;
    if (ALIGNED(place, ALIGNMENT)) {
        EACH_STORE
    } else {
        UNROLL for (int k = 0; k < WORDS; k++)
            scattered_word(place + 4 * k, BITS, e[FIRST + k]);
    }
}
#undef STORE
