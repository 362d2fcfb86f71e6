/* SPDX-License-Identifier: MIT
 * test_queue.c - entries are in one state at a time, once, and private; locks exclude. */
#include "config.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "queue/queue.h"
#include "unit.h"

static char top[64];
static char path[96];
static struct mp_queue q;

static void setup(void)
{
    struct mp_error err = {0};

    snprintf(top, sizeof top, "/tmp/mp-test-queue.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(top));
    snprintf(path, sizeof path, "%s/q", top);
    ck_assert_msg(mp_queue_open(&q, path, true, &err) == 0, "%s", err.text);
}

static int remove_one(const char *name, const struct stat *st, int kind,
                      struct FTW *where)
{
    (void)st;
    (void)kind;
    (void)where;
    return remove(name);
}

static void teardown(void)
{
    mp_queue_close(&q);
    ck_assert_int_eq(nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static void entry(struct mp_entry *e, int64_t id)
{
    mp_entry_init(e);
    e->job_id = id;
    e->end = 100;
    e->queued = 100;
    mp_entry_set(&e->cluster, "alpha.b/../c", NULL);
}

static bool add(int64_t id, int64_t due)
{
    struct mp_error err = {0};
    struct mp_entry e;
    bool added;

    entry(&e, id);
    ck_assert_msg(mp_queue_add(&q, &e, due, &added, &err) == 0, "%s", err.text);
    mp_entry_free(&e);
    return added;
}

START_TEST(one_run_of_a_job_is_queued_once)
{
    const char *key = "alpha%2Eb%2F%2E%2E%2Fc.7.0.e100";
    bool moved;

    setup();
    ck_assert(add(7, 5));
    ck_assert(!add(7, 5));
    ck_assert(mp_queue_has(&q, MP_WAITING, key));
    for (int i = 0; i + 1 < MP_N_STATES; i++) {
        ck_assert_int_eq(mp_queue_move(&q, (enum mp_queue_state)i,
                                       (enum mp_queue_state)(i + 1), key, -1, &moved,
                                       NULL),
                         0);
        ck_assert(moved);
        ck_assert(!add(7, 5));
    }
    ck_assert(mp_queue_is_empty(&q, MP_WAITING));
    ck_assert_int_eq(mp_queue_move(&q, MP_WAITING, MP_RUNNING, key, -1, &moved, NULL), 0);
    ck_assert(!moved);
    teardown();
}
END_TEST

START_TEST(runs_are_told_apart_by_their_start)
{
    struct mp_entry e;
    bool added;

    setup();
    entry(&e, 7);
    e.restart_count = 1;
    e.start = 50;
    ck_assert(!mp_queue_has_earlier_run(&q, &e));
    ck_assert_int_eq(mp_queue_add(&q, &e, 0, &added, NULL), 0);
    ck_assert(!mp_queue_has_earlier_run(&q, &e));
    e.start = 70;
    ck_assert(mp_queue_has_earlier_run(&q, &e));
    ck_assert_int_eq(mp_queue_add(&q, &e, 0, &added, NULL), 0);
    ck_assert(added);
    ck_assert_int_eq(mp_queue_add(&q, &e, 0, &added, NULL), 0);
    ck_assert(!added);
    e.job_id = 77;
    ck_assert(!mp_queue_has_earlier_run(&q, &e));
    mp_entry_free(&e);
    teardown();
}
END_TEST

START_TEST(the_scan_is_bounded_and_sorted)
{
    struct mp_queue_item items[3];
    size_t n, total;

    setup();
    for (int i = 0; i < 20; i++)
        add(i, (i * 7 % 20) * 1000000);
    ck_assert_int_eq(mp_queue_scan(&q, MP_WAITING, NULL, items, 3, &n, &total, NULL), 0);
    ck_assert_uint_eq(n, 3);
    ck_assert_uint_eq(total, 20);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(items[i].due, i * 1000000);
    teardown();
}
END_TEST

START_TEST(store_replaces_and_keeps_private)
{
    const char *key = "alpha%2Eb%2F%2E%2E%2Fc.7.0.e100";
    struct mp_entry e, back;
    struct stat st;

    setup();
    add(7, 5);
    entry(&e, 7);
    mp_entry_set(&e.reason, "the database is away", NULL);
    e.tries = 3;
    ck_assert_int_eq(mp_queue_store(&q, MP_WAITING, key, &e, NULL), 0);
    ck_assert_int_eq(mp_queue_read(&q, MP_WAITING, key, &back, NULL), 0);
    ck_assert_str_eq(back.reason, "the database is away");
    ck_assert_int_eq(back.tries, 3);
    ck_assert_int_eq(fstatat(q.states[MP_WAITING], key, &st, 0), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0600);
    ck_assert_int_eq(fstatat(q.dir, "tmp", &st, 0), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0700);
    mp_entry_free(&e);
    mp_entry_free(&back);
    teardown();
}
END_TEST

START_TEST(what_is_not_an_entry_is_not_read)
{
    struct mp_error err;
    struct mp_entry e;

    setup();
    ck_assert_int_eq(symlinkat("/etc/passwd", q.states[MP_WAITING], "a.1.0"), 0);
    ck_assert_int_eq(mp_queue_read(&q, MP_WAITING, "a.1.0", &e, &err), -1);
    ck_assert_int_eq(mkfifoat(q.states[MP_WAITING], "a.2.0", 0600), 0);
    ck_assert_int_eq(mp_queue_read(&q, MP_WAITING, "a.2.0", &e, &err), -1);
    close(openat(q.states[MP_WAITING], "a.3.0", O_CREAT | O_WRONLY, 0600));
    ck_assert_int_eq(mp_queue_read(&q, MP_WAITING, "a.3.0", &e, &err), -1);
    teardown();
}
END_TEST

START_TEST(a_directory_open_to_others_is_refused)
{
    struct mp_error err;
    struct mp_queue other;

    setup();
    ck_assert_int_eq(chmod(path, 0750), 0);
    ck_assert_int_eq(mp_queue_open(&other, path, true, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "chmod 0700"));
    ck_assert_int_eq(chmod(path, 0700), 0);
    snprintf(path, sizeof path, "%s/other", top);
    ck_assert_int_eq(mp_queue_open(&other, path, false, &err), -1);
    ck_assert_int_eq(err.fault, MP_FAULT_NOT_YET);
    ck_assert_int_eq(symlink(top, path), 0);
    ck_assert_int_eq(mp_queue_open(&other, path, true, &err), -1);
    teardown();
}
END_TEST

START_TEST(the_lock_outlives_its_taker_in_a_child)
{
    int fd, other, status, ends[2];
    pid_t child;

    setup();
    ck_assert(!mp_queue_is_locked(&q));
    ck_assert_int_eq(mp_queue_lock(&q, &fd, NULL), 0);
    ck_assert_int_ge(fd, 0);
    ck_assert(mp_queue_is_locked(&q));
    ck_assert_int_eq(mp_queue_lock(&q, &other, NULL), 0);
    ck_assert_int_eq(other, -1);
    ck_assert_int_eq(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        char c;

        close(ends[1]);
        _exit(mp_queue_lock_adopt(&q, fd, NULL) == 0 && read(ends[0], &c, 1) == 0 ? 0
                                                                                  : 1);
    }
    close(ends[0]);
    close(fd);
    ck_assert(mp_queue_is_locked(&q)); /* the child has it still */
    close(ends[1]);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert(!mp_queue_is_locked(&q));
    teardown();
}
END_TEST

static int64_t recorded(int64_t id, int64_t end, int64_t *restart_count)
{
    struct mp_entry e;
    int64_t start;

    entry(&e, id);
    e.end = end;
    ck_assert_int_eq(mp_queue_start_take(&q, &e, NULL), 0);
    start = e.start;
    *restart_count = e.restart_count;
    mp_entry_free(&e);
    return start;
}

START_TEST(starts_are_recorded)
{
    struct mp_entry e;
    int64_t restarts;

    setup();
    entry(&e, 1);
    e.restart_count = 3;
    ck_assert_int_eq(recorded(1, 90, &restarts), -1);
    ck_assert_int_eq(mp_queue_start_record(&q, &e, 80, NULL), 0);
    ck_assert_int_eq(recorded(1, 90, &restarts), 80);
    ck_assert_int_eq(restarts, 3);
    ck_assert_int_eq(recorded(1, 70, &restarts), -1); /* of a later run */
    mp_queue_start_end(&q, &e, true);
    ck_assert_int_eq(recorded(1, 90, &restarts), 80); /* Slurm runs the epilog again */
    mp_queue_start_end(&q, &e, false);
    ck_assert_int_eq(recorded(1, 90, &restarts), -1);
    mp_entry_free(&e);
    teardown();
}
END_TEST

START_TEST(old_records_are_pruned)
{
    struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
    struct mp_entry e;
    int64_t restarts;

    setup();
    entry(&e, 1);
    mp_queue_start_record(&q, &e, 80, NULL);
    e.job_id = 2;
    mp_queue_start_record(&q, &e, 80, NULL);
    ck_assert_int_eq(utimensat(q.start, "alpha%2Eb%2F%2E%2E%2Fc.1", old, 0), 0);
    mp_queue_prune(&q, time(NULL));
    ck_assert_int_eq(recorded(1, 90, &restarts), -1);
    ck_assert_int_eq(recorded(2, 90, &restarts), 80);
    mp_entry_free(&e);
    teardown();
}
END_TEST

/* What mp_queue_add has written and not linked yet, for a job that ended a day ago. */
START_TEST(a_file_being_added_is_no_leftover)
{
    struct timespec due[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = time(NULL) - 86400}};
    struct stat st;
    int fd;

    setup();
    fd = openat(q.tmp, "alpha.7.0.100.42", O_WRONLY | O_CREAT, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(futimens(fd, due), 0);
    close(fd);
    mp_queue_prune(&q, time(NULL));
    ck_assert_int_eq(fstatat(q.tmp, "alpha.7.0.100.42", &st, 0), 0);
    mp_queue_prune(&q, time(NULL) + 2 * 3600);
    ck_assert_int_eq(fstatat(q.tmp, "alpha.7.0.100.42", &st, 0), -1);
    teardown();
}
END_TEST

START_TEST(log_values_cannot_forge)
{
    char out[64];

    mp_log_escape(out, sizeof out, "plain-value_1.2/3");
    ck_assert_str_eq(out, "plain-value_1.2/3");
    mp_log_escape(out, sizeof out, "a\njob=1 \"x\"\\");
    ck_assert_str_eq(out, "\"a\\x0ajob=1 \\\"x\\\"\\\\\"");
    mp_log_escape(out, sizeof out, "\xc3\xa9");
    ck_assert_str_eq(out, "\"\\xc3\\xa9\"");
    mp_log_escape(out, sizeof out, "");
    ck_assert_str_eq(out, "\"\"");
    mp_log_escape(out, 16, "a long value with blanks");
    ck_assert_uint_lt(strlen(out), 16);
    ck_assert_int_eq(out[strlen(out) - 1], '"');
}
END_TEST

/* What lies there instead of our own file is neither opened for good nor changed. */
START_TEST(a_lock_that_is_no_plain_file_is_refused)
{
    char lock[128], other[128];
    struct mp_error err = {0};
    struct stat st;
    int fd;

    setup();
    snprintf(lock, sizeof lock, "%s/lock", path);
    snprintf(other, sizeof other, "%s/other", top);
    ck_assert_int_eq(mkfifo(lock, 0600), 0);
    ck_assert_int_eq(mp_queue_lock(&q, &fd, &err), -1);
    ck_assert_int_eq(unlink(lock), 0);
    close(open(other, O_WRONLY | O_CREAT, 0600));
    ck_assert_int_eq(link(other, lock), 0);
    ck_assert_int_eq(mp_queue_lock(&q, &fd, &err), -1);
    ck_assert_int_eq(unlink(lock), 0);
    ck_assert_int_eq(symlink(other, lock), 0);
    ck_assert_int_eq(mp_queue_lock(&q, &fd, &err), -1);
    ck_assert_int_eq(unlink(lock), 0);
    snprintf(lock, sizeof lock, "%s/service", path);
    ck_assert_int_eq(link(other, lock), 0);
    ck_assert_int_eq(mp_queue_set_service(&q, &err), -1);
    ck_assert_int_eq(stat(other, &st), 0);
    ck_assert_int_eq(st.st_size, 0);
    teardown();
}
END_TEST

/* A thousand of one owner's do not hide one of another's. */
START_TEST(the_scan_shows_every_owner)
{
    static struct mp_queue_owners owners;
    struct mp_queue_item items[64];
    struct mp_error err = {0};
    size_t n, total, others = 0;
    struct mp_entry e;
    bool added;

    setup();
    for (int64_t id = 1; id <= 200; id++) {
        entry(&e, id);
        e.uid = id == 200 ? 1002 : 1001;
        ck_assert_msg(mp_queue_add(&q, &e, id, &added, &err) == 0, "%s", err.text);
        mp_entry_free(&e);
    }
    ck_assert_int_eq(mp_queue_scan(&q, MP_WAITING, &owners, items, 64, &n, &total, NULL),
                     0);
    ck_assert_uint_eq(total, 200);
    ck_assert_uint_eq(n, MP_QUEUE_EACH + 1);
    for (size_t i = 0; i < n; i++)
        others += items[i].owner == 1002;
    ck_assert_uint_eq(others, 1);
    ck_assert_int_eq(items[0].due, 1);
    ck_assert_int_eq(items[MP_QUEUE_EACH - 1].due, MP_QUEUE_EACH);
    teardown();
}
END_TEST

static void count_told(void *arg, const char *key)
{
    ck_assert(mp_queue_has(&q, MP_FAILED, key));
    ++*(int *)arg;
}

START_TEST(names_too_long_are_set_aside_once)
{
    char name[256] = "";
    int n = 0;

    setup();
    memset(name, 'x', 240);
    for (int i = 0; i < 2; i++) { /* alike where they are cut */
        name[239] = (char)('a' + i);
        close(openat(q.states[MP_WAITING], name, O_WRONLY | O_CREAT, 0600));
    }
    ck_assert(!mp_queue_is_empty(&q, MP_WAITING));
    mp_queue_set_aside(&q, count_told, &n);
    ck_assert_int_eq(n, 2);
    ck_assert(mp_queue_is_empty(&q, MP_WAITING));
    mp_queue_set_aside(&q, count_told, &n);
    ck_assert_int_eq(n, 2);
    teardown();
}
END_TEST

MP_UNIT_MAIN("queue", one_run_of_a_job_is_queued_once, runs_are_told_apart_by_their_start,
             the_scan_is_bounded_and_sorted, store_replaces_and_keeps_private,
             what_is_not_an_entry_is_not_read, a_directory_open_to_others_is_refused,
             the_lock_outlives_its_taker_in_a_child, starts_are_recorded,
             old_records_are_pruned, a_file_being_added_is_no_leftover,
             log_values_cannot_forge, a_lock_that_is_no_plain_file_is_refused,
             the_scan_shows_every_owner, names_too_long_are_set_aside_once)
