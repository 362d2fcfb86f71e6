/* SPDX-License-Identifier: MIT
 * fuzz_time.c - whatever the text: no time, or one between the years 1 and 9999; and a
 * job label that is accepted is safe as part of a file's name. */
#include "config.h"

#include <string.h>

#include "fuzz.h"
#include "model/job.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mp_error err = {0};
    char *text = malloc(size + 1);
    int64_t us = 0;

    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    if (mp_time_parse(text, "--start", &us, &err) == 0)
        FUZZ_CHECK(us >= INT64_C(-62135596800000000) && us < INT64_C(253402300800000000));
    else
        FUZZ_CHECK(err.fault == MP_FAULT_USAGE);
    if (mp_job_label_check(text, &err) == 0)
        FUZZ_CHECK(strlen(text) <= 21 && strspn(text, "0123456789_+") == strlen(text));
    free(text);
    return 0;
}
