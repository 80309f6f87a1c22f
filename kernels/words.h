/* Words of 32 bits between memory and registers, up to four at a time. */

DEVICE void load_one(uint *words, GLOBAL const uchar *place)
{
    words[0] = *(GLOBAL const uint *)place;
}

DEVICE void load_two(uint *words, GLOBAL const uchar *place)
{
    const uint2 both = *(GLOBAL const uint2 *)place;
    words[0] = both.x;
    words[1] = both.y;
}

DEVICE void load_four(uint *words, GLOBAL const uchar *place)
{
    const uint4 all = *(GLOBAL const uint4 *)place;
    words[0] = all.x;
    words[1] = all.y;
    words[2] = all.z;
    words[3] = all.w;
}

DEVICE void store_one(GLOBAL uchar *place, const uint *words)
{
    *(GLOBAL uint *)place = words[0];
}

DEVICE void store_two(GLOBAL uchar *place, const uint *words)
{
    uint2 both;
    both.x = words[0];
    both.y = words[1];
    *(GLOBAL uint2 *)place = both;
}

DEVICE void store_four(GLOBAL uchar *place, const uint *words)
{
    uint4 all;
    all.x = words[0];
    all.y = words[1];
    all.z = words[2];
    all.w = words[3];
    *(GLOBAL uint4 *)place = all;
}

/* The same, element by element, at addresses that are no multiple of a word's size. */
DEVICE uint gathered_word(GLOBAL const uchar *place, int bits)
{
    if (bits == 8)
        return (uint)place[0] | (uint)place[1] << 8 | (uint)place[2] << 16 | (uint)place[3] << 24;
    if (bits == 16) {
        GLOBAL const ushort *halves = (GLOBAL const ushort *)place;
        return (uint)halves[0] | (uint)halves[1] << 16;
    }
    return *(GLOBAL const uint *)place;
}

DEVICE void scattered_word(GLOBAL uchar *place, int bits, uint word)
{
    if (bits == 8) {
        place[0] = (uchar)word;
        place[1] = (uchar)(word >> 8);
        place[2] = (uchar)(word >> 16);
        place[3] = (uchar)(word >> 24);
    } else if (bits == 16) {
        GLOBAL ushort *halves = (GLOBAL ushort *)place;
        halves[0] = (ushort)word;
        halves[1] = (ushort)(word >> 16);
    } else {
        *(GLOBAL uint *)place = word;
    }
}

/* Whether a place is a multiple of `bytes`, a power of two. */
#define ALIGNED(place, bytes) (((u64)(place) & ((bytes) - 1)) == 0)
