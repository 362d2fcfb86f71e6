/* SPDX-License-Identifier: MIT
 * check.c - `monster-power check`: is it safe to restart slurmctld now? */
#include "config.h"

#include "cli/command.h"

#include <stdio.h>
#include <unistd.h>

#include "check/checklist.h"
#include "check/program.h"
#include "config/options.h"

static const char usage_text[] =
    "Looks at everything that must be right before slurmctld is restarted or "
    "reconfigured:\n"
    "slurm.conf, the scripts it names, our configuration, queue, fonts and database. "
    "One\n"
    "line per rule: ok, warn, or FAIL with the remedy. Exits 0 only if a restart is "
    "safe.\n"
    "Run it as root: it then asks as the user that each part runs as.\n";

static void check_ourselves(struct mp_checklist *c, const struct mp_options *options,
                            const char *node, const struct passwd *slurm,
                            struct mp_error *err)
{
    struct mp_check_program as_slurm = {.options = options, .user = slurm, .node = node};
    struct mp_check_program as_worker = as_slurm;
    struct mp_check_user other;
    struct passwd *found = NULL;
    uid_t worker;

    if (mp_check_as(c, slurm, mp_check_configuration, &as_slurm, err) < 0 ||
        mp_check_as(c, slurm, mp_check_queue, &as_slurm, err) < 0)
        mp_check_say(c, MP_CHECK_FAIL, "run it again", "%s", err->text);
    worker = mp_check_find_worker(c, &as_slurm);
    if (worker != slurm->pw_uid &&
        getpwuid_r(worker, &other.pw, other.buf, sizeof other.buf, &found) == 0 &&
        found != NULL)
        as_worker.user = found;
    if (mp_check_as(c, as_worker.user, mp_check_worker, &as_worker, err) < 0)
        mp_check_say(c, MP_CHECK_FAIL, "run it again", "%s", err->text);
}

int mp_cmd_check(int argc, char **argv, int *exit_status, struct mp_error *err)
{
    const char *slurm_conf = NULL, *node = NULL;
    const struct mp_option own[] = {
        {"slurm-conf", "FILE", "slurm.conf (SLURM_CONF, else /etc/slurm/slurm.conf)",
         &slurm_conf, NULL},
        {"node", "NAME", "make a report of this node's last ten minutes for trial", &node,
         NULL},
    };
    const struct mp_usage usage = {
        .line =
            "usage: monster-power check [--slurm-conf FILE] [--node NAME] [OPTION...]",
        .text = usage_text,
        .options = own,
        .n_options = sizeof own / sizeof *own,
    };
    struct mp_checklist list = {0};
    struct mp_options options;
    struct mp_check_user user;

    if (mp_options_parse(argc, argv, &usage, &options, err) < 0)
        return -1;
    if (options.help)
        return 0;
    mp_check_slurm(&list, slurm_conf, &user);
    if (user.known)
        check_ourselves(&list, &options, node, &user.pw, err);
    if (list.fails > 0)
        printf("\n%u of these must be put right before slurmctld is restarted.\n",
               list.fails);
    else
        printf("\nA restart is safe%s.\n",
               list.warnings > 0 ? "; read the warnings" : "");
    *exit_status = list.fails > 0 ? 1 : 0;
    return 0;
}
