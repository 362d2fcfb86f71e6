/* SPDX-License-Identifier: MIT
 * oom.h - allocations that fail on demand, for the tests that fail each one in turn.
 *
 * The linker's --wrap (tests/local.mk) puts these in front of the program's own calls;
 * those that libc makes itself are not met.  Define OOM_STRINGS where strdup and
 * open_memstream are wrapped too. */
#ifndef MP_TESTS_OOM_H
#define MP_TESTS_OOM_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);

static long countdown; /* the countdown-th allocation from now fails; 0: none does */

static bool fails(void)
{
    return countdown > 0 && --countdown == 0;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
    return fails() ? NULL : __real_realloc(p, size);
}

#ifdef OOM_STRINGS
char *__real_strdup(const char *s);
FILE *__real_open_memstream(char **text, size_t *size);
char *__wrap_strdup(const char *s);
FILE *__wrap_open_memstream(char **text, size_t *size);

char *__wrap_strdup(const char *s)
{
    return fails() ? NULL : __real_strdup(s);
}

FILE *__wrap_open_memstream(char **text, size_t *size)
{
    return fails() ? NULL : __real_open_memstream(text, size);
}
#endif

#endif
