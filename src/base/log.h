/* SPDX-License-Identifier: MIT
 * log.h - one line an event: what the epilog, the prolog and the worker did for which
 * job.
 *
 *     job=1200_7 time=2026-02-04T15:15:05Z level=info event=queued user=alice
 *
 * The job comes first, then time and level (syslog has its own), then the event and its
 * pairs.  A value of anything but plain characters stands in double quotes, with \"
 * \\ and \xNN for every byte outside printable ASCII, so that no user can forge a line or
 * a pair. Callers never pass a secret.
 *
 * With a path, lines are appended to that file (made with mode 0640; a symlink, anything
 * but a regular file and a hard link are refused), each with one write, and the file is
 * opened anew when logrotate has moved it.  Without one, or where it cannot be written,
 * they go to syslog.  Logging never fails: there is nobody to tell.
 */
#ifndef MP_LOG_H
#define MP_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum mp_log_level { MP_LOG_ERROR, MP_LOG_WARNING, MP_LOG_INFO };

struct mp_log {
    char *path; /* owned; NULL: syslog */
    int fd;     /* -1: not open */
    bool echo;  /* to stderr as well (a worker on a terminal) */
};

/* Opens nothing yet: a hook that has nothing to say costs nothing. */
void mp_log_init(struct mp_log *log, const char *path);
void mp_log_close(struct mp_log *log);

/* The pairs are key, value, key, value, ..., NULL; a pair with a NULL value is left out.
 * `job` NULL: the event is not about one job ("job=-"). */
void mp_log_event(struct mp_log *log, enum mp_log_level level, const char *job,
                  const char *event, ... /* NULL */) __attribute__((sentinel));

/* `value` as it stands in a log line, into `out`; cut to its size. */
void mp_log_escape(char *out, unsigned long size, const char *value);

#endif
