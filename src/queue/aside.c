/* SPDX-License-Identifier: MIT
 * aside.c - what lies in waiting/ under a name too long to be a key. */
#include "config.h"

#include "queue/queue.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { NAME_KEPT = 180, NAMES_MAX = 1000 };

/* A free name in failed/ that starts as `name` does. */
static bool shorten(const struct mp_queue *q, const char *name,
                    char key[MP_QUEUE_KEY_MAX])
{
    for (int i = 0; i < NAMES_MAX; i++) {
        snprintf(key, MP_QUEUE_KEY_MAX, "%.*s.cut%d", NAME_KEPT, name, i);
        if (!mp_queue_has(q, MP_FAILED, key))
            return true;
    }
    return false;
}

void mp_queue_set_aside(const struct mp_queue *q,
                        void (*told)(void *arg, const char *key), void *arg)
{
    int fd = openat(q->states[MP_WAITING], ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *listing = fd >= 0 ? fdopendir(fd) : NULL;
    char key[MP_QUEUE_KEY_MAX];
    const struct dirent *d;

    if (listing == NULL) {
        if (fd >= 0)
            close(fd);
        return;
    }
    while ((d = readdir(listing)) != NULL)
        if (strlen(d->d_name) >= MP_QUEUE_KEY_MAX && shorten(q, d->d_name, key) &&
            renameat(q->states[MP_WAITING], d->d_name, q->states[MP_FAILED], key) == 0)
            told(arg, key);
    closedir(listing);
}
