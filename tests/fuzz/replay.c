/* SPDX-License-Identifier: MIT
 * replay.c - main() of a fuzz target built without a fuzzer: runs it once over each file
 * named, so that `make check` keeps what fuzzing has found, and with -r N over N inputs
 * more, put together from those files and changed at
 * random.  MP_SEED makes another run. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

enum { MAX = 16 * 1024 * 1024 };

struct input {
    uint8_t *data;
    size_t size;
};

static int read_file(const char *path, struct input *in)
{
    FILE *f = fopen(path, "rb");

    in->data = malloc(MAX);
    if (f == NULL || in->data == NULL) {
        perror(path);
        return 1;
    }
    in->size = fread(in->data, 1, MAX, f);
    fclose(f);
    return 0;
}

/* On a copy of the exact size, so that a sanitizer sees its end. */
static void run(const uint8_t *data, size_t size)
{
    uint8_t *exact = malloc(size > 0 ? size : 1);

    if (exact == NULL)
        abort();
    memcpy(exact, data, size);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
}

/* The head of one input, a piece of another, and some bytes changed. */
static size_t mutate(const struct input *a, const struct input *b, uint8_t *out,
                     unsigned *seed)
{
    static const char spice[] = "[]-,;#=\"'\\:%09 \n\t\x01\xff";
    size_t head = (size_t)rand_r(seed) % (a->size + 1);
    size_t from = (size_t)rand_r(seed) % (b->size + 1);
    size_t size = head + (size_t)rand_r(seed) % (b->size - from + 1);

    if (size > MAX)
        size = MAX;
    memcpy(out, a->data, head);
    memcpy(out + head, b->data + from, size - head);
    for (int i = rand_r(seed) % 6; size > 0 && i > 0; i--)
        out[(size_t)rand_r(seed) % size] =
            (uint8_t)spice[(size_t)rand_r(seed) % (sizeof spice - 1)];
    return size;
}

static int run_changed(const struct input *in, int n, long rounds)
{
    const char *text = getenv("MP_SEED");
    unsigned seed = text != NULL ? (unsigned)strtoul(text, NULL, 10) : 20261123;
    uint8_t *out = malloc(MAX);

    if (out == NULL)
        return 1;
    for (long i = 0; n > 0 && i < rounds; i++) {
        const struct input *a = &in[rand_r(&seed) % n], *b = &in[rand_r(&seed) % n];

        run(out, mutate(a, b, out, &seed));
    }
    free(out);
    return 0;
}

int main(int argc, char **argv)
{
    int first = argc > 2 && strcmp(argv[1], "-r") == 0 ? 3 : 1, failed = 0;
    int n = argc - first;
    struct input *in = calloc((size_t)argc, sizeof *in);

    if (in == NULL)
        return 1;
    for (int i = 0; i < n && failed == 0; i++)
        failed = read_file(argv[first + i], &in[i]);
    for (int i = 0; i < n && failed == 0; i++)
        run(in[i].data, in[i].size);
    if (failed == 0 && first == 3)
        failed = run_changed(in, n, strtol(argv[2], NULL, 10));
    for (int i = 0; i < n; i++)
        free(in[i].data);
    free(in);
    return failed;
}
