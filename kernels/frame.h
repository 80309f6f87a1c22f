/* What every function of a launch is given: numbers, tables of taps, planes to read. */

/* Places and pitches in bytes; a pitch may be negative. PLANES, INTS and FLOATS fit the launch.
 * Up to FRAMES pictures: `source` and `target` say how far on each lies than the first.
 */
typedef struct {
    i64 source[FRAMES];
    i64 target[FRAMES];
    i64 between;
    i64 at[PLANES];
    i64 pitch[PLANES];
    int i[INTS];
    float f[FLOATS];
} Numbers;

/* Up to four channels of one sample; alpha, where it travels with colour, is the last. */
typedef struct {
    float c[4];
} Pixel;

/* With WIDE, what a row of a block holds goes along: its samples, `held`, from column `held_from`
 * on; none (0) in what makes single pixels.
 */
#define TAKE_FRAME const Numbers *n, GLOBAL const int *table SOURCE_PARAMETERS
#define GIVE_FRAME n, table SOURCE_ARGUMENTS
#if WIDE
#define TAKE TAKE_FRAME, const Pixel *held, int held_from
#define GIVE GIVE_FRAME, held, held_from
#else
#define TAKE TAKE_FRAME
#define GIVE GIVE_FRAME
#endif

/* The first byte of row `row` of plane `plane`, whose memory is `memory`, in this item's picture. */
#define LINE(memory, plane, row, moved)                                                           \
    ((memory) + (n->at[plane] + (moved) + (i64)(row) * n->pitch[plane]))

/* Values of MOVED: how far on a plane of this item's picture lies. */
#define SOURCE_MOVED n->source[GID_Z]
#define TARGET_MOVED n->target[GID_Z]
#define BETWEEN_MOVED (GID_Z * n->between)

/* Values of STORED: how samples lie in elements. */
#define WHOLE 1
#define HALF 2
#define FLOAT 3
#define UNTOUCHED 4 /* float32 between two launches of one program */
#define TEN_BITS 5  /* v210: three to a word */

/* Values of TAPS. */
#define SHIFTED 1 /* the sample at the same place plus SHIFT */
#define NEAREST 2 /* the sample that the table names */
#define PAIRS 3   /* two taps an output; the second's weight may be 0, and its sample is finite */
#define TWO 4     /* one or two */
#define FEW 5     /* up to 32 */
#define BLOCKS 6  /* any number */

/* Values of ALONG. */
#define ROWS_ 1
#define COLUMNS_ 2
