/* SPDX-License-Identifier: MIT
 * command.h - the commands of monster-power and what they share.
 *
 * A command parses its own arguments and returns 0 or -1 with a filled error; main.c
 * turns that into a message and the exit status.  A command that succeeded with doubts
 * (verdict partial or suspect) sets *exit_status itself.
 */
#ifndef MP_COMMAND_H
#define MP_COMMAND_H

#include "base/error.h"

struct mp_command {
    const char *name;
    const char *summary; /* one line in `monster-power --help` */
    int (*run)(int argc, char **argv, int *exit_status, struct mp_error *err);
};

int mp_cmd_profile(int argc, char **argv, int *exit_status, struct mp_error *err);
int mp_cmd_show(int argc, char **argv, int *exit_status, struct mp_error *err);
int mp_cmd_compare(int argc, char **argv, int *exit_status, struct mp_error *err);
int mp_cmd_account(int argc, char **argv, int *exit_status, struct mp_error *err);
int mp_cmd_fetch(int argc, char **argv, int *exit_status, struct mp_error *err);
int mp_cmd_hosts(int argc, char **argv, int *exit_status, struct mp_error *err);
int mp_cmd_config(int argc, char **argv, int *exit_status, struct mp_error *err);
int mp_cmd_probe(int argc, char **argv, int *exit_status, struct mp_error *err);
int mp_cmd_backends(int argc, char **argv, int *exit_status, struct mp_error *err);
int mp_cmd_epilog(int argc, char **argv, int *exit_status, struct mp_error *err);
int mp_cmd_prolog(int argc, char **argv, int *exit_status, struct mp_error *err);
int mp_cmd_worker(int argc, char **argv, int *exit_status, struct mp_error *err);
int mp_cmd_queue(int argc, char **argv, int *exit_status, struct mp_error *err);
int mp_cmd_check(int argc, char **argv, int *exit_status, struct mp_error *err);
/* Not for people: the worker starts it through sudo as the
 * job's owner (writer/writer.h). */
int mp_cmd_write_report(int argc, char **argv, int *exit_status, struct mp_error *err);

#endif
