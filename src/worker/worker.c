/* SPDX-License-Identifier: MIT
 * worker.c - the master: claims entries when they are due and gives them to children. */
#include "config.h"

#include "worker/worker.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/wait.h"
#include "queue/status.h"
#include "slurm/nodelist.h"
#include "worker/impl.h"
#include "worker/turns.h"
#include "writer/privilege.h"

enum {
    SECOND = 1000000, /* µs */
    BATCH = 64,       /* entries looked at ahead */
    CHILDREN_MAX = 64,
    CHILD_IDLE = 20 * SECOND,    /* then it gives its database connections back */
    WORKER_LINGER = 10 * SECOND, /* a detached worker waits for more before it ends */
    LOOK_AGAIN = 30 * SECOND,    /* at the latest, should inotify fail us */
    RESCAN = SECOND / 2,         /* at most so often while there is work in hand */
    PRUNE = 600LL * SECOND,
    DRAIN_HORIZON = 16 * SECOND, /* what is due later is not waited for by a drain */
    PAUSE_FIRST = 5 * SECOND,
    PAUSE_LAST = 60 * SECOND,
    STOP_SECONDS = 20,
    HANG_GRACE = 30, /* s */
    SLOW = 60 * SECOND,
    TELL = 5 * SECOND, /* the users, at most so often */
    TELL_SECONDS = 60, /* the longest that it may take */
};

struct child {
    pid_t pid; /* 0: a free place */
    int sock;
    size_t n; /* entries in its hands */
    char keys[MP_IN_FLIGHT][MP_QUEUE_KEY_MAX];
    int64_t owners[MP_IN_FLIGHT]; /* of these entries */
    int64_t since[MP_IN_FLIGHT];  /* when it got them */
    bool slow[MP_IN_FLIGHT];      /* counted as a stall already */
    bool fetching;                /* the last of them: another would wait in vain */
    bool leaving;                 /* was told to go: takes no more */
    int64_t idle_since;
};

struct master {
    const struct mp_worker_options *options;
    struct mp_worker_conf conf;
    struct mp_queue queue;
    struct mp_log log;
    struct mp_run run;
    int lock, changes, deaths; /* descriptors: the lock, inotify, SIGCHLD */
    struct child children[CHILDREN_MAX];
    struct mp_queue_owners owners;
    struct mp_turns turns;
    struct mp_queue_item items[BATCH]; /* what is due next */
    size_t n_items, n_waiting;
    bool stale; /* something came into waiting/ since the scan */
    int64_t scanned, pruned, pause_until, busy_until;
    int64_t pause;
    pid_t telling; /* the process that writes the users' status; 0: none */
    int64_t told;
    bool untold; /* something changed since */
    size_t n_done, n_failed;
};

/* --- children ----------------------------------------------------------------------- */

static void close_child_side(struct master *m, int sock)
{
    for (int i = 0; i < CHILDREN_MAX; i++)
        if (m->children[i].pid != 0)
            close(m->children[i].sock);
    close(m->changes);
    close(m->deaths);
    close(sock);
    mp_run_close(&m->run);
}

static int start_child(struct master *m, struct child *c, struct mp_error *err)
{
    pid_t master = getpid();
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return mp_fail(err, MP_FAULT_FAILED, "cannot make a socket: %s", strerror(errno));
    c->pid = fork();
    if (c->pid == 0) {
        close_child_side(m, ends[0]);
        mp_worker_child_main(m->options->common, &m->queue, &m->log, ends[1], master);
    }
    close(ends[1]);
    c->sock = ends[0];
    c->n = 0;
    c->fetching = c->leaving = false;
    c->idle_since = mp_clock_us();
    if (c->pid > 0)
        return 0;
    c->pid = 0;
    close(ends[0]);
    return mp_fail(err, MP_FAULT_FAILED, "cannot start a process: %s", strerror(errno));
}

static void free_child(struct child *c)
{
    close(c->sock);
    *c = (struct child){.sock = -1};
}

static size_t count_busy(const struct master *m)
{
    size_t n = 0;

    for (int i = 0; i < CHILDREN_MAX; i++)
        n += m->children[i].n;
    return n;
}

static size_t count_of(const struct child *c, int64_t owner)
{
    size_t n = 0;

    for (size_t i = 0; i < c->n; i++)
        n += c->owners[i] == owner;
    return n;
}

/* A child with time for an entry of this owner's: an idle one, else a new one, else one
 * whose entry is being drawn; NULL where there is none. */
static struct child *free_hand(struct master *m, int64_t owner, struct mp_error *err)
{
    struct child *vacant = NULL, *drawing = NULL;
    int n = 0;

    for (int i = 0; i < CHILDREN_MAX; i++) {
        struct child *c = &m->children[i];

        if (c->pid != 0 && c->n == 0 && !c->leaving)
            return c;
        if (c->pid != 0 && !c->fetching && !c->leaving && c->n < MP_IN_FLIGHT &&
            count_of(c, owner) < MP_IN_FLIGHT - 1)
            drawing = c;
        if (c->pid == 0 && vacant == NULL)
            vacant = c;
        n += c->pid != 0;
    }
    if (vacant == NULL || n >= m->conf.workers)
        return drawing;
    return start_child(m, vacant, err) == 0 ? vacant : NULL;
}

static void forget_key(struct child *c, const char *key)
{
    for (size_t i = 0; i < c->n; i++)
        if (strcmp(c->keys[i], key) == 0) {
            c->fetching = c->fetching && i + 1 != c->n;
            c->n--;
            memmove(c->keys[i], c->keys[i + 1], (c->n - i) * sizeof *c->keys);
            memmove(&c->owners[i], &c->owners[i + 1], (c->n - i) * sizeof *c->owners);
            memmove(&c->slow[i], &c->slow[i + 1], (c->n - i) * sizeof *c->slow);
            memmove(&c->since[i], &c->since[i + 1], (c->n - i) * sizeof *c->since);
            return;
        }
}

/* While no backend can be opened, do not run the whole queue against the wall. */
static void pause_if_away(struct master *m, bool away)
{
    if (!away) {
        m->pause = m->pause_until = 0;
        return;
    }
    m->pause = m->pause == 0 ? PAUSE_FIRST : m->pause * 2;
    if (m->pause > PAUSE_LAST)
        m->pause = PAUSE_LAST;
    m->pause_until = mp_clock_us() + m->pause;
}

/* Whoever stops a writer, or writes to what does not answer, waits. */
static void note_owner(struct master *m, const struct child *c,
                       const struct mp_answer *answer)
{
    for (size_t i = 0; i < c->n; i++)
        if (strcmp(c->keys[i], answer->key) == 0) {
            if (answer->stalled)
                mp_turns_stall(&m->turns, c->owners[i], mp_clock_us());
            else if (answer->outcome == MP_OUTCOME_DONE)
                mp_turns_clear(&m->turns, c->owners[i]);
        }
}

/* False: no answer is there (or the child is no more, which SIGCHLD tells). */
static bool take_answer(struct master *m, struct child *c)
{
    struct mp_answer answer;

    if (recv(c->sock, &answer, sizeof answer, MSG_DONTWAIT) != sizeof answer)
        return false;
    if (answer.outcome == MP_OUTCOME_DRAWING) {
        c->fetching = false;
        return true;
    }
    note_owner(m, c, &answer);
    forget_key(c, answer.key);
    m->untold = true;
    c->idle_since = m->busy_until = mp_clock_us();
    m->n_done += answer.outcome == MP_OUTCOME_DONE;
    m->n_failed += answer.outcome == MP_OUTCOME_FAILED;
    m->stale = m->stale || answer.outcome == MP_OUTCOME_LATER;
    pause_if_away(m, answer.backend_away);
    return true;
}

static void bury(struct master *m, pid_t pid, int status)
{
    char reason[96];

    if (pid == m->telling)
        m->telling = 0;

    if (WIFSIGNALED(status))
        snprintf(reason, sizeof reason, "the worker process was killed by signal %d",
                 WTERMSIG(status));
    else
        snprintf(reason, sizeof reason, "the worker process ended with status %d",
                 WEXITSTATUS(status));
    for (int i = 0; i < CHILDREN_MAX; i++) {
        struct child *c = &m->children[i];

        if (c->pid != pid)
            continue;
        while (take_answer(m, c))
            ; /* what it had finished before */
        for (size_t k = 0; k < c->n; k++)
            if (mp_queue_has(&m->queue, MP_RUNNING, c->keys[k]))
                mp_worker_interrupted(&m->queue, &m->log, c->keys[k], reason);
        m->stale = true;
        free_child(c);
    }
}

static void reap(struct master *m)
{
    struct signalfd_siginfo info;
    int status;
    pid_t pid;

    while (read(m->deaths, &info, sizeof info) > 0)
        ;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        bury(m, pid, status);
}

/* --- the queue ---------------------------------------------------------------------- */

static int scan(struct master *m, struct mp_error *err)
{
    if (mp_queue_scan(&m->queue, MP_WAITING, &m->owners, m->items, BATCH, &m->n_items,
                      &m->n_waiting, err) < 0)
        return -1;
    m->stale = false;
    m->untold = true;
    m->scanned = mp_clock_us();
    return 0;
}

/* When an entry may be begun, on the wall's clock: due, and its owner has waited. */
static int64_t ready_at(const struct master *m, const struct mp_queue_item *item)
{
    int64_t wait = mp_turns_until(&m->turns, item->owner) - mp_clock_us();

    if (wait > 0 && mp_worker_now() + wait > item->due)
        return mp_worker_now() + wait;
    return item->due;
}

static int64_t first_due(const struct master *m)
{
    int64_t first = INT64_MAX;

    for (size_t i = 0; i < m->n_items; i++)
        if (ready_at(m, &m->items[i]) < first)
            first = ready_at(m, &m->items[i]);
    return first;
}

/* How many children are at entries of this owner's. */
static size_t count_children(const struct master *m, int64_t owner)
{
    size_t n = 0;

    for (int i = 0; i < CHILDREN_MAX; i++)
        n += m->children[i].pid != 0 && count_of(&m->children[i], owner) > 0;
    return n;
}

static bool has_turn_before(const struct master *m, const struct mp_queue_item *a,
                            const struct mp_queue_item *b)
{
    size_t x = count_children(m, a->owner), y = count_children(m, b->owner);

    return x != y ? x < y
                  : mp_turns_served(&m->turns, a->owner) <
                        mp_turns_served(&m->turns, b->owner);
}

/* Of the entries that are due, the first of the owner at whose entries the fewest
 * children are, and who was served longest ago; n_items: none is due. */
static size_t choose(const struct master *m)
{
    size_t best = m->n_items;
    int64_t now = mp_worker_now();

    for (size_t i = 0; i < m->n_items; i++)
        if (ready_at(m, &m->items[i]) <= now &&
            (best == m->n_items || has_turn_before(m, &m->items[i], &m->items[best])))
            best = i;
    return best;
}

static struct mp_queue_item take_item(struct master *m, size_t i)
{
    struct mp_queue_item item = m->items[i];

    m->n_items--;
    memmove(&m->items[i], &m->items[i + 1], (m->n_items - i) * sizeof *m->items);
    return item;
}

/* Give the entry to the child; a claim that fails was somebody else's change. */
static int hand_out(struct master *m, struct child *c, const struct mp_queue_item *item,
                    struct mp_error *err)
{
    const char *key = item->key;
    bool moved;

    if (mp_queue_move(&m->queue, MP_WAITING, MP_RUNNING, key, -1, &moved, err) < 0)
        return -1;
    if (!moved)
        return 0;
    c->owners[c->n] = item->owner;
    c->since[c->n] = mp_clock_us();
    c->slow[c->n] = false;
    snprintf(c->keys[c->n++], sizeof *c->keys, "%s", key);
    mp_turns_serve(&m->turns, item->owner);
    c->fetching = true;
    m->n_waiting -= m->n_waiting > 0;
    m->busy_until = mp_clock_us();
    if (send(c->sock, key, strlen(key), MSG_NOSIGNAL) < 0)
        kill(c->pid, SIGKILL); /* it is dead or as good as; bury() puts the entry back */
    return 0;
}

static int dispatch(struct master *m, struct mp_error *err)
{
    for (;;) {
        bool look = m->n_items == 0 ? m->stale || m->n_waiting > 0
                                    : m->stale && mp_clock_us() >= m->scanned + RESCAN;
        struct mp_queue_item item;
        struct child *c;
        size_t i;

        if (look && scan(m, err) < 0)
            return -1;
        i = choose(m);
        if (i == m->n_items || mp_clock_us() < m->pause_until)
            return 0;
        c = free_hand(m, m->items[i].owner, err);
        if (c == NULL)
            return err->text[0] != '\0' ? -1 : 0;
        item = take_item(m, i);
        if (hand_out(m, c, &item, err) < 0)
            return -1;
        if (m->n_waiting > m->n_items)
            m->stale = true; /* an owner's share is used up: there may be more */
    }
}

/* What a killed worker was at.  We have the lock, so nobody is at it now. */
static bool recover_one(void *arg, const char *key)
{
    struct master *m = arg;

    mp_worker_interrupted(&m->queue, &m->log, key, "the worker was killed");
    return true;
}

/* --- waiting ------------------------------------------------------------------------ */

static bool is_full(const struct master *m)
{
    int n = 0;

    for (int i = 0; i < CHILDREN_MAX; i++) {
        const struct child *c = &m->children[i];

        n += c->pid != 0 && (c->fetching || c->leaving || c->n == MP_IN_FLIGHT);
    }
    return n >= m->conf.workers;
}

/* Microseconds until there is something to do without anybody telling us. */
static int64_t wait_us(const struct master *m)
{
    int64_t now = mp_clock_us(), wait = LOOK_AGAIN, due = first_due(m);

    if (due != INT64_MAX && due - mp_worker_now() < wait)
        wait = due - mp_worker_now();
    if (m->untold && wait > TELL)
        wait = TELL;
    if (m->stale && wait > RESCAN)
        wait = RESCAN;
    if (m->pause_until - now > wait)
        wait = m->pause_until - now;
    if (wait > LOOK_AGAIN)
        wait = LOOK_AGAIN;
    if (is_full(m))
        wait = LOOK_AGAIN; /* nothing can be given out before an answer comes */
    else if ((m->options->detached || m->options->drain) && wait > SECOND)
        wait = SECOND; /* look at the clock: it may be time to end */
    for (int i = 0; i < CHILDREN_MAX; i++)
        if (m->children[i].pid != 0 && m->children[i].n == 0 && wait > CHILD_IDLE / 4)
            wait = CHILD_IDLE / 4;
    return wait;
}

/* Who has all samples and does not answer is not waited for with more of the owner's: the
 * answer may come, though, until the deadline. */
static void note_slow_writers(struct master *m)
{
    for (int i = 0; i < CHILDREN_MAX; i++) {
        struct child *c = &m->children[i];

        for (size_t k = 0; c->pid != 0 && k < c->n - c->fetching; k++)
            if (!c->slow[k] && mp_clock_us() - c->since[k] > SLOW) {
                c->slow[k] = true;
                mp_turns_stall(&m->turns, c->owners[k], mp_clock_us());
            }
    }
}

/* What its entry says of the size of the job; a start that Slurm did not tell is none. */
static int64_t deadline_of(const struct master *m, const char *key)
{
    int seconds = m->conf.deadline_seconds;
    int64_t us = mp_power_deadline_us(seconds, 0, 0);
    struct mp_nodelist list = {0};
    struct mp_entry e = {0};
    struct mp_error ignored;

    if (mp_queue_read(&m->queue, MP_RUNNING, key, &e, &ignored) == 0 && e.start > 0 &&
        e.end > e.start && e.nodelist != NULL &&
        mp_nodelist_expand(e.nodelist, &list, &ignored) == 0)
        us = mp_power_deadline_us(seconds, list.n, (e.end - e.start) * SECOND);
    mp_nodelist_free(&list);
    mp_entry_free(&e);
    return us;
}

/* A child keeps its own deadline.  One that does not (it hangs in the kernel, it is
 * stopped) is killed, and its entries go back: twice, since a report that could not be
 * put in place is tried elsewhere, and a grace. */
static void kill_hanging_children(struct master *m)
{
    int64_t longest = (2 * (int64_t)m->conf.deadline_seconds + HANG_GRACE) * SECOND;

    for (int i = 0; i < CHILDREN_MAX; i++) {
        struct child *c = &m->children[i];

        if (c->pid != 0 && c->n > 0 && mp_clock_us() - c->since[0] > longest &&
            mp_clock_us() - c->since[0] >
                2 * deadline_of(m, c->keys[0]) + HANG_GRACE * SECOND)
            kill(c->pid, SIGKILL);
    }
}

static void retire_idle_children(struct master *m)
{
    for (int i = 0; i < CHILDREN_MAX; i++) {
        struct child *c = &m->children[i];

        /* The end of its socket is its sign to go; SIGCHLD then frees the place. */
        if (c->pid != 0 && c->n == 0 && !c->leaving &&
            mp_clock_us() - c->idle_since > CHILD_IDLE) {
            c->leaving = true;
            shutdown(c->sock, SHUT_RDWR);
        }
    }
}

static void read_changes(struct master *m)
{
    char buffer[4096] __attribute__((aligned(8)));

    while (read(m->changes, buffer, sizeof buffer) > 0)
        m->stale = true;
}

static void wait_for_something(struct master *m)
{
    struct pollfd p[2 + CHILDREN_MAX + 1] = {{.fd = m->deaths, .events = POLLIN},
                                             {.fd = m->changes, .events = POLLIN}};
    struct child *polled[CHILDREN_MAX];
    size_t n = 2;

    for (int i = 0; i < CHILDREN_MAX; i++)
        if (m->children[i].n > 0) {
            polled[n - 2] = &m->children[i];
            p[n++] = (struct pollfd){.fd = m->children[i].sock, .events = POLLIN};
        }
    mp_wait(&m->run, p, n, mp_clock_us() + wait_us(m), NULL); /* the loop sees a stop */
    for (size_t i = 2; i < n; i++)
        if (p[i].revents & POLLIN)
            take_answer(m, polled[i - 2]);
    if (p[0].revents != 0)
        reap(m);
    if (p[1].revents != 0)
        read_changes(m);
    if (mp_clock_us() - m->scanned > LOOK_AGAIN)
        m->stale = true;
}

static void tell_set_aside(void *arg, const char *key)
{
    struct master *m = arg;

    mp_log_event(&m->log, MP_LOG_ERROR, key, "unreadable", "reason",
                 "its name in waiting/ was too long; it is in failed/", NULL);
}

static void prune(struct master *m)
{
    if (m->pruned != 0 && mp_clock_us() - m->pruned < PRUNE)
        return;
    mp_queue_prune(&m->queue, mp_worker_now() / SECOND);
    mp_queue_set_aside(&m->queue, tell_set_aside, m);
    m->pruned = mp_clock_us();
}

/* What the users may see of it.  A process of its own does it, so that a long queue or a
 * slow disk holds nothing up; it does not hold the lock. */
static void start_telling(struct mp_queue *q, const char *directory, struct mp_log *log,
                          const struct master *m)
{
    struct mp_error err = {0};

    for (int i = 0; i < CHILDREN_MAX; i++)
        if (m->children[i].pid != 0)
            close(m->children[i].sock);
    close(m->lock);
    alarm(TELL_SECONDS);
    if (mp_status_write(q, directory, &err) < 0)
        mp_log_event(log, MP_LOG_WARNING, NULL, "no_status", "reason", err.text, NULL);
    _exit(err.text[0] != '\0');
}

static void tell_users(struct master *m)
{
    if (m->conf.status[0] == '\0' || !m->untold || m->telling != 0 ||
        (m->told != 0 && mp_clock_us() - m->told < TELL))
        return;
    m->untold = false;
    m->told = mp_clock_us();
    if (access(m->conf.status, F_OK) < 0)
        return;
    m->telling = fork();
    if (m->telling == 0)
        start_telling(&m->queue, m->conf.status, &m->log, m);
    if (m->telling < 0)
        m->telling = 0;
}

/* The last word of a worker that ends. */
static void tell_users_last(struct master *m)
{
    while (m->telling != 0 && waitpid(m->telling, NULL, 0) < 0 && errno == EINTR)
        ;
    m->telling = 0;
    m->told = 0;
    m->untold = true;
    tell_users(m);
    while (m->telling != 0 && waitpid(m->telling, NULL, 0) < 0 && errno == EINTR)
        ;
    m->telling = 0;
}

/* --- the end ------------------------------------------------------------------------ */

static bool is_over(const struct master *m)
{
    int64_t now = mp_clock_us(), horizon = DRAIN_HORIZON, until;

    if (count_busy(m) > 0 || m->stale)
        return false;
    if (m->options->detached)
        return m->n_waiting == 0 && now - m->busy_until > WORKER_LINGER;
    if (!m->options->drain)
        return false;
    if (horizon < (int64_t)(m->conf.delay_seconds + 1) * SECOND)
        horizon = (int64_t)(m->conf.delay_seconds + 1) * SECOND;
    until = first_due(m) == INT64_MAX ? INT64_MAX : first_due(m) - mp_worker_now();
    if (m->pause_until - now > until)
        until = m->pause_until - now;
    return m->n_waiting == 0 || until > horizon;
}

/* A service has come to the queue: what an epilog started leaves it the rest, since the
 * service may do what an epilog's user may not. */
static bool is_relieved(const struct master *m)
{
    return m->options->detached && mp_queue_has_service(&m->queue);
}

/* Ask, then wait, then insist. */
static void stop_children(struct master *m)
{
    int64_t deadline = mp_clock_us() + (int64_t)STOP_SECONDS * SECOND;
    bool left = true;

    for (int i = 0; i < CHILDREN_MAX; i++)
        if (m->children[i].pid != 0)
            kill(m->children[i].pid, SIGTERM);
    while (left) {
        left = false;
        for (int i = 0; i < CHILDREN_MAX; i++)
            left = left || m->children[i].pid != 0;
        if (!left)
            break;
        if (mp_clock_us() > deadline)
            for (int i = 0; i < CHILDREN_MAX; i++)
                if (m->children[i].pid != 0)
                    kill(m->children[i].pid, SIGKILL);
        mp_wait_fd(NULL, m->deaths, POLLIN, mp_clock_us() + SECOND / 5, NULL);
        reap(m);
    }
}

static int loop(struct master *m, struct mp_error *err)
{
    m->busy_until = mp_clock_us();
    m->stale = true;
    for (;;) {
        bool relieved = is_relieved(m);

        prune(m);
        tell_users(m);
        if (!relieved && dispatch(m, err) < 0)
            return -1;
        if (relieved ? count_busy(m) == 0 : is_over(m))
            return 0;
        wait_for_something(m);
        note_slow_writers(m);
        kill_hanging_children(m);
        retire_idle_children(m);
        if (mp_run_check(&m->run, NULL) < 0)
            return 0;
    }
}

/* --- the start ---------------------------------------------------------------------- */

static int watch(struct master *m, struct mp_error *err)
{
    char path[64];
    sigset_t deaths;

    sigemptyset(&deaths);
    sigaddset(&deaths, SIGCHLD);
    sigprocmask(SIG_BLOCK, &deaths, NULL);
    m->deaths = signalfd(-1, &deaths, SFD_CLOEXEC | SFD_NONBLOCK);
    m->changes = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (m->deaths < 0 || m->changes < 0)
        return mp_fail(err, MP_FAULT_FAILED, "cannot watch the queue: %s",
                       strerror(errno));
    /* By descriptor: it is the folder that was checked, whatever has its name now. */
    snprintf(path, sizeof path, "/proc/self/fd/%d", m->queue.states[MP_WAITING]);
    if (inotify_add_watch(m->changes, path, IN_CREATE | IN_MOVED_TO) < 0)
        mp_log_event(&m->log, MP_LOG_WARNING, NULL, "not_watched", "reason",
                     strerror(errno), NULL);
    return 0;
}

static int busy_elsewhere(const struct master *m, struct mp_error *err)
{
    return mp_fail(err, MP_FAULT_FAILED,
                   "another worker (process %ld) is at queue %s; stop it first",
                   mp_queue_lock_read_pid(&m->queue), m->queue.path);
}

/* 0 with the lock, 1 told to stop while waiting for it. */
static int get_lock(struct master *m, struct mp_error *err)
{
    if (m->options->lock_fd >= 0) {
        m->lock = m->options->lock_fd;
        return mp_queue_lock_adopt(&m->queue, m->lock, err);
    }
    for (;;) {
        if (mp_queue_lock(&m->queue, &m->lock, err) < 0)
            return -1;
        if (m->lock >= 0)
            return 0;
        if (!m->options->service)
            return busy_elsewhere(m, err);
        if (mp_wait_fd(&m->run, -1, 0, mp_clock_us() + SECOND / 2, NULL) < 0)
            return 1;
    }
}

static int begin(struct master *m, struct mp_error *err)
{
    if (mp_shed_capabilities(err) < 0 || mp_run_init(&m->run, "worker", err) < 0 ||
        mp_worker_conf_load(&m->conf, m->options->common, err) < 0)
        return -1;
    mp_log_init(&m->log, m->conf.logfile);
    m->log.echo = m->options->common->verbose > 0;
    if (mp_queue_open(&m->queue, m->conf.queue_directory, true, err) < 0)
        return -1;
    if (m->options->service && mp_queue_set_service(&m->queue, err) < 0)
        return -1;
    return 0;
}

static void release(struct master *m)
{
    stop_children(m);
    tell_users_last(m);
    if (m->deaths >= 0)
        close(m->deaths);
    if (m->changes >= 0)
        close(m->changes);
    if (m->lock >= 0)
        close(m->lock);
    m->deaths = m->changes = m->lock = -1;
}

/* With the lock: take up what was left, then work. */
static int serve(struct master *m, struct mp_error *err)
{
    char pid[24];
    int rc;

    m->pruned = 0; /* the first thing is to clear up */
    mp_queue_lock_write_pid(m->lock, getpid());
    snprintf(pid, sizeof pid, "%ld", (long)getpid());
    mp_log_event(&m->log, MP_LOG_INFO, NULL, "worker_starts", "pid", pid, "version",
                 PACKAGE_VERSION, NULL);
    rc = watch(m, err);
    if (rc == 0)
        rc = mp_queue_each(&m->queue, MP_RUNNING, recover_one, m, err);
    if (rc == 0)
        rc = loop(m, err);
    release(m);
    mp_log_event(&m->log, rc < 0 ? MP_LOG_ERROR : MP_LOG_INFO, NULL, "worker_ends", "pid",
                 pid, "reason", rc < 0 ? err->text : NULL, NULL);
    return rc;
}

static int tally(const struct master *m, struct mp_error *err)
{
    if (!m->options->drain || (m->n_failed == 0 && m->n_waiting == 0))
        return 0;
    return mp_fail(
        err, MP_FAULT_FAILED,
        "%zu reported, %zu failed, %zu still waiting; `monster-power queue` tells "
        "why",
        m->n_done, m->n_failed, m->n_waiting);
}

/* An epilog that saw our lock started no worker: what it wrote while we let go of it is
 * ours to see. */
static bool something_came(struct master *m)
{
    return m->options->detached && !is_relieved(m) && mp_run_check(&m->run, NULL) == 0 &&
           !mp_queue_is_empty(&m->queue, MP_WAITING) &&
           mp_queue_lock(&m->queue, &m->lock, NULL) == 0 && m->lock >= 0;
}

int mp_worker_run(const struct mp_worker_options *options, struct mp_error *err)
{
    struct master *m = calloc(1, sizeof *m);
    int rc;

    if (m == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory");
    m->options = options;
    mp_log_init(&m->log, NULL);
    m->lock = m->changes = m->deaths = m->run.stop_fd = -1;
    m->queue.dir = -1;
    rc = begin(m, err);
    if (rc == 0)
        rc = get_lock(m, err);
    if (rc == 0) {
        do
            rc = serve(m, err);
        while (rc == 0 && something_came(m));
        if (rc == 0)
            rc = tally(m, err);
    } else if (rc < 0 && options->detached) {
        mp_log_event(&m->log, MP_LOG_ERROR, NULL, "no_worker", "reason", err->text, NULL);
    }
    if (options->service && m->queue.path != NULL)
        mp_queue_clear_service(&m->queue);
    if (m->queue.path != NULL)
        mp_queue_close(&m->queue);
    mp_log_close(&m->log);
    mp_worker_conf_free(&m->conf);
    mp_run_close(&m->run);
    free(m);
    return rc < 0 ? -1 : 0;
}
