/* SPDX-License-Identifier: MIT
 * impl.h - what the worker's own files share. */
#ifndef MP_WORKER_IMPL_H
#define MP_WORKER_IMPL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/log.h"
#include "model/place.h"
#include "queue/queue.h"
#include "session/session.h"
#include "config/options.h"
#include "writer/writer.h"

/* What the master needs of the configuration.  Strings are owned. */
struct mp_worker_conf {
    char *queue_directory;
    char *logfile;
    char *status; /* "": none */
    int workers;
    int delay_seconds;
    int deadline_seconds;
};

/* Reads the configuration in a process of its own, so that no secret in it ever comes
 * into this one. */
int mp_worker_conf_load(struct mp_worker_conf *conf, const struct mp_options *options,
                        struct mp_error *err);
void mp_worker_conf_free(struct mp_worker_conf *conf);

/* What became of a claimed entry. */
enum mp_outcome {
    MP_OUTCOME_DRAWING, /* no end yet: the writer has the samples, the child has time */
    MP_OUTCOME_DONE,
    MP_OUTCOME_FAILED,
    MP_OUTCOME_LATER, /* back in waiting/, with a due time */
    MP_OUTCOME_STUCK, /* could not be moved: left in running/ for the next start */
};

struct mp_answer {
    enum mp_outcome outcome;
    bool backend_away; /* no backend could be opened: trying the next entry is no use */
    bool stalled;      /* the owner's writer did not go on */
    char key[MP_QUEUE_KEY_MAX];
};

/* A child fetches the samples of one job while the reports of those before are drawn and,
 * which takes longest, synced. */
/* Of one owner at most all but one, so that a
 * child that is not fetching has room for somebody else. */
enum { MP_IN_FLIGHT = 4 };

/* What a child keeps over many entries. */
struct mp_worker_child {
    const struct mp_options *options;
    struct mp_queue *queue;
    struct mp_log *log;
    struct mp_spawner *spawner;
    struct mp_session session; /* settings, run and backend stay; the job changes */
    bool have_settings;
};

/* What an attempt does, in this order. */
enum mp_step {
    MP_STEP_SOURCE, /* configuration, backend */
    MP_STEP_ENTRY,  /* what Slurm said */
    MP_STEP_START,  /* when it started */
    MP_STEP_PLAN,
    MP_STEP_SAMPLES,
    MP_STEP_PLACE, /* a writer and its directory */
    MP_STEP_WRITE,
};

/* One attempt at one entry. */
struct mp_attempt {
    struct mp_worker_child *child;
    char key[MP_QUEUE_KEY_MAX];
    struct mp_entry entry;
    char label[MP_ENTRY_LABEL_MAX];
    struct mp_run run; /* the writer's: with this job's deadline */
    struct mp_writer *writer;
    int64_t began;
    bool in_jobdir;               /* the writer was given the job's own directory */
    struct mp_error no_directory; /* why the job's directory could not be used */
    bool half_way;                /* ... which was found when something was in it */
    bool backend_away;            /* the failure is not the entry's */
    bool writer_died;
    bool stalled;             /* the owner's writer did not go on */
    enum mp_step step;        /* the one it came to, or failed in */
    struct mp_notice *notice; /* the entry has been moved on; the user is being told */
    struct mp_answer settled; /* with notice: what became of it */
};

/* Work on running/KEY.  Where its samples are with the writer, or its owner is being told
 * why there is no report (MP_OUTCOME_DRAWING), *out is for mp_attempt_finish, once
 * mp_attempt_fd(*out) is readable or mp_attempt_until(*out) has come; in all other
 * cases the entry has been moved on and *out is NULL.  Neither fails to answer. */
struct mp_answer mp_attempt_begin(struct mp_worker_child *child, const char *key,
                                  struct mp_attempt **out);
int mp_attempt_fd(const struct mp_attempt *a);
int64_t mp_attempt_until(const struct mp_attempt *a); /* mp_clock_us */
/* MP_OUTCOME_DRAWING: it goes on, as after mp_attempt_begin; else `a` is freed. */
struct mp_answer mp_attempt_finish(struct mp_attempt *a);

/* Where the job's output lies; NULL: the job names no directory that can be used, and
 * *err says why. */
char *mp_attempt_jobdir(const struct mp_attempt *a, struct mp_error *err);
/* The settings, read once a child; an entry may fail before they are needed. */
int mp_child_settings(struct mp_worker_child *child, struct mp_error *err);
/* [power] place; beside where the settings cannot be read. */
bool mp_attempt_goes_beside(const struct mp_attempt *a);
/* What [power] directory makes of the job; false: nothing, it is power_<label>. */
bool mp_attempt_directory(const struct mp_attempt *a, char name[MP_PLACE_SIZE]);
/* Tell the job's owner beside the job's output why no report is there: `a->notice` is
 * under way, or the log says why not.  `why` is for the owner where it comes from the
 * owner's own writer or is about the job alone (a->step tells); else it is only for the
 * log, and the owner gets general words. */
void mp_attempt_tell(struct mp_attempt *a, const struct mp_error *why);
/* As mp_attempt_tell, of a report that went to `path`. */
void mp_attempt_tell_path(struct mp_attempt *a, const char *path);

/* Where the entry goes (settle.c). */
struct mp_answer mp_attempt_done(struct mp_attempt *a);
struct mp_answer mp_attempt_give_up(struct mp_attempt *a, const char *reason);
struct mp_answer mp_attempt_give_up_interrupted(struct mp_attempt *a);
struct mp_answer mp_attempt_again(struct mp_attempt *a, const struct mp_error *why);
struct mp_answer mp_attempt_put_back(struct mp_attempt *a, int64_t due);
struct mp_answer mp_attempt_unreadable(struct mp_queue *queue, struct mp_log *log,
                                       const char *key, const struct mp_error *why);

/* The child's whole life: keys come over `sock`, answers go back, its end is our end.
 * Does not return. */
void mp_worker_child_main(const struct mp_options *options, struct mp_queue *queue,
                          struct mp_log *log, int sock, pid_t master)
    __attribute__((noreturn));

/* An attempt on running/KEY ended because a process died: wait again.  When that has
 * happened so often, the next child only gives the entry up and tells its owner; where
 * that dies too, this does. */
enum { MP_INTERRUPTIONS_MAX = 5 };
struct mp_answer mp_worker_interrupted(struct mp_queue *queue, struct mp_log *log,
                                       const char *key, const char *reason);

/* Wall clock, µs since the epoch. */
int64_t mp_worker_now(void);

#endif
