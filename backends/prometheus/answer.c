/* SPDX-License-Identifier: MIT
 * answer.c - yajl's events, by where in the answer they come. */
#include "config.h"

#include "backends/prometheus/answer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "base/numtext.h"

enum {
    DEPTH_MAX = 16,
    TEXT_MAX = 400,
    /* yajl holds a text that has not ended: an endless one must not fill memory */
    UNENDED_MAX = 1 << 20,
};

enum place {
    OUTSIDE,
    TOP,      /* { "status": ... } */
    DATA,     /* "data": { ... } */
    LIST,     /* "data": [ ... ] */
    RESULT,   /* "result": [ ... ] */
    ITEM,     /* { "metric": ..., "values": ... } */
    LABELS,   /* { "__name__": ... } */
    VALUES,   /* [ [1760497200, "1"], ... ] */
    PAIR,     /* [1760497200, "1"] */
    WARNINGS, /* [ "..." ] */
    ELSE,     /* what we do not know */
};

struct mp_prom_answer {
    struct mp_prom_reader reader;
    yajl_handle yajl;
    enum place place[DEPTH_MAX];
    int depth;
    char key[32]; /* the last one of the map we are in; a longer one is none of ours */
    struct mp_prom_labels labels;
    char *bytes; /* MP_PROM_LABEL_BYTES of labels */
    bool has_labels;
    int64_t time;
    bool has_time;
    bool ok, ended;
    uint64_t samples;
    size_t unended; /* bytes since the last event */
    char error[TEXT_MAX], warning[TEXT_MAX], version[64];
    struct mp_error *err;
    bool failed; /* *err is filled */
};

const char *mp_prom_label(const struct mp_prom_labels *labels, const char *name)
{
    for (size_t i = 0; i < labels->n; i++)
        if (strcmp(labels->name[i], name) == 0)
            return labels->value[i];
    return NULL;
}

/* ---- where we are ---- */

static enum place here(const struct mp_prom_answer *a)
{
    return a->depth > 0 ? a->place[a->depth - 1] : OUTSIDE;
}

static bool key_is(const struct mp_prom_answer *a, const char *name)
{
    return strcmp(a->key, name) == 0;
}

static enum place inside(const struct mp_prom_answer *a, bool map)
{
    switch (here(a)) {
    case OUTSIDE:
        return map ? TOP : ELSE;
    case TOP:
        if (key_is(a, "data"))
            return map ? DATA : LIST;
        return !map && key_is(a, "warnings") ? WARNINGS : ELSE;
    case DATA:
        return !map && key_is(a, "result") ? RESULT : ELSE;
    case LIST:
        return map ? LABELS : ELSE;
    case RESULT:
        return map ? ITEM : ELSE;
    case ITEM:
        if (map)
            return key_is(a, "metric") ? LABELS : ELSE;
        return key_is(a, "values") ? VALUES : key_is(a, "value") ? PAIR : ELSE;
    case VALUES:
        return map ? ELSE : PAIR;
    default:
        return ELSE;
    }
}

static int refuse(struct mp_prom_answer *a, const char *why)
{
    a->failed = true;
    mp_fail(a->err, MP_FAULT_FAILED, "the answer is not what the Prometheus API says: %s",
            why);
    return 0;
}

/* What a callback of the reader said, as yajl wants it. */
static int passed(struct mp_prom_answer *a, int rc)
{
    a->failed = a->failed || rc < 0;
    return rc == 0;
}

static int enter(struct mp_prom_answer *a, bool map)
{
    enum place place = inside(a, map);

    a->unended = 0;
    if (a->depth == DEPTH_MAX)
        return refuse(a, "it is nested too deep");
    a->place[a->depth++] = place;
    if (place == LABELS) {
        a->labels.n = a->labels.len = 0;
    } else if (place == ITEM) {
        a->has_labels = false;
    } else if (place == PAIR) {
        a->has_time = false;
        if (!a->has_labels)
            return refuse(a, "samples stand before their labels");
    }
    return 1;
}

static int leave(struct mp_prom_answer *a)
{
    enum place place = here(a);

    a->unended = 0;
    a->depth--;
    if (place == TOP)
        a->ended = true;
    if (place != LABELS)
        return 1;
    a->has_labels = true;
    if (a->reader.labels == NULL)
        return 1;
    return passed(a, a->reader.labels(a->reader.arg, &a->labels, a->err));
}

static int start_map(void *arg)
{
    return enter(arg, true);
}

static int start_array(void *arg)
{
    return enter(arg, false);
}

static int end_any(void *arg)
{
    return leave(arg);
}

/* ---- texts ---- */

/* A copy behind the labels so far, with its NUL; NULL: refused. */
static const char *keep_label(struct mp_prom_answer *a, const unsigned char *text,
                              size_t len)
{
    char *at = a->bytes + a->labels.len;

    if (len >= MP_PROM_LABEL_BYTES - a->labels.len || a->labels.n == MP_PROM_LABELS_MAX) {
        refuse(a, "a series has more labels than any exporter gives it");
        return NULL;
    }
    if (memchr(text, '\0', len) != NULL) {
        refuse(a, "a label holds a NUL");
        return NULL;
    }
    memcpy(at, text, len);
    at[len] = '\0';
    a->labels.len += len + 1;
    return at;
}

static int map_key(void *arg, const unsigned char *text, size_t len)
{
    struct mp_prom_answer *a = arg;

    a->unended = 0;
    if (here(a) == LABELS) {
        const char *kept = keep_label(a, text, len);

        if (kept != NULL)
            a->labels.name[a->labels.n] = kept;
        return kept != NULL;
    }
    snprintf(a->key, sizeof a->key, "%.*s", len < sizeof a->key ? (int)len : 0,
             (const char *)text);
    return 1;
}

static void keep_text(char *out, size_t size, const unsigned char *text, size_t len)
{
    if (out[0] == '\0')
        snprintf(out, size, "%.*s", (int)(len < size ? len : size - 1),
                 (const char *)text);
}

static int top_text(struct mp_prom_answer *a, const unsigned char *text, size_t len)
{
    if (key_is(a, "status"))
        a->ok = len == 7 && memcmp(text, "success", 7) == 0;
    else if (key_is(a, "error"))
        keep_text(a->error, sizeof a->error, text, len);
    return 1;
}

static int list_text(struct mp_prom_answer *a, const unsigned char *text, size_t len)
{
    char copy[MP_PROM_LABEL_BYTES];

    if (a->reader.text == NULL || len >= sizeof copy || memchr(text, '\0', len) != NULL)
        return 1;
    memcpy(copy, text, len);
    copy[len] = '\0';
    return passed(a, a->reader.text(a->reader.arg, copy, a->err));
}

static int pair_text(struct mp_prom_answer *a, const unsigned char *text, size_t len)
{
    if (!a->has_time)
        return refuse(a, "a value without a time");
    if (len > UINT16_MAX)
        return refuse(a, "a value of more than 65,535 digits");
    a->samples++;
    if (a->reader.sample == NULL)
        return 1;
    return passed(
        a, a->reader.sample(a->reader.arg, a->time, (const char *)text, len, a->err));
}

static int a_text(void *arg, const unsigned char *text, size_t len)
{
    struct mp_prom_answer *a = arg;

    a->unended = 0;
    switch (here(a)) {
    case PAIR:
        return pair_text(a, text, len);
    case LABELS: {
        const char *kept = keep_label(a, text, len);

        if (kept != NULL)
            a->labels.value[a->labels.n++] = kept;
        return kept != NULL;
    }
    case TOP:
        return top_text(a, text, len);
    case LIST:
        return list_text(a, text, len);
    case DATA:
        if (key_is(a, "version"))
            keep_text(a->version, sizeof a->version, text, len);
        return 1;
    case WARNINGS:
        keep_text(a->warning, sizeof a->warning, text, len);
        return 1;
    default:
        return 1;
    }
}

/* ---- numbers ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "1760497200.25" in µs, to the last digit; false: not of this form. */
static bool plain_time(const char *text, size_t len, int64_t *us)
{
    int64_t value = 0;
    size_t i = 0;
    int digits = 0;

    if (len == 0 || len > 24)
        return false;
    for (; i < len && is_digit(text[i]); i++) {
        if (i == 12)
            return false;
        value = 10 * value + (text[i] - '0');
    }
    if (i == 0 || (i < len && text[i] != '.'))
        return false;
    for (i++; i < len && digits < 6 && is_digit(text[i]); i++, digits++)
        value = 10 * value + (text[i] - '0');
    for (; digits < 6; digits++)
        value *= 10;
    *us = value;
    return i >= len;
}

static int a_number(void *arg, const char *text, size_t len)
{
    struct mp_prom_answer *a = arg;
    double seconds;

    a->unended = 0;
    if (here(a) != PAIR)
        return 1;
    if (!plain_time(text, len, &a->time)) {
        if (mp_number_read(text, len, &seconds) < 0 || !(fabs(seconds) < 1e11))
            return refuse(a, "a time that is none");
        a->time = llround(seconds * 1e3) * 1000; /* the API counts milliseconds */
    }
    a->has_time = true;
    return 1;
}

static int a_boolean(void *arg, int yes)
{
    struct mp_prom_answer *a = arg;

    a->unended = 0;
    if (here(a) == TOP && key_is(a, "isPartial") && yes)
        keep_text(a->warning, sizeof a->warning,
                  (const unsigned char *)"the answer is partial", 21);
    return 1;
}

static int a_null(void *arg)
{
    struct mp_prom_answer *a = arg;

    a->unended = 0;
    if (here(a) == PAIR)
        return refuse(a, "null for a time or a value");
    return 1;
}

/* ---- the whole ---- */

static const yajl_callbacks callbacks = {
    .yajl_null = a_null,
    .yajl_boolean = a_boolean,
    .yajl_number = a_number,
    .yajl_string = a_text,
    .yajl_start_map = start_map,
    .yajl_map_key = map_key,
    .yajl_end_map = end_any,
    .yajl_start_array = start_array,
    .yajl_end_array = end_any,
};

int mp_prom_answer_open(const struct mp_prom_reader *reader, struct mp_prom_answer **out,
                        struct mp_error *err)
{
    struct mp_prom_answer *a = calloc(1, sizeof *a);

    *out = a;
    if (a != NULL) {
        a->reader = *reader;
        a->bytes = malloc(MP_PROM_LABEL_BYTES);
        a->labels.bytes = a->bytes;
        a->yajl = yajl_alloc(&callbacks, NULL, a);
    }
    if (a != NULL && a->bytes != NULL && a->yajl != NULL)
        return 0;
    mp_prom_answer_close(a);
    *out = NULL;
    return mp_fail(err, MP_FAULT_FAILED, "out of memory for an answer");
}

void mp_prom_answer_close(struct mp_prom_answer *a)
{
    if (a == NULL)
        return;
    if (a->yajl != NULL)
        yajl_free(a->yajl);
    free(a->bytes);
    free(a);
}

static int broken(struct mp_prom_answer *a, struct mp_error *err)
{
    return a->failed ? -1
                     : mp_fail(err, MP_FAULT_FAILED,
                               "the answer is no JSON: is url in section [prometheus] "
                               "that of a Prometheus server?");
}

int mp_prom_answer_feed(void *answer, const char *data, size_t n, struct mp_error *err)
{
    struct mp_prom_answer *a = answer;

    a->err = err;
    a->unended += n;
    if (yajl_parse(a->yajl, (const unsigned char *)data, n) != yajl_status_ok)
        return broken(a, err);
    if (a->unended > UNENDED_MAX) {
        refuse(a, "a text without an end");
        return -1;
    }
    return 0;
}

int mp_prom_answer_end(struct mp_prom_answer *a, struct mp_error *err)
{
    a->err = err;
    if (yajl_complete_parse(a->yajl) != yajl_status_ok)
        return broken(a, err);
    return a->ended ? 0
                    : mp_fail(err, MP_FAULT_TRANSIENT, "the answer broke off in between");
}

bool mp_prom_answer_ok(const struct mp_prom_answer *a)
{
    return a->ok;
}

uint64_t mp_prom_answer_samples(const struct mp_prom_answer *a)
{
    return a->samples;
}

const char *mp_prom_answer_error(const struct mp_prom_answer *a)
{
    return a->error;
}

const char *mp_prom_answer_warning(const struct mp_prom_answer *a)
{
    return a->warning;
}

const char *mp_prom_answer_version(const struct mp_prom_answer *a)
{
    return a->version;
}
