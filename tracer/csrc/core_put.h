/* Bytes into the record that is being written. */
#ifndef TRACEMILL_CORE_PUT_H
#define TRACEMILL_CORE_PUT_H

/* A record has so much room without being asked: for its head, the names of a simple plan with ints as their values, a
 * stack of ints, and 16 iterators that moved. */
#define RECORD_ROOM 4096

static inline void
room(size_t n)
{
    if (__builtin_expect((size_t)(T.end - T.at) < n, 0)) {
        out_grow(n);
    }
}

static inline void
put_u8(unsigned v)
{
    room(1);
    *T.at++ = (uint8_t)v;
}

/* Writes a uint where there is room; returns the place after it. */
static inline uint8_t *
raw_uint(uint8_t *at, uint64_t v)
{
    if (v < 1 << 7) {
        *at = (uint8_t)v;
        return at + 1;
    }
    if (v < 1 << 21) {
        at[0] = (uint8_t)(v | 0x80);
        at[1] = (uint8_t)(v >> 7);
        if (v < 1 << 14) {
            return at + 2;
        }
        at[1] |= 0x80;
        at[2] = (uint8_t)(v >> 14);
        return at + 3;
    }
    if (v < 1ull << 35) {
        at[0] = (uint8_t)(v | 0x80);
        at[1] = (uint8_t)(v >> 7 | 0x80);
        at[2] = (uint8_t)(v >> 14 | 0x80);
        at[3] = (uint8_t)(v >> 21);
        if (v < 1 << 28) {
            return at + 4;
        }
        at[3] |= 0x80;
        at[4] = (uint8_t)(v >> 28);
        return at + 5;
    }
    at[0] = (uint8_t)(v | 0x80);
    at[1] = (uint8_t)(v >> 7 | 0x80);
    at[2] = (uint8_t)(v >> 14 | 0x80);
    at[3] = (uint8_t)(v >> 21 | 0x80);
    at[4] = (uint8_t)(v >> 28 | 0x80);
    at += 5;
    for (v >>= 35; v >= 0x80; v >>= 7) {
        *at++ = (uint8_t)(v | 0x80);
    }
    *at = (uint8_t)v;
    return at + 1;
}

static inline uint8_t *
raw_sint(uint8_t *at, int64_t v)
{
    return raw_uint(at, ((uint64_t)v << 1) ^ (uint64_t)(v >> 63));
}

/* An int as a value. */
static inline uint8_t *
raw_small(uint8_t *at, int64_t n)
{
    if (n >= -32 && n <= 95) {
        *at = (uint8_t)(0x60 + n);
        return at + 1;
    }
    *at = 0x05;
    return raw_sint(at + 1, n);
}

/* The difference to the last value of a name. */
static inline uint8_t *
raw_difference(uint8_t *at, int64_t step)
{
    if (step >= -32 && step <= 31) {
        *at = (uint8_t)(0xE0 + step);
        return at + 1;
    }
    *at = 0x0D;
    return raw_sint(at + 1, step);
}

static inline void
put_uint(uint64_t v)
{
    room(16);
    T.at = raw_uint(T.at, v);
}

static inline void
put_sint(int64_t v)
{
    put_uint(((uint64_t)v << 1) ^ (uint64_t)(v >> 63));
}

static inline void
put_small(int64_t n)
{
    room(16);
    T.at = raw_small(T.at, n);
}

static inline void
put_bytes(const void *bytes, size_t n)
{
    room(n);
    /* Without memory there is none, after a fault. */
    if ((size_t)(T.end - T.at) >= n) {
        memcpy(T.at, bytes, n);
        T.at += n;
    }
}

/* The record is whole: it belongs to the stream from now on. The next is written in its place where there is room. */
static inline void
stream_commit(void)
{
    if (__builtin_expect(T.at > T.last_end, 0)) {
        commit_slow();
        return;
    }
    T.out = T.record = T.at;
    if (T.committed != NULL) {
        atomic_store_explicit(T.committed, (uint64_t)(T.at - T.out_start), memory_order_release);
    }
}

#endif
