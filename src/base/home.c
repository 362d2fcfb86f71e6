/* SPDX-License-Identifier: MIT
 * home.c - home directories. */
#include "config.h"

#include "base/home.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *mp_home_expand_as_ssh(const char *path)
{
    struct passwd pw, *found = NULL;
    char buf[4096], *out;

    if (strncmp(path, "~/", 2) != 0 ||
        getpwuid_r(geteuid(), &pw, buf, sizeof buf, &found) != 0 || found == NULL ||
        found->pw_dir[0] != '/')
        return strdup(path);
    return asprintf(&out, "%s%s", found->pw_dir, path + 1) < 0 ? NULL : out;
}

char *mp_home_expand(const char *path)
{
    const char *home = getenv("HOME");
    char *out;

    if (strncmp(path, "~/", 2) != 0 || home == NULL || home[0] != '/')
        return mp_home_expand_as_ssh(path);
    return asprintf(&out, "%s%s", home, path + 1) < 0 ? NULL : out;
}
