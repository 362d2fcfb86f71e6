/* SPDX-License-Identifier: MIT
 * zone.c - TZ, /etc/localtime, /etc/timezone. */
#include "config.h"

#include "backends/pq/zone.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The zone's name is what follows "zoneinfo/" in the file's path. */
static int name_in_path(const char *path, char *name, size_t size)
{
    const char *at = strstr(path, "zoneinfo/");

    if (at == NULL)
        return -1;
    at += strlen("zoneinfo/");
    if (strncmp(at, "posix/", 6) == 0)
        at += 6;
    return snprintf(name, size, "%s", at) < (int)size && name[0] != '\0' ? 0 : -1;
}

static int from_link(const char *link, char *name, size_t size)
{
    char path[PATH_MAX];
    char *real = realpath(link, NULL);
    ssize_t n = readlink(link, path, sizeof path - 1);
    int rc = -1;

    if (n > 0) { /* first as written: realpath may end at an alias of the name */
        path[n] = '\0';
        rc = name_in_path(path, name, size);
    }
    if (rc < 0 && real != NULL)
        rc = name_in_path(real, name, size);
    free(real);
    return rc;
}

static int from_timezone_file(char *name, size_t size)
{
    FILE *in = fopen("/etc/timezone", "re");
    char *got;

    if (in == NULL)
        return -1;
    got = fgets(name, (int)size, in);
    fclose(in);
    if (got == NULL)
        return -1;
    name[strcspn(name, " \t\r\n")] = '\0';
    return name[0] != '\0' ? 0 : -1;
}

static int zone_name(char *name, size_t size)
{
    const char *tz = getenv("TZ");

    if (tz != NULL && tz[0] == ':')
        tz++;
    if (tz != NULL && tz[0] == '/')
        return name_in_path(tz, name, size) == 0 ? 0 : from_link(tz, name, size);
    if (tz != NULL)
        return snprintf(name, size, "%s", tz[0] != '\0' ? tz : "UTC") < (int)size ? 0
                                                                                  : -1;
    if (from_link("/etc/localtime", name, size) == 0)
        return 0;
    if (access("/etc/localtime", F_OK) < 0)
        return snprintf(name, size, "UTC") > 0 ? 0 : -1; /* as the C library does */
    return from_timezone_file(name, size);
}

int mp_pqzone_set(struct mp_pqconn *c, const struct mp_run *run, struct mp_error *err)
{
    char name[PATH_MAX];
    PGresult *res = NULL;
    int rc;

    if (zone_name(name, sizeof name) < 0)
        return mp_fail(
            err, MP_FAULT_FAILED,
            "a table's timestamps have no time zone, and this machine's zone has "
            "no name to tell PostgreSQL; set TZ, for example TZ=America/Chicago");
    rc = mp_pqconn_query(
        c, run, "setting the time zone", "SELECT set_config('TimeZone', $1, true)", 1,
        (const char *const[]){name}, &(struct mp_pqshape){.columns = "1s"}, &res, err);
    PQclear(res);
    return rc;
}
