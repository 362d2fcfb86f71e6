/* SPDX-License-Identifier: MIT
 * ask.c - what a reply means. */
#include "config.h"

#include "backends/prometheus/ask.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/wait.h"

enum { FIRST_PAUSE_MS = 500, LAST_PAUSE_MS = 10000, PATIENCE_S = 120 };

/* Limits have no code of their own in the API, only texts: Prometheus' "would load too
 * many samples", "timed out"; VictoriaMetrics' "-search.max..."; Mimir's "exceeded the
 * maximum". */
static bool is_limit(const char *text)
{
    static const char *const words[] = {"too many", "exceed",    "limit",   "maximum",
                                        "search.",  "timed out", "timeout", "too large"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasestr(text, words[i]) != NULL)
            return true;
    return false;
}

static int refused(const struct mp_prom_http *http, const char *path, const char *text,
                   struct mp_error *err)
{
    return mp_fail(err, MP_FAULT_FAILED,
                   "%s refuses %s: %s; check the metrics of the "
                   "[route] sections",
                   mp_prom_http_name(http), path,
                   *text != '\0' ? text : "without a word");
}

/* One try.  *busy: nothing was read, later perhaps; else as mp_prom_ask. */
static int try_once(struct mp_prom_http *http, const struct mp_run *run, const char *path,
                    const char *form, const struct mp_prom_reader *reader,
                    struct mp_prom_said *said, bool *busy, struct mp_error *err)
{
    enum mp_prom_outcome outcome = MP_PROM_DONE;
    struct mp_prom_answer *a;
    struct mp_error ignored;
    int rc = -1;

    *busy = false;
    *said = (struct mp_prom_said){.reply = MP_PROM_ANSWERED};
    if (mp_prom_answer_open(reader, &a, err) < 0)
        return -1;
    if (mp_prom_http_post(http, run, path, form, mp_prom_answer_feed, a, &outcome, err) <
        0)
        goto out;
    rc = mp_prom_answer_end(a, outcome == MP_PROM_DONE ? err : &ignored);
    said->samples = mp_prom_answer_samples(a);
    snprintf(said->text, sizeof said->text, "%s", mp_prom_answer_error(a));
    snprintf(said->warning, sizeof said->warning, "%s", mp_prom_answer_warning(a));
    snprintf(said->version, sizeof said->version, "%s", mp_prom_answer_version(a));
    if (outcome == MP_PROM_DONE) {
        if (rc == 0 && !mp_prom_answer_ok(a))
            rc = refused(http, path, said->text, err);
        goto out;
    }
    rc = 0;
    if (outcome == MP_PROM_LARGE || is_limit(said->text))
        said->reply = MP_PROM_TOO_MUCH;
    else if (outcome == MP_PROM_BUSY)
        *busy = true;
    else
        rc = refused(http, path, said->text, err);
out:
    mp_prom_answer_close(a);
    return rc;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int mp_prom_ask(struct mp_prom_http *http, const struct mp_run *run, const char *path,
                const char *form, const struct mp_prom_reader *reader,
                struct mp_prom_said *said, struct mp_error *err)
{
    int64_t until = mp_clock_us() + INT64_C(1000000) * PATIENCE_S;
    int64_t pause_ms = FIRST_PAUSE_MS;
    bool busy = true;

    if (run->deadline_us != INT64_MAX)
        until = run->deadline_us;
    for (;;) {
        int64_t wake, wanted;

        if (try_once(http, run, path, form, reader, said, &busy, err) < 0)
            return -1;
        if (!busy)
            return 0;
        wanted = INT64_C(1000) * mp_prom_http_retry_after(http);
        wake = mp_clock_us() + 1000 * (wanted > pause_ms ? wanted : pause_ms);
        if (wake >= until)
            return mp_fail(err, MP_FAULT_TRANSIENT,
                           "%s is too busy to answer: %s; it was asked until time was "
                           "over",
                           mp_prom_http_name(http),
                           said->text[0] != '\0' ? said->text : "HTTP 429 or 50x");
        if (mp_wait_fd(run, -1, 0, wake, err) < 0)
            return -1;
        pause_ms = earlier(2 * pause_ms, LAST_PAUSE_MS);
    }
}
