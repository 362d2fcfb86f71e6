/* SPDX-License-Identifier: MIT
 * fuzz_nodelist.c - whatever the expression: a bounded number of sound names, or an error
 * of one short line. */
#include "config.h"

#include <string.h>

#include "fuzz.h"
#include "slurm/nodelist.h"

static void check_name(const char *name)
{
    struct mp_nodelist again;

    FUZZ_CHECK(*name != '\0' && strlen(name) <= 255);
    for (const char *c = name; *c != '\0'; c++)
        FUZZ_CHECK((unsigned char)*c > 0x20 && *c != 0x7f && strchr("[],", *c) == NULL);
    FUZZ_CHECK(mp_nodelist_expand(name, &again, NULL) == 0);
    FUZZ_CHECK(again.n == 1 && strcmp(again.names[0], name) == 0);
    mp_nodelist_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mp_error err = {0};
    struct mp_nodelist list;
    char *expr = malloc(size + 1);

    if (expr == NULL)
        return 0;
    memcpy(expr, data, size);
    expr[size] = '\0';
    if (mp_nodelist_expand(expr, &list, &err) == 0) {
        FUZZ_CHECK(list.n <= MP_NODELIST_MAX);
        if (list.n > 0) {
            check_name(list.names[0]);
            check_name(list.names[list.n - 1]);
        }
    } else {
        FUZZ_CHECK(err.fault == MP_FAULT_USAGE);
        FUZZ_CHECK(strstr(err.text, ">>>") != NULL && strlen(err.text) < 400);
        FUZZ_CHECK(list.n == 0 && list.names == NULL);
    }
    mp_nodelist_free(&list);
    free(expr);
    return 0;
}
