/* SPDX-License-Identifier: MIT
 * fuzz_ini.c - whatever the file: refused by a line, or values that survive being quoted,
 * written and read again. */
#include "config.h"

#include <string.h>

#include "fuzz.h"
#include "config/ini.h"

static void check_value(const char *value)
{
    struct mp_ini again;
    char *quoted = mp_ini_quote(value), *text;
    size_t size;

    if (quoted == NULL)
        return;
    size = strlen(quoted) + 32;
    text = malloc(size);
    if (text != NULL) {
        snprintf(text, size, "[a]\nk=%s\n", quoted);
        FUZZ_CHECK(mp_ini_parse(&again, "f", text, strlen(text), NULL) == 0);
        FUZZ_CHECK(again.n == 2 && strcmp(again.entries[1].value, value) == 0);
        mp_ini_free(&again);
    }
    free(quoted);
}

static char *copy_of(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    FUZZ_CHECK(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

/* What is damaged leaves no more than it had. */
static void salvage(const uint8_t *data, size_t size, int whole)
{
    struct mp_error err = {0};
    struct mp_ini ini;
    int rc = mp_ini_salvage(&ini, "f", copy_of(data, size), size, &err);

    FUZZ_CHECK(rc == whole && (rc == 0 || strncmp(err.text, "f:", 2) == 0));
    for (size_t i = 0; i < ini.n; i++)
        if (ini.entries[i].key != NULL)
            check_value(ini.entries[i].value);
    mp_ini_free(&ini);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mp_error err = {0};
    struct mp_ini ini;
    int rc = mp_ini_parse(&ini, "f", copy_of(data, size), size, &err);

    salvage(data, size, rc);
    if (rc < 0) {
        FUZZ_CHECK(err.fault == MP_FAULT_USAGE && strncmp(err.text, "f:", 2) == 0);
        FUZZ_CHECK(ini.n == 0 && ini.entries == NULL);
        return 0;
    }
    for (size_t i = 0; i < ini.n; i++)
        if (ini.entries[i].key != NULL && strlen(ini.entries[i].key) >= 1)
            check_value(ini.entries[i].value);
    mp_ini_free(&ini);
    return 0;
}
