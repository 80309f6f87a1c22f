/* NAME: holds the samples of one plane that a row of a block needs, through vertical taps (4.1 to
 * 4.4).
 *
 * PLANE MEMORY MOVED   as in read.h
 * STORED BITS          how samples lie in elements, and bits of an element
 * BYTES                of a block in a row of the plane
 * WORDS BEGIN          words of a row that are read, the first so many bytes from the block's first
 * ALIGNMENT EACH_LOAD  how they are read where a row is a multiple of so many bytes; a list of
 *                      LOAD(how many, word, bytes from the block's first)
 * SPAN PLACE           samples of each component, and where the first is held
 * EACH_SAMPLE          a list of READ(channel, element, shift, mask, zero): sample i of a component
 *                      is element `element` of the words
 * TAPS ...             as in taps.h, along rows
 */
#define LOAD(many, word, bytes) load_##many(words + (word), place + (bytes));
#define ELEMENT(k) (words[((k) * BITS) >> 5] >> (((k) * BITS) & 31))
#if STORED == WHOLE
#define VALUE(k, shift, mask, zero) ((float)(int)((ELEMENT(k) >> (shift)) & (mask)) - (zero))
#elif STORED == HALF
#define VALUE(k, shift, mask, zero) flushed(from_half(ELEMENT(k) & 0xffffu))
#else
#define VALUE(k, shift, mask, zero) flushed(AS_FLOAT(words[k]))
#endif
DEVICE void JOIN(NAME, _words)(TAKE_FRAME, uint *words, int row, int block)
{
    GLOBAL const uchar *place = LINE(MEMORY, PLANE, row, MOVED) + (i64)block * BYTES;
    if (ALIGNED(place, ALIGNMENT)) {
        EACH_LOAD
    } else {
        UNROLL for (int k = 0; k < WORDS; k++)
            words[k] = gathered_word(place + (BEGIN) + 4 * k, BITS);
    }
}
DEVICE void NAME(TAKE_FRAME, Pixel *held, int row, int block)
{
    uint words[WORDS];
#if TAPS == SHIFTED || TAPS == NEAREST
#if TAPS == SHIFTED
    JOIN(NAME, _words)(GIVE_FRAME, words, row + SHIFT, block);
#else
    JOIN(NAME, _words)(GIVE_FRAME, words, table[STARTS + 2 * row], block);
#endif
#define READ(channel, k, shift, mask, zero)                                                       \
    held[PLACE + i].c[channel] = VALUE(k, shift, mask, zero);
    UNROLL for (int i = 0; i < SPAN; i++) {
        EACH_SAMPLE
    }
#undef READ
#else
    const int start = table[STARTS + 2 * row];
    GLOBAL const int *weights = table + (WEIGHTS + row * LONGEST);
    float weight = AS_FLOAT((uint)weights[0]);
#define READ(channel, k, shift, mask, zero)                                                       \
    held[PLACE + i].c[channel] = weight * VALUE(k, shift, mask, zero);
    JOIN(NAME, _words)(GIVE_FRAME, words, start, block);
    UNROLL for (int i = 0; i < SPAN; i++) {
        EACH_SAMPLE
    }
#undef READ
#define READ(channel, k, shift, mask, zero)                                                       \
    held[PLACE + i].c[channel] =                                                                  \
        FMA(weight, VALUE(k, shift, mask, zero), held[PLACE + i].c[channel]);
#if TAPS == PAIRS
    {
        const int next = start < LAST ? start + 1 : LAST;
        weight = AS_FLOAT((uint)weights[1]);
#else
    for (int k = 1; k < table[STARTS + 2 * row + 1]; k++) {
        const int next = start + k;
        weight = AS_FLOAT((uint)weights[k]);
#endif
        JOIN(NAME, _words)(GIVE_FRAME, words, next, block);
        UNROLL for (int i = 0; i < SPAN; i++) {
            EACH_SAMPLE
        }
    }
#undef READ
#endif
}
#undef LOAD
#undef ELEMENT
#undef VALUE
