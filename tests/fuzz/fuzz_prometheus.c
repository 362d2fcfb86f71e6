/* SPDX-License-Identifier: MIT
 * fuzz_prometheus.c - a Prometheus server's answer of any shape: bounded, and the same
 * whatever pieces it comes in.  Also a node's name in a selector: what stands in the text
 * is one text of PromQL. */
#include "config.h"

#include <string.h>

#include "backends/prometheus/answer.h"
#include "backends/prometheus/selector.h"
#include "fuzz.h"

struct told {
    uint64_t hash, samples;
};

static void mix(struct told *t, const void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        t->hash = (t->hash ^ ((const uint8_t *)bytes)[i]) * UINT64_C(1099511628211);
}

static int on_labels(void *arg, const struct mp_prom_labels *labels, struct mp_error *err)
{
    (void)err;
    FUZZ_CHECK(labels->n <= MP_PROM_LABELS_MAX && labels->len <= MP_PROM_LABEL_BYTES);
    for (size_t i = 0; i < labels->n; i++) {
        mix(arg, labels->name[i], strlen(labels->name[i]) + 1);
        mix(arg, labels->value[i], strlen(labels->value[i]) + 1);
    }
    return 0;
}

static int on_sample(void *arg, int64_t time, const char *text, size_t len,
                     struct mp_error *err)
{
    struct told *t = arg;

    (void)err;
    FUZZ_CHECK(len <= UINT16_MAX);
    mix(t, &time, sizeof time);
    mix(t, text, len);
    t->samples++;
    return 0;
}

static int on_text(void *arg, const char *text, struct mp_error *err)
{
    (void)err;
    mix(arg, text, strlen(text) + 1);
    return 0;
}

static int read_answer(const uint8_t *data, size_t size, size_t piece, struct told *t)
{
    const struct mp_prom_reader reader = {
        .labels = on_labels, .sample = on_sample, .text = on_text, .arg = t};
    struct mp_prom_answer *a;
    struct mp_error err = {0};
    int rc = 0;

    *t = (struct told){0};
    FUZZ_CHECK(mp_prom_answer_open(&reader, &a, &err) == 0);
    for (size_t at = 0; at < size && rc == 0; at += piece)
        rc = mp_prom_answer_feed(a, (const char *)data + at,
                                 size - at < piece ? size - at : piece, &err);
    if (rc == 0)
        rc = mp_prom_answer_end(a, &err);
    FUZZ_CHECK(rc == 0 || err.text[0] != '\0');
    FUZZ_CHECK(mp_prom_answer_samples(a) >= t->samples);
    mp_prom_answer_close(a);
    return rc;
}

/* A quote inside ends the text unless a backslash stands before it. */
static void check_selector(const uint8_t *data, size_t size)
{
    char *name = strndup((const char *)data, size < 200 ? size : 200);
    char *selector = name != NULL ? mp_prom_selector("m", "l", &name, 1, false) : NULL;
    const char *at = selector;
    size_t quotes = 0;

    for (; at != NULL && *at != '\0'; at++) {
        FUZZ_CHECK((unsigned char)*at >= 0x20);
        if (*at == '\\')
            at++;
        else if (*at == '"')
            quotes++;
    }
    FUZZ_CHECK(selector == NULL || (quotes == 2 && strcmp(at - 2, "\"}") == 0));
    free(selector);
    free(name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct told whole, pieces;
    int rc = read_answer(data, size, size + 1, &whole);

    FUZZ_CHECK(read_answer(data, size, 1 + size % 7, &pieces) == rc);
    FUZZ_CHECK(rc < 0 || (whole.hash == pieces.hash && whole.samples == pieces.samples));
    check_selector(data, size);
    return 0;
}
