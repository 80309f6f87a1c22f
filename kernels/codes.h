/* What grid.h and strip.h do with a sample, the Pixel p: entries of their lists EACH_COMPONENT.
 *
 * SAMPLE(element, shift, finish, highest, background, value)   a component's code
 * FILLER(element, bits)                                        bits that no component has
 * BETWEEN(element, value)                                      a float32 between two launches
 *
 * `value` may use PATTERN(at, rows, columns, down, across): a number of a pattern in the table (8.4),
 * `down` and `across` added to the sample's place in the picture, row y and column x.
 */
#define SAMPLE(element, shift, finish, highest, background, value)                                \
    e[element] |= finish(SURROUNDED(value, background), highest) << (shift);
#define PATTERN(at, rows, columns, down, across)                                                  \
    AS_FLOAT((uint)table[(at) + ((y + (down)) & ((rows) - 1)) * (columns)                         \
                         + ((x + (across)) & ((columns) - 1))])
#define FILLER(element, bits) e[element] |= (bits);
#define BETWEEN(element, value) e[element] = AS_UINT(value);
