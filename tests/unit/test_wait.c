/* SPDX-License-Identifier: MIT
 * test_wait.c - what ends a wait: a descriptor, the moment, the deadline, a stop. */
#include "config.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "base/wait.h"
#include "unit.h"

enum { MS = 1000 };

static struct mp_run run;
static int quiet, ready; /* descriptors */

static void setup(void)
{
    run = (struct mp_run){.stop_fd = eventfd(0, 0), .deadline_us = INT64_MAX};
    quiet = eventfd(0, 0);
    ready = eventfd(1, 0);
}

static void teardown(void)
{
    close(run.stop_fd);
    close(quiet);
    close(ready);
}

START_TEST(a_descriptor_ends_it_and_is_named)
{
    struct pollfd fds[2 + 1] = {{.fd = quiet, .events = POLLIN},
                                {.fd = ready, .events = POLLIN}};

    ck_assert_int_eq(mp_wait(&run, fds, 2, INT64_MAX, NULL), 1);
    ck_assert_int_eq(fds[0].revents, 0);
    ck_assert_int_eq(fds[1].revents, POLLIN);
    ck_assert_int_eq(mp_wait_fd(NULL, ready, POLLIN, 0, NULL), 1);
    ck_assert_int_eq(mp_ready(ready, POLLIN), POLLIN);
    ck_assert_int_eq(mp_ready(quiet, POLLIN), 0);
}
END_TEST

START_TEST(the_moment_ends_it_and_not_before)
{
    int64_t until = mp_clock_us() + 20 * MS;

    ck_assert_int_eq(mp_wait_fd(&run, quiet, POLLIN, until, NULL), 0);
    ck_assert_int_ge(mp_clock_us(), until);
    until = mp_clock_us() + 20 * MS;
    ck_assert_int_eq(mp_wait_fd(NULL, -1, 0, until, NULL), 0);
    ck_assert_int_ge(mp_clock_us(), until);
    ck_assert_int_eq(mp_wait_fd(&run, quiet, POLLIN, 0, NULL), 0);
}
END_TEST

START_TEST(the_deadline_ends_it_even_where_there_is_something)
{
    struct mp_error err = {0};

    run.deadline_us = mp_clock_us() + 20 * MS;
    ck_assert_int_eq(mp_wait_fd(&run, quiet, POLLIN, INT64_MAX, &err), -1);
    ck_assert_int_eq(err.fault, MP_FAULT_TRANSIENT);
    ck_assert_int_eq(mp_wait_fd(&run, ready, POLLIN, INT64_MAX, &err), -1);
}
END_TEST

START_TEST(a_stop_ends_it_and_what_came_with_it_is_told)
{
    struct pollfd fds[1 + 1] = {{.fd = ready, .events = POLLIN}};
    struct mp_error err = {0};

    eventfd_write(run.stop_fd, 1);
    ck_assert_int_eq(mp_wait(&run, fds, 1, INT64_MAX, &err), -1);
    ck_assert_int_eq(err.fault, MP_FAULT_STOPPED);
    ck_assert_int_eq(fds[0].revents, POLLIN);
}
END_TEST

START_TEST(what_is_left_is_never_taken_for_none)
{
    ck_assert_int_eq(mp_run_left_ms(&run), -1);
    run.deadline_us = mp_clock_us() - 5 * MS;
    ck_assert_int_eq(mp_run_left_ms(&run), 1);
    run.deadline_us = mp_clock_us() + INT64_C(7200000000);
    ck_assert_int_gt(mp_run_left_ms(&run), 7190000);
}
END_TEST

MP_UNIT_MAIN_WITH("wait", setup, teardown, a_descriptor_ends_it_and_is_named,
                  the_moment_ends_it_and_not_before,
                  the_deadline_ends_it_even_where_there_is_something,
                  a_stop_ends_it_and_what_came_with_it_is_told,
                  what_is_left_is_never_taken_for_none)
