/* SPDX-License-Identifier: MIT
 * nearest.c - edit distance (Levenshtein) over short words. */
#include "config.h"

#include "base/nearest.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { WORD_MAX = 64 };

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;

    return m < c ? m : c;
}

static size_t distance(const char *a, const char *b)
{
    size_t row[WORD_MAX + 1];
    size_t la = strnlen(a, WORD_MAX), lb = strnlen(b, WORD_MAX);

    for (size_t j = 0; j <= lb; j++)
        row[j] = j;
    for (size_t i = 1; i <= la; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= lb; j++) {
            size_t above = row[j];

            row[j] = min3(above + 1, row[j - 1] + 1,
                          diagonal + (strncasecmp(&a[i - 1], &b[j - 1], 1) != 0));
            diagonal = above;
        }
    }
    return row[lb];
}

struct mp_suggestion mp_suggest(const char *word, const char *const *words, size_t n,
                                const char *before, const char *after)
{
    struct mp_suggestion s = {""};
    size_t least = strnlen(word, WORD_MAX) / 3 + 1;

    for (size_t i = 0; i < n; i++) {
        size_t d = distance(word, words[i]);

        if (d > least || (d == least && s.text[0] != '\0'))
            continue;
        least = d;
        snprintf(s.text, sizeof s.text, "; did you mean %s%s%s?", before, words[i],
                 after);
    }
    return s;
}
