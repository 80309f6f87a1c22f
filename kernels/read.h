/* NAME: a component of the source, turned, less its code of zero (docs/arithmetic.md, 4.1, 4.2).
 *
 * PLANE MEMORY MOVED   index of the plane, the parameter that is its memory, and the picture's place
 * STORED ELEMENT   how samples lie, and the type of an element
 * OFFSET STEP      sample i of a row is element OFFSET + i * STEP
 * SHIFT MASK       where its bits lie in the element
 * ZERO             the code that means zero
 * TRANSPOSE MIRROR_Y MIRROR_X LAST_ROW LAST_COLUMN   how the component is turned
 */
DEVICE float NAME(TAKE, int row, int column)
{
#if MIRROR_Y
    row = LAST_ROW - row;
#endif
#if MIRROR_X
    column = LAST_COLUMN - column;
#endif
#if TRANSPOSE
    GLOBAL const ELEMENT *line = (GLOBAL const ELEMENT *)LINE(MEMORY, PLANE, column, MOVED);
    const int k = OFFSET + row * STEP;
#else
    GLOBAL const ELEMENT *line = (GLOBAL const ELEMENT *)LINE(MEMORY, PLANE, row, MOVED);
    const int k = OFFSET + column * STEP;
#endif
#if STORED == WHOLE
    return (float)(int)(((uint)line[k] >> SHIFT) & MASK) - ZERO;
#elif STORED == TEN_BITS
    const uint word = (uint)(((u64)(uint)k * 0xaaaaaaabu) >> 33); /* k div 3 */
    const uint third = (uint)k - 3u * word;
    return (float)(int)((line[word] >> (10u * third)) & 1023u) - ZERO;
#elif STORED == HALF
    return flushed(from_half((uint)line[k]));
#elif STORED == FLOAT
    return flushed(line[k]);
#else
    return line[k];
#endif
}
