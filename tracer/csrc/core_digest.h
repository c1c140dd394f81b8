/* What stands for the cut part of a container: a sum of words, so that a change costs the same whatever its size
 * (docs/trace-format.md §5). A witness of changes, no protection against those who look for equal sums. */
#ifndef TRACEMILL_CORE_DIGEST_H
#define TRACEMILL_CORE_DIGEST_H

#pragma GCC visibility push(hidden)
#define GOLDEN 0x9E3779B97F4A7C15ull

/* The first output of SplitMix64 from this seed. */
static inline uint64_t
mix(uint64_t x)
{
    uint64_t z = x + GOLDEN;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}

/* What a cut value adds at a place: another number always makes another word. */
static inline uint64_t
word_at(uint64_t place, uint64_t number)
{
    return (mix(place) | 1) * (number ^ GOLDEN);
}

/* What it adds where one number takes the place of another. */
static inline uint64_t
word_step(uint64_t place, uint64_t old, uint64_t number)
{
    return (mix(place) | 1) * ((number ^ GOLDEN) - (old ^ GOLDEN));
}

/* core_digest.c */
uint64_t fnv_of_text(PyObject *text);
uint64_t number_of(PyObject *v);

#pragma GCC visibility pop
#endif
