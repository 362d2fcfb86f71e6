/* SPDX-License-Identifier: MIT
 * queue.c - the spool's folders and entries. */
#include "config.h"

#include "queue/queue.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/whole.h"

enum { DONE_SECONDS = 86400, TMP_SECONDS = 3600, START_SECONDS = 90 * 86400 };

#define ENDED ".ended" /* of a start record whose job has ended */

static const char *const state_names[MP_N_STATES] = {
    [MP_WAITING] = "waiting",
    [MP_RUNNING] = "running",
    [MP_DONE] = "done",
    [MP_FAILED] = "failed",
};

const char *mp_queue_state_name(enum mp_queue_state state)
{
    return state_names[state];
}

/* --- opening ------------------------------------------------------------------------ */

static int open_dir(int at, const char *name)
{
    return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int check_private(struct mp_queue *q, struct mp_error *err)
{
    struct stat st;

    if (fstat(q->dir, &st) < 0)
        return mp_fail(err, MP_FAULT_FAILED, "cannot look at queue directory %s: %s",
                       q->path, strerror(errno));
    if (st.st_uid != geteuid() && geteuid() != 0)
        return mp_fail(
            err, MP_FAULT_FAILED,
            "queue directory %s belongs to user %u, not to us: chown it to the "
            "user slurmctld runs as",
            q->path, (unsigned)st.st_uid);
    if ((st.st_mode & 077) != 0)
        return mp_fail(err, MP_FAULT_FAILED,
                       "queue directory %s is open to others: chmod 0700 it", q->path);
    q->uid = st.st_uid;
    q->gid = st.st_gid;
    return 0;
}

static int open_root(struct mp_queue *q, bool create, struct mp_error *err)
{
    q->dir = open_dir(AT_FDCWD, q->path);
    if (q->dir < 0 && errno == ENOENT && create) {
        if (mkdir(q->path, 0700) < 0 && errno != EEXIST)
            return mp_fail(err, MP_FAULT_FAILED,
                           "cannot make queue directory %s: %s; as root: install -d -m "
                           "0700 -o <SlurmUser> it",
                           q->path, strerror(errno));
        q->dir = open_dir(AT_FDCWD, q->path);
    }
    if (q->dir < 0 && errno == ENOENT)
        return mp_fail(err, MP_FAULT_NOT_YET, "there is no queue directory %s", q->path);
    if (q->dir < 0)
        return mp_fail(err, MP_FAULT_FAILED,
                       "cannot open queue directory %s: %s; it must belong to the user "
                       "slurmctld runs as",
                       q->path, strerror(errno));
    return check_private(q, err);
}

/* What root makes in a directory of SlurmUser's must stay SlurmUser's. */
static int give_to_owner(const struct mp_queue *q, int fd)
{
    if (geteuid() != 0 || q->uid == 0)
        return 0;
    return fchown(fd, q->uid, q->gid);
}

static int open_folder(struct mp_queue *q, const char *name, int *fd,
                       struct mp_error *err)
{
    *fd = open_dir(q->dir, name);
    if (*fd >= 0)
        return 0;
    if (errno == ENOENT && (mkdirat(q->dir, name, 0700) == 0 || errno == EEXIST)) {
        *fd = open_dir(q->dir, name);
        if (*fd >= 0 && give_to_owner(q, *fd) == 0)
            return 0;
    }
    return mp_fail(err, MP_FAULT_FAILED, "cannot open or make %s/%s: %s", q->path, name,
                   strerror(errno));
}

static int open_folders(struct mp_queue *q, struct mp_error *err)
{
    for (int i = 0; i < MP_N_STATES; i++)
        if (open_folder(q, state_names[i], &q->states[i], err) < 0)
            return -1;
    if (open_folder(q, "start", &q->start, err) < 0)
        return -1;
    return open_folder(q, "tmp", &q->tmp, err);
}

int mp_queue_open(struct mp_queue *q, const char *path, bool create, struct mp_error *err)
{
    *q = (struct mp_queue){.dir = -1, .states = {-1, -1, -1, -1}, .start = -1, .tmp = -1};
    q->path = strdup(path);
    if (q->path == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory");
    if (open_root(q, create, err) == 0 && open_folders(q, err) == 0)
        return 0;
    mp_queue_close(q);
    return -1;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void mp_queue_close(struct mp_queue *q)
{
    close_fd(&q->dir);
    for (int i = 0; i < MP_N_STATES; i++)
        close_fd(&q->states[i]);
    close_fd(&q->start);
    close_fd(&q->tmp);
    free(q->path);
    q->path = NULL;
}

/* --- names -------------------------------------------------------------------------- */

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '-' || c == '_';
}

/* <cluster>.<job id> */
static size_t job_key(const struct mp_entry *e, char key[MP_QUEUE_KEY_MAX])
{
    const char *cluster =
        e->cluster != NULL && *e->cluster != '\0' ? e->cluster : "cluster";
    size_t n = 0;

    for (; *cluster != '\0' && n < MP_QUEUE_KEY_MAX - 96; cluster++) {
        if (is_name_byte(*cluster))
            key[n++] = *cluster;
        else
            n += (size_t)snprintf(key + n, 4, "%%%02X", (unsigned char)*cluster);
    }
    return n + (size_t)snprintf(key + n, MP_QUEUE_KEY_MAX - n, ".%" PRId64, e->job_id);
}

void mp_queue_key(const struct mp_entry *e, char key[MP_QUEUE_KEY_MAX])
{
    size_t n = job_key(e, key);

    if (e->start >= 0)
        snprintf(key + n, MP_QUEUE_KEY_MAX - n, ".%" PRId64 ".%" PRId64, e->restart_count,
                 e->start);
    else
        snprintf(key + n, MP_QUEUE_KEY_MAX - n, ".%" PRId64 ".e%" PRId64,
                 e->restart_count, e->end);
}

/* --- writing a file ----------------------------------------------------------------- */

static struct timespec to_timespec(int64_t us)
{
    return (struct timespec){.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
}

/* A name in tmp/ that no other process uses. */
static void temporary_name(char *name, size_t size, const char *key)
{
    snprintf(name, size, "%s.%ld", key, (long)getpid());
}

/* A whole, synced file tmp/NAME with modification time `due` (us; -1: now). */
static int write_temporary(struct mp_queue *q, const char *name, const char *text,
                           size_t len, int64_t due, bool sync, struct mp_error *err)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, to_timespec(due)};
    int fd;

    unlinkat(q->tmp, name, 0); /* of a process of the same number, long dead */
    fd = openat(q->tmp, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        goto fail;
    if (mp_write_all(fd, text, len) != 0 || give_to_owner(q, fd) < 0 ||
        (due >= 0 && futimens(fd, times) < 0) || (sync && fsync(fd) < 0))
        goto fail;
    if (close(fd) == 0)
        return 0;
    fd = -1;

fail:
    mp_fail(err, MP_FAULT_FAILED, "cannot write to queue directory %s: %s", q->path,
            strerror(errno));
    if (fd >= 0)
        close(fd);
    unlinkat(q->tmp, name, 0);
    return -1;
}

static int write_entry(struct mp_queue *q, const char *name, const struct mp_entry *e,
                       int64_t due, struct mp_error *err)
{
    char *text = NULL;
    size_t len;
    int rc;

    if (mp_entry_encode(e, &text, &len, err) < 0)
        return -1;
    rc = write_temporary(q, name, text, len, due, true, err);
    free(text);
    return rc;
}

/* --- adding ------------------------------------------------------------------------- */

/* Looked for in the order in which an entry moves, so that
 * one that moves is not missed. */
static bool is_known(const struct mp_queue *q, const char *key)
{
    for (int i = 0; i < MP_N_STATES; i++)
        if (mp_queue_has(q, (enum mp_queue_state)i, key))
            return true;
    return false;
}

int mp_queue_add(struct mp_queue *q, const struct mp_entry *e, int64_t due, bool *added,
                 struct mp_error *err)
{
    char key[MP_QUEUE_KEY_MAX], name[MP_QUEUE_KEY_MAX + 16];
    int rc = 0;

    *added = false;
    mp_queue_key(e, key);
    if (is_known(q, key))
        return 0;
    temporary_name(name, sizeof name, key);
    if (write_entry(q, name, e, due, err) < 0)
        return -1;
    /* link, not rename: it fails where a twin of ours was faster */
    if (linkat(q->tmp, name, q->states[MP_WAITING], key, 0) == 0)
        *added = true;
    else if (errno != EEXIST)
        rc = mp_fail(err, MP_FAULT_FAILED, "cannot write to queue directory %s: %s",
                     q->path, strerror(errno));
    unlinkat(q->tmp, name, 0);
    if (rc == 0 && fsync(q->states[MP_WAITING]) < 0)
        rc = mp_fail(err, MP_FAULT_FAILED, "cannot sync queue directory %s: %s", q->path,
                     strerror(errno));
    return rc;
}

/* --- reading and moving ------------------------------------------------------------- */

bool mp_queue_has(const struct mp_queue *q, enum mp_queue_state state, const char *key)
{
    struct stat st;

    return fstatat(q->states[state], key, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* At most `size` bytes of a regular file; -1 where it is none or longer. */
static ssize_t read_file(int at, const char *name, char *buffer, size_t size)
{
    int fd = openat(at, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat st;
    ssize_t n;

    if (fd < 0)
        return -1;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > (off_t)size) {
        close(fd);
        errno = EFBIG;
        return -1;
    }
    n = mp_read_all(fd, buffer, size);
    close(fd);
    return n;
}

int mp_queue_read(const struct mp_queue *q, enum mp_queue_state state, const char *key,
                  struct mp_entry *e, struct mp_error *err)
{
    char *text = malloc(MP_ENTRY_TEXT_MAX);
    ssize_t n;
    int rc;

    mp_entry_init(e);
    if (text == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "out of memory");
    n = read_file(q->states[state], key, text, MP_ENTRY_TEXT_MAX);
    if (n < 0)
        rc = mp_fail(err, MP_FAULT_FAILED, "cannot read %s/%s/%s: %s", q->path,
                     state_names[state], key, strerror(errno));
    else if ((rc = mp_entry_decode(e, text, (size_t)n, err)) < 0)
        mp_fail_in(err, "%s/%s/%s", q->path, state_names[state], key);
    free(text);
    return rc;
}

int mp_queue_store(struct mp_queue *q, enum mp_queue_state state, const char *key,
                   const struct mp_entry *e, struct mp_error *err)
{
    char name[MP_QUEUE_KEY_MAX + 16];

    temporary_name(name, sizeof name, key);
    if (write_entry(q, name, e, -1, err) < 0)
        return -1;
    if (renameat(q->tmp, name, q->states[state], key) == 0)
        return 0;
    mp_fail(err, MP_FAULT_FAILED, "cannot write %s/%s/%s: %s", q->path,
            state_names[state], key, strerror(errno));
    unlinkat(q->tmp, name, 0);
    return -1;
}

int mp_queue_remove(struct mp_queue *q, enum mp_queue_state state, const char *key,
                    struct mp_error *err)
{
    if (unlinkat(q->states[state], key, 0) == 0 || errno == ENOENT)
        return 0;
    return mp_fail(err, MP_FAULT_FAILED, "cannot remove %s from queue directory %s: %s",
                   key, q->path, strerror(errno));
}

int mp_queue_move(struct mp_queue *q, enum mp_queue_state from, enum mp_queue_state to,
                  const char *key, int64_t due, bool *moved, struct mp_error *err)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, to_timespec(due)};

    if (moved != NULL)
        *moved = false;
    if (due >= 0)
        utimensat(q->states[from], key, times, AT_SYMLINK_NOFOLLOW);
    if (renameat(q->states[from], key, q->states[to], key) == 0) {
        if (moved != NULL)
            *moved = true;
        return 0;
    }
    if (errno == ENOENT && moved != NULL)
        return 0;
    return mp_fail(err, MP_FAULT_FAILED, "cannot move %s from %s/%s to %s: %s", key,
                   q->path, state_names[from], state_names[to], strerror(errno));
}

/* --- looking through a folder ------------------------------------------------------- */

static DIR *open_listing(int folder)
{
    int fd = open_dir(folder, "."); /* a position of our own */
    DIR *listing = fd >= 0 ? fdopendir(fd) : NULL;

    if (listing == NULL && fd >= 0)
        close(fd);
    return listing;
}

static const char *next_name(DIR *listing)
{
    const struct dirent *d;

    while ((d = readdir(listing)) != NULL)
        if (d->d_name[0] != '.')
            return d->d_name;
    return NULL;
}

static int64_t modified_us(const struct stat *st)
{
    return (int64_t)st->st_mtim.tv_sec * 1000000 + st->st_mtim.tv_nsec / 1000;
}

static bool comes_before(int64_t due, const char *key, const struct mp_queue_item *item)
{
    return due != item->due ? due < item->due : strcmp(key, item->key) < 0;
}

/* The uid in an entry: the text before it is short, and the rest is not read. */
static int64_t read_owner(int folder, const char *key)
{
    char text[8192];
    int fd = openat(folder, key, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    ssize_t n = fd >= 0 ? pread(fd, text, sizeof text - 1, 0) : -1;
    const char *uid;
    long long owner = -1;

    if (fd >= 0)
        close(fd);
    if (n <= 0)
        return -1;
    text[n] = '\0';
    uid = strstr(text, "\nuid=");
    if (uid != NULL)
        owner = strtoll(uid + strlen("\nuid="), NULL, 10);
    return owner >= 0 && owner <= UINT32_MAX ? owner : -1;
}

static int64_t owner_of(struct mp_queue_owners *owners, int folder, const char *key)
{
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    size_t at;

    if (owners == NULL)
        return -1;
    for (const char *p = key; *p != '\0'; p++)
        hash = (hash ^ (unsigned char)*p) * UINT64_C(1099511628211);
    hash += hash == 0;
    at = hash % MP_QUEUE_OWNERS;
    if (owners->key[at] != hash) {
        owners->key[at] = hash;
        owners->owner[at] = read_owner(folder, key);
    }
    return owners->owner[at];
}

/* Room for one more of this owner's: where it has its share, the last of them goes,
 * unless the new one would come after it. */
static bool make_room(struct mp_queue_item *items, size_t *n, int64_t due,
                      const char *key, int64_t owner)
{
    size_t count = 0, last = 0;

    for (size_t i = 0; i < *n; i++)
        if (items[i].owner == owner) {
            count++;
            last = i;
        }
    if (count < MP_QUEUE_EACH)
        return true;
    if (!comes_before(due, key, &items[last]))
        return false;
    memmove(&items[last], &items[last + 1], (*n - last - 1) * sizeof *items);
    (*n)--;
    return true;
}

/* Insert into the sorted items, dropping the last when they are full. */
static void keep(struct mp_queue_item *items, size_t max, size_t *n, int64_t due,
                 const char *key, int64_t owner)
{
    size_t at = *n;

    while (at > 0 && comes_before(due, key, &items[at - 1]))
        at--;
    if (at == max)
        return;
    if (*n < max)
        (*n)++;
    memmove(&items[at + 1], &items[at], (*n - at - 1) * sizeof *items);
    items[at].due = due;
    items[at].owner = owner;
    snprintf(items[at].key, sizeof items[at].key, "%s", key);
}

int mp_queue_scan(const struct mp_queue *q, enum mp_queue_state state,
                  struct mp_queue_owners *owners, struct mp_queue_item *items, size_t max,
                  size_t *n, size_t *total, struct mp_error *err)
{
    DIR *listing = open_listing(q->states[state]);
    const char *name;
    struct stat st;
    int64_t owner;

    *n = *total = 0;
    if (listing == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "cannot list %s/%s: %s", q->path,
                       state_names[state], strerror(errno));
    while ((name = next_name(listing)) != NULL) {
        if (strlen(name) >= MP_QUEUE_KEY_MAX ||
            fstatat(q->states[state], name, &st, AT_SYMLINK_NOFOLLOW) < 0)
            continue;
        (*total)++;
        owner = owner_of(owners, q->states[state], name);
        if (owners == NULL || make_room(items, n, modified_us(&st), name, owner))
            keep(items, max, n, modified_us(&st), name, owner);
    }
    closedir(listing);
    return 0;
}

bool mp_queue_is_empty(const struct mp_queue *q, enum mp_queue_state state)
{
    DIR *listing = open_listing(q->states[state]);
    bool empty;

    if (listing == NULL)
        return false;
    empty = next_name(listing) == NULL;
    closedir(listing);
    return empty;
}

int mp_queue_each(const struct mp_queue *q, enum mp_queue_state state,
                  bool (*each)(void *arg, const char *key), void *arg,
                  struct mp_error *err)
{
    DIR *listing = open_listing(q->states[state]);
    const char *name;

    if (listing == NULL)
        return mp_fail(err, MP_FAULT_FAILED, "cannot list %s/%s: %s", q->path,
                       state_names[state], strerror(errno));
    while ((name = next_name(listing)) != NULL)
        if (strlen(name) < MP_QUEUE_KEY_MAX && !each(arg, name))
            break;
    closedir(listing);
    return 0;
}

struct earlier {
    char prefix[MP_QUEUE_KEY_MAX];
    size_t len;
    int64_t start;
    bool found;
};

/* KEY: prefix, restart count, then start or e<end>. */
static bool is_earlier(void *arg, const char *key)
{
    struct earlier *r = arg;
    const char *last = strrchr(key, '.');

    if (strncmp(key, r->prefix, r->len) == 0 && last > key + r->len - 1)
        r->found = strtoll(last + 1 + (last[1] == 'e'), NULL, 10) < r->start;
    return !r->found;
}

bool mp_queue_has_earlier_run(const struct mp_queue *q, const struct mp_entry *e)
{
    struct earlier r = {.start = e->start >= 0 ? e->start : e->end};

    r.len = job_key(e, r.prefix);
    r.prefix[r.len++] = '.';
    mp_queue_each(q, MP_WAITING, is_earlier, &r, NULL);
    if (!r.found)
        mp_queue_each(q, MP_RUNNING, is_earlier, &r, NULL);
    return r.found;
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);

    return n >= m && strcmp(text + n - m, end) == 0;
}

/* When a file was last renamed, written or given a time: a time that nobody can set. */
static int64_t changed_s(const struct stat *st)
{
    return (int64_t)st->st_ctim.tv_sec;
}

static int64_t modified_s(const struct stat *st)
{
    return (int64_t)st->st_mtim.tv_sec;
}

static void prune_folder(int folder, int64_t (*of)(const struct stat *), int64_t oldest,
                         const char *end)
{
    DIR *listing = open_listing(folder);
    const char *name;
    struct stat st;

    if (listing == NULL)
        return;
    while ((name = next_name(listing)) != NULL)
        if (ends_with(name, end) &&
            fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && of(&st) < oldest)
            unlinkat(folder, name, 0);
    closedir(listing);
}

/* A file in tmp/ has its due time as modification time before it is linked into waiting/,
 * and a job that ended long ago is due in the past: only ctime tells how old it is. */
void mp_queue_prune(struct mp_queue *q, int64_t now)
{
    prune_folder(q->states[MP_DONE], modified_s, now - DONE_SECONDS, "");
    prune_folder(q->start, modified_s, now - START_SECONDS, "");
    prune_folder(q->start, modified_s, now - DONE_SECONDS, ENDED);
    prune_folder(q->tmp, changed_s, now - TMP_SECONDS, "");
}

/* --- the prolog's record ------------------------------------------------------------ */

int mp_queue_start_record(struct mp_queue *q, const struct mp_entry *e, int64_t start,
                          struct mp_error *err)
{
    char key[MP_QUEUE_KEY_MAX], name[MP_QUEUE_KEY_MAX + 16], text[64];
    int len =
        snprintf(text, sizeof text, "%" PRId64 " %" PRId64 "\n", start, e->restart_count);

    job_key(e, key);
    temporary_name(name, sizeof name, key);
    /* Not synced: the job waits for us, and the database can be asked as well. */
    if (write_temporary(q, name, text, (size_t)len, -1, false, err) < 0)
        return -1;
    if (renameat(q->tmp, name, q->start, key) == 0)
        return 0;
    mp_fail(err, MP_FAULT_FAILED, "cannot write %s/start/%s: %s", q->path, key,
            strerror(errno));
    unlinkat(q->tmp, name, 0);
    return -1;
}

int mp_queue_start_take(const struct mp_queue *q, struct mp_entry *e,
                        struct mp_error *err)
{
    char key[MP_QUEUE_KEY_MAX + sizeof ENDED], text[64];
    size_t len = job_key(e, key);
    int64_t start, restart_count;
    ssize_t n;

    n = read_file(q->start, key, text, sizeof text - 1);
    if (n <= 0) { /* an epilog of this run may have been here before */
        memcpy(key + len, ENDED, sizeof ENDED);
        n = read_file(q->start, key, text, sizeof text - 1);
    }
    if (n <= 0)
        return 0;
    text[n] = '\0';
    if (sscanf(text, "%" SCNd64 " %" SCNd64, &start, &restart_count) != 2 || start <= 0 ||
        restart_count < 0 || start > e->end)
        return 0;
    e->start = start;
    e->restart_count = restart_count;
    return mp_entry_set(&e->start_from, "prolog", err);
}

void mp_queue_start_end(struct mp_queue *q, const struct mp_entry *e, bool keep)
{
    char key[MP_QUEUE_KEY_MAX], ended[MP_QUEUE_KEY_MAX + sizeof ENDED];
    struct timespec now[2] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_NOW}};

    job_key(e, key);
    snprintf(ended, sizeof ended, "%s" ENDED, key);
    if (!keep) {
        unlinkat(q->start, key, 0);
        unlinkat(q->start, ended, 0);
        return;
    }
    utimensat(q->start, key, now, AT_SYMLINK_NOFOLLOW); /* the day counts from here */
    renameat(q->start, key, q->start, ended);
}
