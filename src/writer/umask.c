/* SPDX-License-Identifier: MIT
 * umask.c - a user's umask, from where pam_umask has it. */
#include "config.h"

#include "writer/umask.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NONE = -1, ALL = 0777 };

/* Octal digits, to the end of a word. */
static int octal(const char *text)
{
    char *end;
    long mask = strtol(text, &end, 8);

    if (end == text || mask < 0 || mask > ALL || strchr(" \t\r\n,", *end) == NULL)
        return NONE;
    return (int)mask;
}

static int from_gecos(void)
{
    char room[4096];
    struct passwd pw, *found = NULL;
    const char *key = "umask=", *at;

    if (getpwuid_r(geteuid(), &pw, room, sizeof room, &found) != 0 || found == NULL ||
        found->pw_gecos == NULL)
        return NONE;
    at = strstr(found->pw_gecos, key);
    return at != NULL ? octal(at + strlen(key)) : NONE;
}

static int from_login_defs(const char *path)
{
    FILE *in = fopen(path, "re");
    char line[512];
    int mask = NONE;

    while (in != NULL && mask == NONE && fgets(line, sizeof line, in) != NULL) {
        const char *p = line + strspn(line, " \t");

        if (strncmp(p, "UMASK", 5) == 0 && (p[5] == ' ' || p[5] == '\t'))
            mask = octal(p + 5 + strspn(p + 5, " \t"));
    }
    if (in != NULL)
        fclose(in);
    return mask;
}

mode_t mp_owner_umask(const char *login_defs)
{
    int mask = from_gecos();

    if (mask == NONE)
        mask = from_login_defs(login_defs);
    return mask == NONE ? 0 : (mode_t)mask;
}
