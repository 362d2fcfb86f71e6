/* SPDX-License-Identifier: MIT
 * program.h - the parts of `check` that ask about this program's own set-up; each is
 * run by mp_check_as as the user it is about. */
#ifndef MP_CHECK_PROGRAM_H
#define MP_CHECK_PROGRAM_H

#include <stdbool.h>

#include "check/checklist.h"
#include "config/options.h"

struct mp_check_program {
    const struct mp_options *options;
    const struct passwd *user; /* whom the part is run as */
    const char *node;          /* for the dry run, or NULL */
};

void mp_check_configuration(struct mp_checklist *c, void *program);
void mp_check_queue(struct mp_checklist *c, void *program);
void mp_check_worker(struct mp_checklist *c, void *program);

/* Who works the queue off: whoever holds its lock now; else, where a service has left its
 * mark, the service's user; else SlurmUser.  Says which. */
uid_t mp_check_find_worker(struct mp_checklist *c, const struct mp_check_program *p);

#endif
