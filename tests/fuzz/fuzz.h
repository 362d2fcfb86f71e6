/* SPDX-License-Identifier: MIT
 * fuzz.h - what a fuzz target is: one function, fed by libFuzzer (tests/fuzz/run) or by
 * replay.c (tests/t/70-fuzz.t). */
#ifndef MP_FUZZ_H
#define MP_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A broken promise: say which and abort, which is what libFuzzer looks for. */
#define FUZZ_CHECK(condition)                                                            \
    do {                                                                                 \
        if (!(condition)) {                                                              \
            fprintf(stderr, "%s:%d: not %s\n", __FILE__, __LINE__, #condition);          \
            abort();                                                                     \
        }                                                                                \
    } while (0)

#endif
