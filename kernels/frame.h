/* What every function of a launch is given: numbers, tables of taps, planes to read. */

/* Places and pitches in bytes; a pitch may be negative. PLANES, INTS and FLOATS fit the launch. */
typedef struct {
    i64 at[PLANES];
    i64 pitch[PLANES];
    int i[INTS];
    float f[FLOATS];
} Numbers;

/* Up to four channels of one sample; alpha, where it travels with colour, is the last. */
typedef struct {
    float c[4];
} Pixel;

#define TAKE const Numbers *n, GLOBAL const int *table SOURCE_PARAMETERS
#define GIVE n, table SOURCE_ARGUMENTS

/* The first byte of row `row` of plane `plane`, whose memory is `memory`. */
#define LINE(memory, plane, row) ((memory) + (n->at[plane] + (i64)(row) * n->pitch[plane]))

/* Values of STORED: how samples lie in elements. */
#define WHOLE 1
#define HALF 2
#define FLOAT 3
#define UNTOUCHED 4 /* float32 between two launches of one program */
#define TEN_BITS 5  /* v210: three to a word */

/* Values of TAPS. */
#define SHIFTED 1 /* the sample at the same place plus SHIFT */
#define NEAREST 2 /* the sample that the table names */
#define TWO 3     /* one or two taps an output */
#define FEW 4     /* up to 32 */
#define BLOCKS 5  /* any number */

/* Values of ALONG. */
#define ROWS_ 1
#define COLUMNS_ 2
