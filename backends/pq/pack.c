/* SPDX-License-Identifier: MIT
 * pack.c - a sensor's samples of a slice: put in order of time, decoded when due. */
#include "config.h"

#include "backends/pq/pack.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/numtext.h"

enum { EXACT_DOUBLE_BITS = 53, STAMP = 4, LENGTH = 4, ENTRY_MAX = 12 };

static uint32_t be32(const unsigned char *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static uint64_t be64(const unsigned char *b)
{
    return (uint64_t)be32(b) << 32 | be32(b + 4);
}

static int malformed(struct mp_error *err)
{
    return mp_fail(
        err, MP_FAULT_FAILED,
        "the database sent a row that does not fit its table; was a table changed "
        "just now?");
}

/* Bytes of a value; 0: they differ. */
static size_t value_size(enum mp_pqtype type)
{
    switch (type) {
    case MP_PQ_INT2:
        return 2;
    case MP_PQ_INT4:
    case MP_PQ_FLOAT4:
        return 4;
    case MP_PQ_INT8:
    case MP_PQ_FLOAT8:
        return 8;
    default:
        return 0;
    }
}

/* ---- order ---- */

/* µs since the slice began. */
static uint32_t since(const unsigned char *entry, const struct mp_pqspan *span)
{
    return be32(entry) - (uint32_t)(uint64_t)(span->lo - MP_PG_EPOCH_US);
}

static int compare_entries(const void *a, const void *b, void *span)
{
    uint32_t x = since(a, span), y = since(b, span);

    return x < y ? -1 : x > y;
}

static void turn_round(unsigned char *first, unsigned char *end, size_t size)
{
    unsigned char kept[ENTRY_MAX];

    for (unsigned char *last = end - size; first < last; first += size, last -= size) {
        memcpy(kept, first, size);
        memcpy(first, last, size);
        memcpy(last, kept, size);
    }
}

/* A server reads a table mostly as it was written, and what is compressed backwards. */
static int put_in_order(struct mp_pqpack *p, struct mp_pqspan *span, struct mp_error *err)
{
    bool up = true, down = true;
    uint32_t before = since(p->at, span);

    for (const unsigned char *at = p->at; at < p->end; at += p->size) {
        uint32_t now = since(at, span);

        if ((uint64_t)now >= (uint64_t)(span->hi - span->lo))
            return malformed(err);
        up = up && now >= before;
        down = down && now <= before;
        before = now;
    }
    if (down && !up)
        turn_round(p->at, p->end, p->size);
    else if (!up)
        qsort_r(p->at, (size_t)(p->end - p->at) / p->size, p->size, compare_entries,
                span);
    return 0;
}

/* Entries of different sizes stay as they came. */
static int walk(struct mp_pqpack *p, const struct mp_pqspan *span, struct mp_error *err)
{
    for (const unsigned char *at = p->at; at < p->end;) {
        size_t left = (size_t)(p->end - at);
        uint32_t n = left >= STAMP + LENGTH ? be32(at + STAMP) : UINT32_MAX;

        if (n > left - STAMP - LENGTH || left < STAMP + LENGTH ||
            (uint64_t)since(at, span) >= (uint64_t)(span->hi - span->lo))
            return malformed(err);
        p->endless = p->endless || n > MP_VALUE_TEXT_MAX;
        at += STAMP + LENGTH + n;
        p->n++;
    }
    return 0;
}

int mp_pqpack_take(struct mp_pqpack *p, unsigned char *bytes, size_t n,
                   enum mp_pqtype type, bool nulls, struct mp_pqspan *span,
                   struct mp_error *err)
{
    size_t size = nulls ? STAMP : value_size(type) > 0 ? STAMP + value_size(type) : 0;

    *p = (struct mp_pqpack){
        .at = bytes, .end = bytes + n, .size = size, .type = type, .nulls = nulls};
    if (size == 0)
        return walk(p, span, err);
    p->n = n / size;
    if (n % size != 0)
        return malformed(err);
    return n > 0 ? put_in_order(p, span, err) : 0;
}

/* ---- values ---- */

struct field {
    const unsigned char *bytes; /* NULL: SQL NULL */
    size_t n;
};

static int64_t integer(struct field f)
{
    if (f.n == 2)
        return (int16_t)(f.bytes[0] << 8 | f.bytes[1]);
    return f.n == 4 ? (int32_t)be32(f.bytes) : (int64_t)be64(f.bytes);
}

static void set_text(struct mp_sample *s, const char *text, size_t n)
{
    s->kind = MP_VALUE_TEXT;
    s->text = text;
    s->text_len = (uint16_t)n;
}

/* What a double cannot hold goes as text, in `digits`. */
static void set_integer(struct mp_sample *s, int64_t value, char *digits)
{
    s->value = (double)value;
    s->kind = MP_VALUE_INT;
    if (value <= -(INT64_C(1) << EXACT_DOUBLE_BITS) || value >= INT64_C(1)
                                                                    << EXACT_DOUBLE_BITS)
        set_text(s, digits, mp_int_text(value, digits));
}

static int set_numeric(struct mp_sample *s, struct field f, struct mp_error *err)
{
    const char *text = (const char *)f.bytes;

    if (mp_number_read(text, f.n, &s->value) < 0)
        return malformed(err);
    set_text(s, text, f.n);
    return 0;
}

static int set_float(struct mp_sample *s, struct field f, struct mp_error *err)
{
    union {
        uint32_t bits;
        float value;
    } f4;
    union {
        uint64_t bits;
        double value;
    } f8;

    if (f.n == 4) {
        f4.bits = be32(f.bytes);
        s->value = mp_float4_value(f4.value); /* what its text says */
        s->kind = MP_VALUE_FLOAT4;
    } else if (f.n == 8) {
        f8.bits = be64(f.bytes);
        s->value = f8.value;
        s->kind = MP_VALUE_FLOAT8;
    } else
        return malformed(err);
    return 0;
}

static int read_value(struct mp_sample *s, enum mp_pqtype type, struct field f,
                      char *digits, struct mp_error *err)
{
    if (f.bytes == NULL) {
        s->kind = MP_VALUE_NULL;
        s->value = NAN;
        return 0;
    }
    switch (type) {
    case MP_PQ_FLOAT4:
    case MP_PQ_FLOAT8:
        return set_float(s, f, err);
    case MP_PQ_NUMERIC:
        return set_numeric(s, f, err);
    default:
        set_integer(s, integer(f), digits);
        return 0;
    }
}

/* ---- samples ---- */

/* The entry at p->at; n_entry: its bytes. */
static struct field value_of(const struct mp_pqpack *p, size_t *n_entry)
{
    struct field f = {0};

    *n_entry = p->size;
    if (p->nulls)
        return f;
    if (p->size > 0)
        return (struct field){p->at + STAMP, p->size - STAMP};
    f = (struct field){p->at + STAMP + LENGTH, be32(p->at + STAMP)};
    *n_entry = STAMP + LENGTH + f.n;
    return f;
}

int mp_pqpack_give(struct mp_pqpack *p, const struct mp_pqspan *span, int64_t until,
                   struct mp_emit *emit, struct mp_error *err)
{
    struct mp_sample sample = {.series = p->series};
    char digits[MP_NUMBER_TEXT_MAX];

    for (size_t n; p->at < p->end; p->at += n) {
        struct field value = value_of(p, &n);

        sample.time = span->lo + since(p->at, span);
        if (sample.time >= until)
            return 0;
        if (read_value(&sample, p->type, value, digits, err) < 0 ||
            mp_emit_sample(emit, &sample, err) < 0)
            return -1;
    }
    return 0;
}
