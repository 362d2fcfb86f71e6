/* SPDX-License-Identifier: MIT
 * writer.h - reports written as the job's owner, by a process that never held a secret.
 *
 *     worker (configuration, database)          spawner (forked first; no secrets)
 *        │ mp_writer_start ── socket ────────────► fork
 *        │                                         └► writer: becomes the owner for good,
 *        │ samples ───────── pipe ────────────────►    then opens the directory,
 *        │ ◄──────────────── pipe ──── answer ────     draws, syncs, puts it in place
 *
 * The worker calls mp_spawner_start before it reads its configuration, so that no process
 * forked by the spawner has secrets in its memory; fonts are looked up there once.  A
 * writer that has done waits for another report of the same owner's.
 *
 * The way to the owner: root becomes it; where we are the owner already, nothing changes;
 * otherwise `sudo -n -u OWNER monster-power write-report`, then runuser.  Directories in
 * order: the job's, then settings' power.outdir, first as the owner, then as the current
 * user (which, being root, gives the files to the owner).  See doc/design-trust.md.
 *
 * What comes back from a writer is the owner's word: bounded, checked, escaped.
 */
#ifndef MP_WRITER_H
#define MP_WRITER_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "energy/result.h"
#include "base/error.h"
#include "model/job.h"
#include "model/plan.h"
#include "base/run.h"
#include "model/sample.h"
#include "model/sink.h"
#include "report/report.h"

struct mp_spawner; /* opaque */
struct mp_writer;  /* opaque; several may be under way at once */

/* Fork the spawner.  Call before anything secret is read; single-threaded.  The child
 * wipes its copy of the environment. */
int mp_spawner_start(struct mp_spawner **out, struct mp_error *err);
/* Ends the spawner; writers under way finish or give up by themselves. */
void mp_spawner_stop(struct mp_spawner *s);

/* All borrowed until mp_writer_start returns. */
struct mp_writer_request {
    const struct mp_job *job; /* job->user: the owner's name; NULL or "" unknown */
    uid_t uid;                /* the owner's, as Slurm gave them */
    gid_t gid;
    const char *jobdir; /* absolute (slurm/jobpath.h); NULL: go to outdir at once */
    const char *outdir; /* settings' power.outdir; "": no fallback */
    struct mp_report_parts parts;
    const struct mp_occupancy *occupancy; /* until the sink's begin; NULL: nobody knows */
    bool *stalled; /* true where the owner's writer did not go on; NULL: of no interest */
};

struct mp_writer_result {
    enum mp_verdict verdict;
    char path[PATH_MAX]; /* where the report is */
    char user[64];       /* as whom it was written: a name or a number */
    bool fallback;       /* not in the job's directory */
    char why[512]; /* for the log: what could not be used and why; "" if all went well */
};

/* Find a writer and a directory it can use.  Returns when its hidden directory is made,
 * so before a sample is fetched; -1 where no place will do.  Waits no longer than `run`
 * (borrowed until mp_writer_free) allows. */
int mp_writer_start(struct mp_spawner *s, const struct mp_writer_request *request,
                    const struct mp_run *run, struct mp_writer **out,
                    struct mp_error *err);
/* For the backend's fetch; its -1 carries the writer's own error where there is one. */
struct mp_sink *mp_writer_sink(struct mp_writer *w);

/* After the sink's end: tell the writer that this was all.  No samples at all is
 * MP_FAULT_NO_SAMPLES, here or from mp_writer_wait. */
int mp_writer_end(struct mp_writer *w, const struct mp_findings *findings,
                  const char *backend, const char *backend_label, struct mp_error *err);
/* Readable when mp_writer_wait will not block: a worker can fetch the next job while this
 * one is drawn. */
int mp_writer_fd(const struct mp_writer *w);
int mp_writer_wait(struct mp_writer *w, struct mp_writer_result *result,
                   struct mp_error *err);
/* After a failure of the sink, mp_writer_end or mp_writer_wait: true where the directory
 * is to blame (full, taken away) and another may do: start again with jobdir NULL. */
bool mp_writer_directory_failed(const struct mp_writer *w);
/* After a failure of the sink, mp_writer_end or mp_writer_wait: true where the writer
 * ended without a word (killed, for lack of memory, say): it
 * may do better the next time. */
bool mp_writer_died(const struct mp_writer *w);
/* After one, too: true where it took nothing for half a minute. */
bool mp_writer_stalled(const struct mp_writer *w);
/* Without a successful wait before: nothing is put in place. */
void mp_writer_free(struct mp_writer *w);

/* ---- A note in place of a report ---- */

/* NO_REPORT.txt as the owner, never as anybody else.  Nothing here waits: after
 * mp_notice_start, call mp_notice_go_on whenever mp_notice_fd is readable and when
 * mp_notice_until has come. */
enum { MP_NOTE_MAX = 8192 }; /* bytes of its text */
struct mp_notice;            /* opaque */

struct mp_notice_request { /* borrowed until mp_notice_start returns */
    const char *label, *user;
    uid_t uid;
    gid_t gid;
    const char *directory; /* as a job's; NULL: power_<label> */
    const char *jobdir;    /* absolute */
    const char *text;
};

int mp_notice_start(struct mp_notice **out, struct mp_spawner *s,
                    const struct mp_notice_request *request, struct mp_error *err);
int mp_notice_fd(const struct mp_notice *n);
int64_t mp_notice_until(const struct mp_notice *n); /* mp_clock_us */
void mp_notice_end(struct mp_notice *n);            /* its time is over now */
/* 1: it goes on; 0: it is in place; -1: it cannot be written. */
int mp_notice_go_on(struct mp_notice *n, struct mp_error *err);
/* After -1: its time was over. */
bool mp_notice_stalled(const struct mp_notice *n);
void mp_notice_free(struct mp_notice *n);

/* The other end: the writer itself, on standard input and output: from a hello to the
 * answer, and so on until the stream ends; -1 where a report failed, which ends it as
 * well. */
int mp_writer_serve(struct mp_error *err);

#endif
