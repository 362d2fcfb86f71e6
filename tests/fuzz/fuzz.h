/* SPDX-License-Identifier: MIT
 * fuzz.h - what a fuzz target is: one function, fed by libFuzzer (`make fuzz`) or by
 * replay.c (`make check`). */
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
