/* SPDX-License-Identifier: MIT
 * fuzz_entry.c - a file of the queue: refused, or an entry that is written and read again
 * as the same bytes, whose key is a name and whose directory, if any, a path. */
#include "config.h"

#include <limits.h>
#include <string.h>

#include "fuzz.h"
#include "queue/queue.h"
#include "slurm/jobpath.h"

static uint32_t number(int64_t n)
{
    return n > 0 ? (uint32_t)n : 0;
}

static void check_directory(const struct mp_entry *e)
{
    const struct mp_jobpath_input in = {
        .std_out = e->stdout_path,
        .work_dir = e->work_dir,
        .user = e->user,
        .name = e->name,
        .first_node = e->nodelist,
        .job_id = number(e->job_id),
        .array_job_id = number(e->array_job),
        .array_task_id = number(e->array_task),
    };
    struct mp_error err = {0};
    char *dir = NULL;

    if (mp_jobpath(&in, &dir, &err) == 0)
        FUZZ_CHECK(dir[0] == '/' && strlen(dir) < PATH_MAX);
    free(dir);
}

static void check_text(const struct mp_entry *e)
{
    struct mp_entry again;
    struct mp_error err = {0};
    char *text = NULL, *same = NULL;
    size_t len = 0, same_len = 0;

    if (mp_entry_encode(e, &text, &len, &err) < 0)
        return;
    FUZZ_CHECK(mp_entry_decode(&again, text, len, &err) == 0);
    FUZZ_CHECK(mp_entry_encode(&again, &same, &same_len, &err) == 0);
    FUZZ_CHECK(same_len == len && memcmp(text, same, len) == 0);
    mp_entry_free(&again);
    free(text);
    free(same);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mp_entry e;
    struct mp_error err = {0};
    char label[MP_ENTRY_LABEL_MAX], key[MP_QUEUE_KEY_MAX];

    if (mp_entry_decode(&e, (const char *)data, size, &err) < 0) {
        FUZZ_CHECK(err.fault != MP_FAULT_NONE && strchr(err.text, '\n') == NULL);
        return 0;
    }
    mp_entry_label(&e, label);
    mp_queue_key(&e, key);
    FUZZ_CHECK(strlen(label) > 0 && strlen(key) > 0 && strchr(key, '/') == NULL &&
               key[0] != '.');
    check_text(&e);
    check_directory(&e);
    mp_entry_free(&e);
    return 0;
}
