/* SPDX-License-Identifier: MIT
 * conf.h - the few things of slurm.conf that `check` must know.
 *
 * Reads as Slurm does: keys in any case, one per line, blanks around '=', values in
 * double quotes, # to the end of the line (\# is a #), a backslash at the end joins
 * lines, Include (relative to the first file's folder), of a key given twice the last one
 * counts. Source: slurm.conf(5) and parse_config.c of Slurm 22.05, tried against
 * scontrol.
 */
#ifndef MP_SLURMCONF_H
#define MP_SLURMCONF_H

#include <stddef.h>

#include "base/error.h"

struct mp_slurmconf {
    char *epilog;       /* EpilogSlurmctld, PrologSlurmctld: NULL where not set */
    char *epilog_place; /* "/etc/slurm/slurm.conf:12" */
    char *prolog;
    char *prolog_place;
    char *slurm_user; /* "root" where not set, as Slurm has it */
    char *cluster;
    size_t n_files;
};

int mp_slurmconf_read(struct mp_slurmconf *c, const char *path, struct mp_error *err);
void mp_slurmconf_free(struct mp_slurmconf *c);

#endif
