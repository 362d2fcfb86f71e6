/* SPDX-License-Identifier: MIT
 * test_outdir.c - a report's directory appears whole or not at all, whatever stands in
 * its way, and nothing that is not ours is touched. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report/outdir.h"
#include "unit.h"

static char top[32]; /* each test runs in its own process */

static void set_up(void)
{
    snprintf(top, sizeof top, "/tmp/mp-outdir.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(top));
    ck_assert_int_eq(chdir(top), 0);
    umask(022);
    ck_assert_int_eq(chmod(top, 0755), 0);
}

static void tear_down(void)
{
    char command[256];

    snprintf(command, sizeof command, "chmod -R u+rwx %s && rm -rf %s", top, top);
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(system(command), 0);
}

static void put(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    ck_assert_int_eq(fclose(f), 0);
}

static bool holds(const char *path, const char *text)
{
    char line[64] = "";
    FILE *f = fopen(path, "r");

    if (f == NULL)
        return false;
    if (fgets(line, sizeof line, f) == NULL)
        line[0] = '\0';
    fclose(f);
    return strcmp(line, text) == 0;
}

static int entries(const char *path)
{
    DIR *dir = opendir(path);
    int n = -2; /* . and .. */

    ck_assert_ptr_nonnull(dir);
    while (readdir(dir) != NULL)
        n++;
    closedir(dir);
    return n;
}

static unsigned mode_of(const char *path)
{
    struct stat st;

    ck_assert_int_eq(lstat(path, &st), 0);
    return st.st_mode & 07777;
}

static void write_in(struct mp_outdir *d, const char *name, const char *text)
{
    struct mp_error err = {0};
    int fd = -1;

    ck_assert_msg(mp_outdir_create(d, name, &fd, &err) == 0, "%s", err.text);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

static struct mp_outdir *begin(const char *text)
{
    struct mp_error err = {0};
    struct mp_outdir *d = NULL;

    ck_assert_msg(mp_outdir_new(&d, top, "power_7", NULL, &err) == 0, "%s", err.text);
    write_in(d, "raw_power.csv", text);
    write_in(d, "summary.json.part", text);
    return d;
}

static void report(const char *text)
{
    struct mp_error err = {0};
    struct mp_outdir *d = begin(text);

    ck_assert_msg(mp_outdir_commit(d, &err) == 0, "%s", err.text);
    mp_outdir_free(d);
}

static void refused(const char *label, const char *part_of_text)
{
    struct mp_error err = {0};
    struct mp_outdir *d = NULL;

    ck_assert_int_eq(mp_outdir_new(&d, top, label, NULL, &err), -1);
    ck_assert_msg(strstr(err.text, part_of_text) != NULL, "%s", err.text);
}

/* From here on renameat2 with flags fails as it does on NFS. */
static void forbid_exchange(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_renameat2, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[4])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};

    ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
    ck_assert_int_eq(syscall(SYS_renameat2, AT_FDCWD, "x", AT_FDCWD, "y", 2), -1);
    ck_assert_int_eq(errno, EINVAL);
}

START_TEST(appears_whole)
{
    struct mp_error err = {0};
    struct mp_outdir *d;

    set_up();
    d = begin("new");
    ck_assert_int_ne(access("power_7", F_OK), 0);
    ck_assert_int_eq(entries("."), 1);
    ck_assert_int_eq(mp_outdir_commit(d, &err), 0);
    ck_assert(holds("power_7/raw_power.csv", "new"));
    ck_assert(holds("power_7/summary.json", "new"));
    ck_assert_int_eq(entries("power_7"), 2);
    ck_assert_int_eq(entries("."), 1);
    mp_outdir_free(d);
    ck_assert(holds("power_7/summary.json", "new"));
    tear_down();
}
END_TEST

START_TEST(leaves_nothing_when_given_up)
{
    set_up();
    mp_outdir_free(begin("new"));
    ck_assert_int_eq(entries("."), 0);
    tear_down();
}
END_TEST

START_TEST(takes_only_names_of_a_report)
{
    struct mp_error err = {0};
    struct mp_outdir *d;
    int fd;

    set_up();
    d = begin("new");
    ck_assert_int_eq(mp_outdir_create(d, "../x", &fd, &err), -1);
    ck_assert_int_eq(mp_outdir_create(d, "raw_power.csv", &fd, &err), -1);
    mp_outdir_free(d);
    refused("7/../../x", "no name for a report");
    refused("", "no name for a report");
    refused("/7", "no name for a report");
    refused("7/", "no name for a report");
    refused(".7", "no name for a report");
    tear_down();
}
END_TEST

START_TEST(modes_follow_the_parent_and_the_umask)
{
    static const struct {
        unsigned parent, mask, dir, file;
    } cases[] = {
        {0755, 022, 0750, 0640}, {0777, 000, 0750, 0640}, {0750, 022, 0750, 0640},
        {0700, 022, 0700, 0600}, {0711, 022, 0700, 0600}, {0755, 077, 0700, 0600},
        {0755, 027, 0750, 0640},
    };

    set_up();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_int_eq(chmod(top, cases[i].parent), 0);
        umask(cases[i].mask);
        report("x");
        ck_assert_uint_eq(mode_of("power_7"), cases[i].dir);
        ck_assert_uint_eq(mode_of("power_7/raw_power.csv"), cases[i].file);
        ck_assert_uint_eq(mode_of("power_7/summary.json"), cases[i].file);
    }
    if (geteuid() == 0) { /* a group the parent does not speak of gets what others get */
        ck_assert_int_eq(chown(top, 0, 4711), 0);
        ck_assert_int_eq(chmod(top, 0750), 0);
        report("x");
        ck_assert_uint_eq(mode_of("power_7"), 0700);
    }
    tear_down();
}
END_TEST

START_TEST(replaces_an_older_report_and_keeps_what_is_not_ours)
{
    set_up();
    report("old");
    put("power_7/timeseries.png", "old chart");
    put("power_7/notes.txt", "mine");
    ck_assert_int_eq(mkdir("power_7/analysis", 0755), 0);
    put("power_7/analysis/a", "mine too");
    report("new");
    ck_assert(holds("power_7/raw_power.csv", "new"));
    ck_assert(holds("power_7/summary.json", "new"));
    ck_assert(holds("power_7/notes.txt", "mine"));
    ck_assert(holds("power_7/analysis/a", "mine too"));
    ck_assert_int_ne(access("power_7/timeseries.png", F_OK), 0);
    ck_assert_int_eq(entries("."), 1);
    tear_down();
}
END_TEST

START_TEST(replaces_without_exchange)
{
    set_up();
    report("old");
    put("power_7/notes.txt", "mine");
    forbid_exchange();
    report("new");
    ck_assert(holds("power_7/raw_power.csv", "new"));
    ck_assert(holds("power_7/notes.txt", "mine"));
    ck_assert_int_eq(entries("."), 1);
    tear_down();
}
END_TEST

START_TEST(appears_without_exchange)
{
    set_up();
    forbid_exchange();
    report("new");
    ck_assert(holds("power_7/summary.json", "new"));
    ck_assert_int_eq(entries("."), 1);
    tear_down();
}
END_TEST

START_TEST(hard_links_under_our_names_are_not_written_through)
{
    set_up();
    put("precious", "precious");
    ck_assert_int_eq(mkdir("power_7", 0755), 0);
    ck_assert_int_eq(link("precious", "power_7/raw_power.csv"), 0);
    ck_assert_int_eq(link("precious", "power_7/summary.json"), 0);
    ck_assert_int_eq(symlink("../precious", "power_7/energy_pie.png"), 0);
    report("new");
    ck_assert(holds("precious", "precious"));
    ck_assert(holds("power_7/raw_power.csv", "new"));
    tear_down();
}
END_TEST

static int new_at(const char *name, struct mp_error *err)
{
    struct mp_outdir *d = NULL;
    int rc;

    if (mp_outdir_new(&d, top, name, NULL, err) < 0)
        return -1;
    write_in(d, "summary.json.part", name);
    rc = mp_outdir_commit(d, err);
    mp_outdir_free(d);
    return rc;
}

static void refused_way(const char *name, const char *part_of_text)
{
    struct mp_error err = {0};

    ck_assert_int_eq(new_at(name, &err), -1);
    ck_assert_msg(strstr(err.text, part_of_text) != NULL, "%s", err.text);
}

START_TEST(makes_the_way_to_it)
{
    struct mp_error err = {0};

    set_up();
    ck_assert_msg(new_at("alice/2025/7", &err) == 0, "%s", err.text);
    ck_assert(holds("alice/2025/7/summary.json", "alice/2025/7"));
    ck_assert_uint_eq(mode_of("alice"), 0755);
    ck_assert_uint_eq(mode_of("alice/2025/7"), 0750);
    ck_assert_msg(new_at("alice/2025/7", &err) == 0, "%s", err.text); /* again */
    ck_assert_int_eq(entries("alice/2025"), 1);
    ck_assert_int_eq(chmod(top, 0700), 0); /* no wider than the one above */
    ck_assert_msg(new_at("bob/7", &err) == 0, "%s", err.text);
    ck_assert_uint_eq(mode_of("bob"), 0700);
    ck_assert_int_eq(chmod(top, 0755), 0);
    umask(077);
    ck_assert_msg(new_at("carol/7", &err) == 0, "%s", err.text);
    ck_assert_uint_eq(mode_of("carol"), 0700);
    umask(022);
    ck_assert_int_eq(chmod(top, 02775), 0); /* a group's directory stays the group's */
    ck_assert_msg(new_at("dave/7", &err) == 0, "%s", err.text);
    ck_assert_uint_eq(mode_of("dave"), 02755);
    tear_down();
}
END_TEST

START_TEST(follows_nobody_on_the_way)
{
    set_up();
    ck_assert_int_eq(mkdir("elsewhere", 0755), 0);
    ck_assert_int_eq(symlink("elsewhere", "link"), 0);
    ck_assert_int_eq(symlink("/nowhere", "dangling"), 0);
    put("file", "a file");
    ck_assert_int_eq(mkfifo("fifo", 0644), 0);
    ck_assert_int_eq(mkdir("own", 0755), 0);
    ck_assert_int_eq(symlink("../elsewhere", "own/link"), 0);
    refused_way("link/7", "link is a symbolic link; move it away");
    refused_way("dangling/7", "symbolic link");
    refused_way("file/7", "is a file");
    refused_way("fifo/7", "FIFO");
    refused_way("own/link/7", "own/link is a symbolic link");
    refused_way("own/../7", "no name for a report");
    ck_assert_int_eq(entries("elsewhere"), 0);
    if (geteuid() == 0) {
        ck_assert_int_eq(mkdir("planted", 0777), 0);
        ck_assert_int_eq(chown("planted", 4711, 4711), 0);
        refused_way("planted/7", "planted belongs to uid 4711, not to uid 0");
        ck_assert_int_eq(entries("planted"), 0);
    }
    tear_down();
}
END_TEST

/* Root's report for an owner: the way stays root's, and lets the owner through. */
START_TEST(keeps_the_way_it_made_for_an_owner)
{
    struct mp_outdir_owner owner = {.uid = 4711, .gid = 4711};
    struct mp_outdir *d = NULL;
    struct mp_error err = {0};
    struct stat st;

    if (geteuid() != 0)
        return;
    set_up();
    umask(077); /* a writer's own may be narrow */
    ck_assert_int_eq(mp_outdir_new(&d, top, "alice/7", &owner, &err), 0);
    write_in(d, "summary.json.part", "x");
    ck_assert_msg(mp_outdir_commit(d, &err) == 0, "%s", err.text);
    mp_outdir_free(d);
    ck_assert_int_eq(lstat("alice", &st), 0);
    ck_assert_uint_eq(st.st_uid, 0);
    ck_assert_uint_eq(mode_of("alice"), 0755);
    ck_assert_int_eq(lstat("alice/7", &st), 0);
    ck_assert_uint_eq(st.st_uid, 4711);
    tear_down();
}
END_TEST

START_TEST(refuses_what_is_no_directory_of_ours)
{
    struct stat st;

    set_up();
    ck_assert_int_eq(mkdir("elsewhere", 0755), 0);
    ck_assert_int_eq(symlink("elsewhere", "power_1"), 0);
    ck_assert_int_eq(symlink("/nowhere", "power_2"), 0);
    put("power_3", "a file");
    ck_assert_int_eq(mkfifo("power_4", 0644), 0);
    ck_assert_int_eq(mkdir("power_5", 0755), 0);
    ck_assert_int_eq(mkdir("power_5/raw_power.csv", 0755), 0);
    refused("power_1", "symbolic link");
    refused("power_2", "symbolic link");
    refused("power_3", "is a file");
    refused("power_4", "FIFO");
    refused("power_5", "raw_power.csv is a directory");
    ck_assert_int_eq(entries("elsewhere"), 0);
    ck_assert_int_eq(lstat("power_2", &st), 0);
    ck_assert(holds("power_3", "a file"));
    ck_assert_int_eq(entries("."), 6);
    if (geteuid() == 0) {
        ck_assert_int_eq(mkdir("power_6", 0777), 0);
        ck_assert_int_eq(chown("power_6", 4711, 4711), 0);
        refused("power_6", "belongs to uid 4711");
        ck_assert_int_eq(entries("power_6"), 0);
    }
    tear_down();
}
END_TEST

START_TEST(what_is_planted_meanwhile_is_refused_too)
{
    struct mp_error err = {0};
    struct mp_outdir *d;

    set_up();
    ck_assert_int_eq(mkdir("elsewhere", 0755), 0);
    d = begin("new");
    ck_assert_int_eq(symlink("elsewhere", "power_7"), 0);
    ck_assert_int_eq(mp_outdir_commit(d, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "symbolic link"));
    mp_outdir_free(d);
    ck_assert_int_eq(entries("elsewhere"), 0);
    ck_assert_int_eq(entries("."), 2);
    tear_down();
}
END_TEST

START_TEST(files_planted_in_the_hidden_directory_are_not_opened)
{
    struct mp_error err = {0};
    struct mp_outdir *d;
    int fd;

    set_up();
    put("precious", "precious");
    d = begin("new");
    ck_assert_int_eq(system("ln -s ../precious $(echo .power_7.*)/timeseries.png"), 0);
    ck_assert_int_eq(system("ln precious $(echo .power_7.*)/timeseries.pdf"), 0);
    ck_assert_int_eq(mp_outdir_create(d, "timeseries.png", &fd, &err), -1);
    ck_assert_int_eq(mp_outdir_create(d, "timeseries.pdf", &fd, &err), -1);
    mp_outdir_free(d);
    ck_assert(holds("precious", "precious"));
    ck_assert_int_eq(entries("."), 1);
    tear_down();
}
END_TEST

START_TEST(a_parent_that_moves_away_is_not_looked_up_again)
{
    struct mp_error err = {0};
    struct mp_outdir *d = NULL;
    char job[96], away[96], decoy[96];

    set_up();
    snprintf(job, sizeof job, "%s/job", top);
    snprintf(away, sizeof away, "%s/away", top);
    snprintf(decoy, sizeof decoy, "%s/decoy", top);
    ck_assert_int_eq(mkdir(job, 0755) + mkdir(decoy, 0755), 0);
    ck_assert_int_eq(mp_outdir_new(&d, job, "power_7", NULL, &err), 0);
    ck_assert_int_eq(rename(job, away), 0);
    ck_assert_int_eq(symlink(decoy, job), 0);
    write_in(d, "summary.json.part", "new");
    ck_assert_int_eq(mp_outdir_commit(d, &err), 0);
    mp_outdir_free(d);
    ck_assert_int_eq(entries("decoy"), 0);
    ck_assert(holds("away/power_7/summary.json", "new"));
    tear_down();
}
END_TEST

START_TEST(unusable_parents_are_named)
{
    struct mp_error err = {0};
    struct mp_outdir *d = NULL;

    set_up();
    put("file", "x");
    ck_assert_int_eq(mkfifo("fifo", 0644), 0);
    ck_assert_int_eq(mp_outdir_new(&d, "/nonexistent/x", "power_7", NULL, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent/x: No such file"));
    ck_assert_int_eq(mp_outdir_new(&d, "file", "power_7", NULL, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "file: Not a directory"));
    ck_assert_int_eq(mp_outdir_new(&d, "fifo", "power_7", NULL, &err), -1);
    ck_assert_int_eq(mp_outdir_new(&d, "/proc", "power_7", NULL, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "/proc"));
    if (geteuid() != 0) {
        ck_assert_int_eq(chmod(top, 0555), 0);
        refused("power_7", "Permission denied");
        ck_assert_int_eq(chmod(top, 0755), 0);
    }
    ck_assert_int_eq(entries("."), 2);
    tear_down();
}
END_TEST

/* What a killed run leaves: its directory, without its lock. */
static void leave_behind(const char *text, bool whole)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        begin(text);
        _exit(whole && system("for d in .power_7.*; do "
                              "mv $d/summary.json.part $d/summary.json; done") != 0);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
}

START_TEST(a_killed_run_is_cleared_by_the_next)
{
    set_up();
    leave_behind("killed", false);
    leave_behind("killed", false); /* clears the first */
    ck_assert_int_eq(entries("."), 1);
    mp_outdir_free(begin("next"));
    ck_assert_int_eq(entries("."), 0);
    leave_behind("killed", false);
    report("next");
    ck_assert(holds("power_7/summary.json", "next"));
    ck_assert_int_eq(entries("."), 1);
    tear_down();
}
END_TEST

START_TEST(a_whole_report_that_lost_its_name_gets_it_back)
{
    set_up();
    leave_behind("whole", true);
    mp_outdir_free(begin("next"));
    ck_assert(holds("power_7/summary.json", "whole"));
    leave_behind("late", true);
    mp_outdir_free(begin("next"));
    ck_assert(holds("power_7/summary.json", "whole"));
    ck_assert_int_eq(entries("."), 1);
    tear_down();
}
END_TEST

START_TEST(a_living_run_and_strangers_are_left_alone)
{
    struct mp_error err = {0};
    struct mp_outdir *living;

    set_up();
    living = begin("living");
    ck_assert_int_eq(mkdir(".power_7.notours", 0755), 0);
    ck_assert_int_eq(mkdir(".power_77.0123456789ab", 0755), 0);
    put(".power_7.0123456789ab", "a file");
    report("next");
    ck_assert_int_eq(access(".power_7.notours", F_OK), 0);
    ck_assert_int_eq(access(".power_77.0123456789ab", F_OK), 0);
    ck_assert(holds(".power_7.0123456789ab", "a file"));
    ck_assert_int_eq(mp_outdir_commit(living, &err), 0);
    mp_outdir_free(living);
    ck_assert(holds("power_7/summary.json", "living"));
    tear_down();
}
END_TEST

START_TEST(a_killed_exchange_loses_nothing_of_the_owner)
{
    set_up();
    report("new");
    leave_behind("old", true);
    ck_assert_int_eq(system("echo -n mine >$(echo .power_7.*)/notes.txt"), 0);
    report("newer");
    ck_assert(holds("power_7/summary.json", "newer"));
    ck_assert(holds("power_7/notes.txt", "mine"));
    ck_assert_int_eq(entries("."), 1);
    tear_down();
}
END_TEST

START_TEST(a_drop_box_will_do)
{
    set_up();
    if (geteuid() != 0) { /* root reads everything */
        ck_assert_int_eq(chmod(top, 0300), 0);
        report("new");
        ck_assert_int_eq(chmod(top, 0700), 0);
        ck_assert(holds("power_7/summary.json", "new"));
    }
    tear_down();
}
END_TEST

START_TEST(root_gives_the_report_to_its_owner)
{
    struct mp_outdir_owner owner = {.uid = 4711, .gid = 4712};
    struct mp_error err = {0};
    struct mp_outdir *d = NULL;
    struct stat st;

    set_up();
    for (int i = 0; geteuid() == 0 && i < 2; i++) { /* the second replaces the first */
        ck_assert_int_eq(mp_outdir_new(&d, top, "power_7", &owner, &err), 0);
        write_in(d, "summary.json.part", "new");
        ck_assert_msg(mp_outdir_commit(d, &err) == 0, "%s", err.text);
        mp_outdir_free(d);
        ck_assert_int_eq(lstat("power_7", &st), 0);
        ck_assert_uint_eq(st.st_uid, 4711);
        ck_assert_uint_eq(st.st_gid, 4712);
        ck_assert_int_eq(lstat("power_7/summary.json", &st), 0);
        ck_assert_uint_eq(st.st_uid, 4711);
        ck_assert_int_eq(entries("."), 1);
    }
    tear_down();
}
END_TEST

MP_UNIT_MAIN("outdir", appears_whole, leaves_nothing_when_given_up,
             takes_only_names_of_a_report, modes_follow_the_parent_and_the_umask,
             replaces_an_older_report_and_keeps_what_is_not_ours,
             replaces_without_exchange, appears_without_exchange,
             hard_links_under_our_names_are_not_written_through, makes_the_way_to_it,
             follows_nobody_on_the_way, keeps_the_way_it_made_for_an_owner,
             refuses_what_is_no_directory_of_ours,
             what_is_planted_meanwhile_is_refused_too,
             files_planted_in_the_hidden_directory_are_not_opened,
             a_parent_that_moves_away_is_not_looked_up_again, unusable_parents_are_named,
             a_killed_run_is_cleared_by_the_next,
             a_whole_report_that_lost_its_name_gets_it_back,
             a_living_run_and_strangers_are_left_alone,
             a_killed_exchange_loses_nothing_of_the_owner, a_drop_box_will_do,
             root_gives_the_report_to_its_owner)
