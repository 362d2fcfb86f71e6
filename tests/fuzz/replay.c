/* SPDX-License-Identifier: MIT
 * replay.c - main() of a fuzz target built without a fuzzer: runs it once over each file
 * named, so that `make check` keeps what fuzzing has found. */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path)
{
    enum { MAX = 16 * 1024 * 1024 };
    FILE *f = fopen(path, "rb");
    uint8_t *data = malloc(MAX);
    size_t n;

    if (f == NULL || data == NULL) {
        perror(path);
        return 1;
    }
    n = fread(data, 1, MAX, f);
    fclose(f);
    uint8_t *exact = malloc(n > 0 ? n : 1); /* so that a sanitizer sees its end */
    for (size_t i = 0; exact != NULL && i < n; i++)
        exact[i] = data[i];
    free(data);
    if (exact == NULL)
        return 1;
    LLVMFuzzerTestOneInput(exact, n);
    free(exact);
    return 0;
}

int main(int argc, char **argv)
{
    int failed = 0;

    for (int i = 1; i < argc; i++)
        failed |= run_file(argv[i]);
    return failed;
}
