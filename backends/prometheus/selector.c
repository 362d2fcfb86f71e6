/* SPDX-License-Identifier: MIT
 * selector.c - names as alternatives of a regular expression in a PromQL text. */
#include "config.h"

#include "backends/prometheus/selector.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

size_t mp_prom_names_fit(char *const *names, size_t n)
{
    size_t bytes = 0, i = 0;

    for (; i < n; i++) {
        bytes += 2 * strlen(names[i]) + 1;
        if (i > 0 && bytes > MP_PROM_NAMES_BYTES)
            break;
    }
    return i;
}

/* A byte of the regular expression, inside double quotes. */
static void put_quoted(FILE *out, char c)
{
    if (c == '"' || c == '\\')
        putc('\\', out);
    if ((unsigned char)c < 0x20 || c == 0x7f)
        fprintf(out, "\\x%02x", (unsigned)(unsigned char)c);
    else
        putc(c, out);
}

static void put_literal(FILE *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (strchr("\\.+*?()|[]{}^$", text[i]) != NULL)
            put_quoted(out, '\\');
        put_quoted(out, text[i]);
    }
}

static void put_names(FILE *out, char *const *names, size_t n, bool nodes, size_t *put)
{
    for (size_t i = 0; i < n; i++) {
        if (!mp_utf8_is_valid(names[i]) || names[i][0] == '\0')
            continue;
        if ((*put)++ > 0)
            putc('|', out);
        put_literal(out, names[i], nodes ? strcspn(names[i], ".") : strlen(names[i]));
    }
}

char *mp_prom_selector(const char *metric, const char *label, char *const *names,
                       size_t n, bool nodes)
{
    size_t len = strlen(metric), size, put = 0;
    bool has_braces = len > 0 && metric[len - 1] == '}';
    char *text = NULL;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        return NULL;
    fprintf(out, "%.*s%s", (int)(has_braces ? len - 1 : len), metric,
            has_braces ? "" : "{");
    /* {} and {a="b",} are as good */
    if (has_braces && len > 1 && metric[len - 2] != '{' && metric[len - 2] != ',')
        putc(',', out);
    fprintf(out, "%s=~\"%s", label, nodes ? "(?i:(?:" : "");
    put_names(out, names, n, nodes, &put);
    fputs(nodes ? ")(?:\\\\..*)?(?::[0-9]+)?)\"}" : "\"}", out);
    if (fclose(out) == 0 && put > 0)
        return text;
    free(text);
    return NULL;
}
