/* SPDX-License-Identifier: MIT
 * log.c - event lines to a file or to syslog. */
#include "config.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 4096, VALUE_MAX_BYTES = 1100 };

static const struct {
    const char *name;
    int priority;
} levels[] = {
    [MP_LOG_ERROR] = {"error", LOG_ERR},
    [MP_LOG_WARNING] = {"warning", LOG_WARNING},
    [MP_LOG_INFO] = {"info", LOG_INFO},
};

void mp_log_init(struct mp_log *log, const char *path)
{
    *log = (struct mp_log){.fd = -1};
    if (path != NULL && path[0] != '\0')
        log->path = strdup(path);
}

void mp_log_close(struct mp_log *log)
{
    if (log->fd >= 0)
        close(log->fd);
    free(log->path);
    *log = (struct mp_log){.fd = -1};
}

/* --- the line ----------------------------------------------------------------------- */

static bool is_bare(const char *value)
{
    if (*value == '\0')
        return false;
    for (; *value != '\0'; value++)
        if (*value <= ' ' || *value > '~' || strchr("\"\\=", *value) != NULL)
            return false;
    return true;
}

void mp_log_escape(char *out, unsigned long size, const char *value)
{
    size_t n = 0;

    if (is_bare(value)) {
        snprintf(out, size, "%s", value);
        return;
    }
    out[n++] = '"';
    for (; *value != '\0' && n + 6 < size; value++) {
        unsigned char c = (unsigned char)*value;

        if (c == '"' || c == '\\') {
            out[n++] = '\\';
            out[n++] = (char)c;
        } else if (c < 0x20 || c > 0x7e) {
            n += (size_t)snprintf(out + n, size - n, "\\x%02x", c);
        } else {
            out[n++] = (char)c;
        }
    }
    out[n++] = '"';
    out[n] = '\0';
}

struct line {
    char text[LINE_MAX_BYTES];
    size_t len;
};

/* A pair that does not fit any more is left out, so that a line stays whole pairs. */
static void add_pair(struct line *line, const char *key, const char *value)
{
    char escaped[VALUE_MAX_BYTES];
    int n;

    mp_log_escape(escaped, sizeof escaped, value);
    n = snprintf(line->text + line->len, sizeof line->text - line->len - 1, "%s%s=%s",
                 line->len > 0 ? " " : "", key, escaped);
    if (n > 0 && (size_t)n < sizeof line->text - line->len - 1)
        line->len += (size_t)n;
    line->text[line->len] = '\0';
}

static void add_time(struct line *line)
{
    char text[32];
    time_t now = time(NULL);
    struct tm tm;

    gmtime_r(&now, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    add_pair(line, "time", text);
}

static void make_line(struct line *line, bool stamped, enum mp_log_level level,
                      const char *job, const char *event, va_list pairs)
{
    const char *key;

    line->len = 0;
    add_pair(line, "job", job != NULL ? job : "-");
    if (stamped) {
        add_time(line);
        add_pair(line, "level", levels[level].name);
    }
    add_pair(line, "event", event);
    while ((key = va_arg(pairs, const char *)) != NULL) {
        const char *value = va_arg(pairs, const char *);

        if (value != NULL)
            add_pair(line, key, value);
    }
}

/* --- where it goes ------------------------------------------------------------------ */

static bool is_log_file(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1 &&
           (st.st_mode & S_IWOTH) == 0;
}

/* Is the open file still the one at the path?  logrotate moves it away. */
static bool is_current(const struct mp_log *log)
{
    struct stat at_path, open_file;

    return fstatat(AT_FDCWD, log->path, &at_path, AT_SYMLINK_NOFOLLOW) == 0 &&
           fstat(log->fd, &open_file) == 0 && at_path.st_dev == open_file.st_dev &&
           at_path.st_ino == open_file.st_ino;
}

static bool open_file(struct mp_log *log)
{
    if (log->path == NULL)
        return false;
    if (log->fd >= 0 && is_current(log))
        return true;
    if (log->fd >= 0)
        close(log->fd);
    /* O_NONBLOCK: a FIFO put there must not hold us up before fstat refuses it. */
    log->fd = open(log->path,
                   O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK |
                       O_NOCTTY,
                   0640);
    if (log->fd >= 0 && !is_log_file(log->fd)) {
        close(log->fd);
        log->fd = -1;
    }
    return log->fd >= 0;
}

void mp_log_event(struct mp_log *log, enum mp_log_level level, const char *job,
                  const char *event, ...)
{
    struct line line;
    bool to_file = open_file(log);
    va_list pairs;

    va_start(pairs, event);
    make_line(&line, to_file, level, job, event, pairs);
    va_end(pairs);
    if (log->echo)
        fprintf(stderr, "%s\n", line.text);
    if (to_file) {
        line.text[line.len++] = '\n';
        if (write(log->fd, line.text, line.len) == (ssize_t)line.len)
            return;
        line.text[--line.len] = '\0'; /* the disk is full: syslog may lie elsewhere */
    }
    openlog("monster-power", LOG_PID | LOG_NDELAY, LOG_DAEMON);
    syslog(levels[level].priority, "%s", line.text);
    closelog();
}
