/* SPDX-License-Identifier: MIT
 * queue.h - the spool of finished jobs: a private directory with a folder per state.
 *
 *     DIRECTORY/         0700, SlurmUser's or root's
 *       waiting/KEY      to be done; not before the file's modification time
 *       running/KEY      a worker process is at it
 *       done/KEY         reported; kept for a day, so that an epilog run again is known
 *       failed/KEY       given up, with the reason in the entry
 *       start/          start times the prolog has recorded, <cluster>.<job id>
 *       tmp/             files being written
 *       lock             held by the worker (an open file description lock); its pid
 *       service          the queue belongs to a service: epilogs start no worker
 *
 * KEY is <cluster>.<job id>.<restart count>.<start>; without a known start, e<end>.  The
 * count alone does not tell the runs of a requeued job apart: at a requeue Slurm (seen
 * on 22.05) has raised it before it runs the epilog of the run that ends, so that the
 * last two runs have the same.  An entry changes its state by one rename, and its text by
 * the rename of a new, synced file over it, so that whatever kills us finds it in exactly
 * one state and whole.  doc/design-queue.md goes through every instant.
 *
 * Only the holder of the lock moves entries; adding one needs no lock.
 */
#ifndef MP_QUEUE_H
#define MP_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "queue/entry.h"
#include "base/error.h"

enum mp_queue_state { MP_WAITING, MP_RUNNING, MP_DONE, MP_FAILED, MP_N_STATES };

enum { MP_QUEUE_KEY_MAX = 224 };

struct mp_queue {
    char *path; /* owned */
    int dir;
    int states[MP_N_STATES];
    int start;
    int tmp;
    uid_t uid; /* the directory's owner: what root writes here, it gives to them */
    gid_t gid;
};

struct mp_queue_item {
    int64_t due;   /* µs since the epoch: the file's modification time */
    int64_t owner; /* the uid in the entry; -1: none */
    char key[MP_QUEUE_KEY_MAX];
};

const char *mp_queue_state_name(enum mp_queue_state state); /* "waiting", ... */

/* Opens the directory, and makes it (not its parents) when `create`.  Refuses one that is
 * not private or not ours.  With `create` false, a directory that is not there is
 * MP_FAULT_NOT_YET ("there is no queue"). */
int mp_queue_open(struct mp_queue *q, const char *path, bool create,
                  struct mp_error *err);
void mp_queue_close(struct mp_queue *q);

void mp_queue_key(const struct mp_entry *e, char key[MP_QUEUE_KEY_MAX]);

/* Put a new entry into waiting/, on disk when this returns.  *added = false where the
 * queue knows this run of the job already, whatever became of it. */
int mp_queue_add(struct mp_queue *q, const struct mp_entry *e, int64_t due, bool *added,
                 struct mp_error *err);

/* Is the key in this state? */
bool mp_queue_has(const struct mp_queue *q, enum mp_queue_state state, const char *key);
/* *e is initialised by this, and is empty on failure. */
int mp_queue_read(const struct mp_queue *q, enum mp_queue_state state, const char *key,
                  struct mp_entry *e, struct mp_error *err);
/* Replace the entry's text in its state. */
int mp_queue_store(struct mp_queue *q, enum mp_queue_state state, const char *key,
                   const struct mp_entry *e, struct mp_error *err);
/* Move to another state with a new due time (µs; -1: as it is).  *moved = false where it
 * was not there any more; may be NULL. */
int mp_queue_move(struct mp_queue *q, enum mp_queue_state from, enum mp_queue_state to,
                  const char *key, int64_t due, bool *moved, struct mp_error *err);

/* Who owns the entries that have been looked at lately: fixed memory, so that a long
 * queue is not read again at each scan.  Starts zeroed. */
enum { MP_QUEUE_OWNERS = 16384 };
struct mp_queue_owners {
    uint64_t key[MP_QUEUE_OWNERS]; /* a hash; 0: free */
    int64_t owner[MP_QUEUE_OWNERS];
};

/* The entries of a state that are due first: at most `max` of them, in order, and with
 * `owners` (NULL: all are owner -1) at most MP_QUEUE_EACH of one owner.  *total gets how
 * many there are.  Memory does not grow with the queue. */
enum { MP_QUEUE_EACH = 8 };
int mp_queue_scan(const struct mp_queue *q, enum mp_queue_state state,
                  struct mp_queue_owners *owners, struct mp_queue_item *items, size_t max,
                  size_t *n, size_t *total, struct mp_error *err);
/* False as well where it cannot be read. */
bool mp_queue_is_empty(const struct mp_queue *q, enum mp_queue_state state);
/* Call `each` for every key of a state, in no order, until it returns false. */
int mp_queue_each(const struct mp_queue *q, enum mp_queue_state state,
                  bool (*each)(void *arg, const char *key), void *arg,
                  struct mp_error *err);

/* Nobody can work on what lies in waiting/ under a name too long for a key: it goes to
 * failed/ under a shorter one, which `told` gets. */
void mp_queue_set_aside(const struct mp_queue *q,
                        void (*told)(void *arg, const char *key), void *arg);

/* Take an entry out for good; one that is not there (any more) is no error. */
int mp_queue_remove(struct mp_queue *q, enum mp_queue_state state, const char *key,
                    struct mp_error *err);

/* Is an earlier run of the same job waiting or running? */
bool mp_queue_has_earlier_run(const struct mp_queue *q, const struct mp_entry *e);

/* Remove what is too old at `now` (s since the epoch): in done/, start/ and tmp/. */
void mp_queue_prune(struct mp_queue *q, int64_t now);

/* --- the prolog's record ------------------------------------------------------------ */

/* Of the job of *e: its start and its restart count, which the epilog cannot trust. */
int mp_queue_start_record(struct mp_queue *q, const struct mp_entry *e, int64_t start,
                          struct mp_error *err);
/* Fills start, start_from and restart_count of *e from the record, if there is one. */
int mp_queue_start_take(const struct mp_queue *q, struct mp_entry *e,
                        struct mp_error *err);
/* The run has ended.  `keep`: for a day, should Slurm run the epilog again. */
void mp_queue_start_end(struct mp_queue *q, const struct mp_entry *e, bool keep);

/* --- the worker's lock -------------------------------------------------------------- */

/* *fd gets a descriptor that holds the lock until it, and every copy of it in another
 * process, is closed; -1 where someone else holds it. */
int mp_queue_lock(const struct mp_queue *q, int *fd, struct mp_error *err);
/* Take over the lock that the process which started us took. */
int mp_queue_lock_adopt(const struct mp_queue *q, int fd, struct mp_error *err);
bool mp_queue_is_locked(const struct mp_queue *q);
/* For people: which process works on the queue. */
void mp_queue_lock_write_pid(int fd, pid_t pid);
long mp_queue_lock_read_pid(const struct mp_queue *q);

/* Does a service own the queue? */
bool mp_queue_has_service(const struct mp_queue *q);
int mp_queue_set_service(struct mp_queue *q, struct mp_error *err);
/* The service ends as it should: from now on epilogs start workers again. */
void mp_queue_clear_service(struct mp_queue *q);

#endif
