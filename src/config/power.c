/* SPDX-License-Identifier: MIT
 * power.c - the keys of [power] and [queue].
 *
 * The names REPACSS_* are those of the Python script's .env file, both its older and its
 * newer spelling. */
#include "config.h"

#include "config/power.h"

#include <stddef.h>

#include "model/place.h"

enum { ANY_SECONDS = 7 * 86400 };

#define POWER(member, type, ...)                                                         \
    MP_KEY(struct mp_power_config, member, #member, type, __VA_ARGS__)
#define QUEUE(member, type, ...)                                                         \
    MP_KEY(struct mp_queue_config, member, #member, type, __VA_ARGS__)
#define ENV(...) .env = {__VA_ARGS__}
#define RANGE(lo, hi) .min = (lo), .max = (hi)

static const char *const yes_no[] = {"yes", "no", NULL};
static const char *const places[] = {"beside", "outdir", NULL};
static const char *const raw_kinds[] = {"csv", "csv.zst", "none", NULL};

static const struct mp_key power_keys[] = {
    POWER(backend, MP_KEY_BACKEND, "auto",
          ENV("MONSTER_POWER_BACKEND", "REPACSS_DB_ACCESS_MODE", "REPACSS_ACCESS_MODE"),
          .help = "Where samples come from. auto takes the first of the list auto that "
                  "can be reached from here. tunnel, the word of the old .env, is ssh."),
    POWER(comment_keyword, MP_KEY_STRING, "power_profiling", .required = true,
          ENV("MONSTER_POWER_COMMENT_KEYWORD"),
          .help = "A job is reported when its comment contains this."),
    POWER(outdir, MP_KEY_PATH, "", ENV("MONSTER_POWER_OUTDIR"),
          .help = "Where a report goes when the job's own directory cannot be used. "
                  "Empty: nowhere, the job then fails with the reason."),
    POWER(place, MP_KEY_CHOICE, "beside", .choices = places, ENV("MONSTER_POWER_PLACE"),
          .help = "Where reports go: beside the job's output, or all of them to outdir."),
    POWER(directory, MP_KEY_STRING, "", .check = mp_place_check_pattern,
          ENV("MONSTER_POWER_DIRECTORY"),
          .help = "What a report's directory is called, there and in outdir: a path with "
                  "Slurm's filename patterns %j %J %A %a %b %u %x %N, like power_%j or "
                  "%u/%j. It must tell jobs apart. Empty: power_ and the job's number "
                  "(1200_7 for an array task, 1234+1 for a component). `profile` and "
                  "--outdir keep to that."),
    POWER(html, MP_KEY_CHOICE, "yes", .choices = yes_no, ENV("MONSTER_POWER_HTML"),
          .help = "Whether a report has report.html, the page."),
    POWER(raw, MP_KEY_CHOICE, "csv", .choices = raw_kinds, ENV("MONSTER_POWER_RAW"),
          .help = "The samples in a report: raw_power.csv, the same packed by Zstandard "
                  "(raw_power.csv.zst, a tenth of the size), or none. --input reads "
                  "both."),
    POWER(raw_limit, MP_KEY_INT, "50000000", RANGE(1, 2000000000), .unit = "Rows",
          ENV("MONSTER_POWER_RAW_LIMIT"),
          .help = "A report of more rows is made without them, and says so: a file of "
                  "many gigabytes is nobody's to open."),
    POWER(delay_seconds, MP_KEY_INT, "10", RANGE(0, ANY_SECONDS), .unit = "Seconds",
          ENV("MONSTER_POWER_DELAY_SECONDS"),
          .help = "How long the worker waits after a job's end before it first looks."),
    POWER(max_wait_seconds, MP_KEY_INT, "120", RANGE(0, ANY_SECONDS), .unit = "Seconds",
          ENV("MONSTER_POWER_MAX_WAIT_SECONDS"),
          .help = "How long it then waits at most until every node has a sample from the "
                  "job's end or later."),
    POWER(deadline_seconds, MP_KEY_INT, "600", RANGE(1, ANY_SECONDS), .unit = "Seconds",
          ENV("MONSTER_POWER_DEADLINE_SECONDS"),
          .help = "How long one report may take in all. One of more than a thousand "
                  "node-hours may take longer in proportion."),
    POWER(auto_probe_ms, MP_KEY_INT, "1000", RANGE(1, 60000), .unit = "Milliseconds",
          .seconds_from = 1,
          ENV("MONSTER_POWER_AUTO_PROBE_MS", "REPACSS_DB_PROBE_TIMEOUT",
              "REPACSS_INTERNAL_PROBE_TIMEOUT"),
          .help = "How long backend = auto tries each of its list but the last. The two "
                  "REPACSS variables are in seconds and may have a fraction."),
    MP_KEY(struct mp_power_config, order, "auto", MP_KEY_STRING, "direct, ssh",
           .required = true, ENV("MONSTER_POWER_AUTO"),
           .help = "What backend = auto tries, in this order; what is not built in or "
                   "not configured (ssh without a hostname) is passed over."),
    POWER(logfile, MP_KEY_PATH, "", ENV("MONSTER_POWER_LOGFILE"),
          .help = "The log of hook and worker. Empty: syslog."),
};

const struct mp_keys mp_power_keys = {
    .section = "power",
    .help = "What is reported, where and when.",
    .key = power_keys,
    .n = sizeof power_keys / sizeof *power_keys,
    .size = sizeof(struct mp_power_config),
};

static const struct mp_key queue_keys[] = {
    QUEUE(directory, MP_KEY_PATH, MP_LOCALSTATEDIR "/spool/monster-power",
          .required = true, ENV("MONSTER_POWER_QUEUE_DIRECTORY"),
          .help = "Where they are kept; private to root or SlurmUser. LOCALSTATEDIR is "
                  "configure's, /var where packaged."),
    QUEUE(status, MP_KEY_PATH, MP_LOCALSTATEDIR "/lib/monster-power-status",
          ENV("MONSTER_POWER_QUEUE_STATUS"),
          .help =
              "Where the worker keeps what each user may see of their own jobs in the "
              "queue, if the directory is there (0711, SlurmUser's, on a file system "
              "with ACLs). Empty: nowhere."),
    QUEUE(workers, MP_KEY_INT, "2", RANGE(1, 64), ENV("MONSTER_POWER_QUEUE_WORKERS"),
          .help = "How many reports are made at the same time."),
    QUEUE(retry_hours, MP_KEY_INT, "24", RANGE(0, 8760), .unit = "Hours",
          ENV("MONSTER_POWER_QUEUE_RETRY_HOURS"),
          .help = "How long a failure that may pass, like a database that is away, is "
                  "tried again."),
};

const struct mp_keys mp_queue_keys = {
    .section = "queue",
    .help = "Finished jobs that wait for their report.",
    .key = queue_keys,
    .n = sizeof queue_keys / sizeof *queue_keys,
    .size = sizeof(struct mp_queue_config),
};

#define NODE_HOURS 1000.0

int64_t mp_power_deadline_us(int deadline_seconds, size_t nodes, int64_t window)
{
    double hours = (double)nodes * (double)window / 3.6e9;
    double us = deadline_seconds * 1e6 * (hours > NODE_HOURS ? hours / NODE_HOURS : 1);

    return us < 1e15 ? (int64_t)us : INT64_C(1000000000000000);
}
