/* SPDX-License-Identifier: MIT
 * error.c - formatting of struct mp_error. */
#include "config.h"

#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

int mp_fail(struct mp_error *err, enum mp_fault fault, const char *fmt, ...)
{
    char raw[sizeof err->text];
    va_list ap;

    if (err == NULL)
        return -1;
    va_start(ap, fmt);
    vsnprintf(raw, sizeof raw, fmt, ap);
    va_end(ap);
    err->fault = fault;
    /* a stranger's bytes may stand in it; a terminal must not obey them */
    mp_utf8_escape(err->text, sizeof err->text, raw);
    return -1;
}

int mp_fail_in(struct mp_error *err, const char *fmt, ...)
{
    char prefix[sizeof err->text], escaped[sizeof err->text];
    char whole[2 * sizeof err->text + 2];
    va_list ap;

    if (err == NULL)
        return -1;
    va_start(ap, fmt);
    vsnprintf(prefix, sizeof prefix, fmt, ap);
    va_end(ap);
    mp_utf8_escape(escaped, sizeof escaped, prefix);
    snprintf(whole, sizeof whole, "%s: %s", escaped, err->text);
    whole[sizeof err->text - 1] = '\0';
    memcpy(err->text, whole, strlen(whole) + 1);
    return -1;
}

bool mp_fault_may_pass(enum mp_fault fault)
{
    return fault == MP_FAULT_TRANSIENT || fault == MP_FAULT_UNREACHABLE;
}

int mp_fault_exit_status(enum mp_fault fault)
{
    switch (fault) {
    case MP_FAULT_NONE:
        return 0;
    case MP_FAULT_USAGE:
        return 2;
    case MP_FAULT_NO_SAMPLES:
        return 3;
    case MP_FAULT_FAILED:
    case MP_FAULT_TRANSIENT:
    case MP_FAULT_UNREACHABLE:
    case MP_FAULT_NOT_YET:
    case MP_FAULT_STOPPED:
        break;
    }
    return 1;
}
