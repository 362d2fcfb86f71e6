/* SPDX-License-Identifier: MIT
 * main.c - the command table; the only place that prints an error and exits. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>

#include "cli/command.h"
#include "base/error.h"
#include "base/nearest.h"

static const struct mp_command commands[] = {
    {"profile", "report a job's power: CSV, charts, summary", mp_cmd_profile},
    {"show", "a report on one screen, or several as a table", mp_cmd_show},
    {"compare", "what differs between two reports, beyond chance", mp_cmd_compare},
    {"account", "a cluster's energy, by job, user, account or day", mp_cmd_account},
    {"fetch", "print a job's power samples as CSV", mp_cmd_fetch},
    {"epilog", "entry point for EpilogSlurmctld", mp_cmd_epilog},
    {"prolog", "entry point for PrologSlurmctld", mp_cmd_prolog},
    {"worker", "work off the queue of finished jobs", mp_cmd_worker},
    {"queue", "show what is waiting, running and failed", mp_cmd_queue},
    {"check", "tell whether restarting slurmctld is safe", mp_cmd_check},
    {"config", "print the effective configuration, or import a .env", mp_cmd_config},
    {"probe", "look at a server and print a first configuration", mp_cmd_probe},
    {"hosts", "expand a nodelist", mp_cmd_hosts},
    {"backends", "list the sources of samples", mp_cmd_backends},
};

enum { N_COMMANDS = sizeof commands / sizeof *commands };

/* In no list: not for people, the worker starts it through sudo (writer/writer.h). */
static const struct mp_command write_report = {"write-report", "", mp_cmd_write_report};

static void usage(FILE *out)
{
    fputs(
        "usage: monster-power COMMAND [OPTION...]\n\n"
        "What power did a Slurm job draw, where did the energy go, and how far can the\n"
        "number be trusted?\n\ncommands:\n",
        out);
    for (size_t i = 0; i < N_COMMANDS; i++)
        fprintf(out, "  %-9s %s\n", commands[i].name, commands[i].summary);
    fputs("\n`monster-power COMMAND --help` tells about one command; the manual is\n"
          "monster-power(1).\n\n"
          "exit status: 0 complete; 1 failed; 2 wrong usage or configuration; 3 no "
          "samples in\n"
          "the window; 4 written, but the verdict is partial or suspect.  `compare`: 5 "
          "more, "
          "6 less.\n",
          out);
}

/* A daemon may start us with 0, 1 or 2 closed; a file opened later must not become one.
 * 1 cannot be written then: a table that goes nowhere is a failure, not a success. */
static void open_standard_fds(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 &&
            open("/dev/null", fd == 2 ? O_WRONLY : O_RDONLY) != fd)
            _exit(1);
}

static const struct mp_command *find_command(const char *name)
{
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return strcmp(name, write_report.name) == 0 ? &write_report : NULL;
}

static int unknown_command(const char *name, struct mp_error *err)
{
    const char *names[N_COMMANDS];

    for (size_t i = 0; i < N_COMMANDS; i++)
        names[i] = commands[i].name;
    return mp_fail(err, MP_FAULT_USAGE,
                   "no command is called %s%s; `monster-power --help` lists them", name,
                   mp_suggest(name, names, N_COMMANDS, "", "").text);
}

/* `help COMMAND` is `COMMAND --help`. */
static int help(char *name, int *status, struct mp_error *err)
{
    const struct mp_command *command = find_command(name);
    char *argv[] = {name, (char *)"--help", NULL};

    return command != NULL ? command->run(2, argv, status, err)
                           : unknown_command(name, err);
}

static int run(int argc, char **argv, int *status, struct mp_error *err)
{
    const struct mp_command *command;

    if (strcmp(argv[1], "--version") == 0) {
        puts(PACKAGE_STRING);
        return 0;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        (strcmp(argv[1], "help") == 0 && argc < 3)) {
        usage(stdout);
        return 0;
    }
    if (strcmp(argv[1], "help") == 0)
        return help(argv[2], status, err);
    command = find_command(argv[1]);
    return command != NULL ? command->run(argc - 1, argv + 1, status, err)
                           : unknown_command(argv[1], err);
}

int main(int argc, char **argv)
{
    struct mp_error err = {0};
    int status = 0;

    open_standard_fds();
    if (argc < 2) {
        usage(stderr);
        return 2;
    }
    if (run(argc, argv, &status, &err) < 0) {
        fprintf(stderr, "monster-power: %s\n", err.text);
        status = mp_fault_exit_status(err.fault);
    }
    if (fflush(stdout) != 0 && status == 0 && errno != EPIPE) { /* `show | head` */
        perror("monster-power: standard output");
        status = 1;
    }
    return status;
}
