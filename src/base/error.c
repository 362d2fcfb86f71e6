/* SPDX-License-Identifier: MIT
 * error.c - formatting of struct mp_error. */
#include "config.h"

#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A user's bytes may stand in the text; a terminal or a log must not obey them. */
static void escape_into(char *dst, size_t size, const char *src)
{
    size_t n = 0;

    for (; *src != '\0' && n + 5 < size; src++) {
        unsigned char c = (unsigned char)*src;

        if (c < 0x20 || c == 0x7f)
            n += (size_t)snprintf(dst + n, size - n, "\\x%02x", c);
        else
            dst[n++] = (char)c;
    }
    dst[n] = '\0';
}

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
    escape_into(err->text, sizeof err->text, raw);
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
    escape_into(escaped, sizeof escaped, prefix);
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
