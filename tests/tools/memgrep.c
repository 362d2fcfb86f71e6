/* SPDX-License-Identifier: MIT
 * memgrep.c - does a process hold a text?  For the tests of the trust boundary.
 *
 *     memgrep PID FILE    FILE's first line is the text (so that it is not in our argv)
 *
 * Looks through cmdline, environ and every readable byte of memory; prints where it was
 * found, a line each.  Exits 0 when found, 1 when not, 2 when it could not look.
 */
#include "config.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 1024 * 1024 };

/* Only a sanitizer maps more at once: its shadow, which holds no text. */
#define RANGE_MAX (4UL << 30)

static bool in_file(const char *pid, const char *name, const char *text, size_t n)
{
    char path[64], buf[65536];
    bool found = false;
    size_t got;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%s/%s", pid, name);
    f = fopen(path, "r");
    if (f == NULL)
        exit(2);
    got = fread(buf, 1, sizeof buf, f);
    fclose(f);
    found = memmem(buf, got, text, n) != NULL;
    if (found)
        printf("%s\n", name);
    return found;
}

static bool in_range(int mem, off_t start, off_t end, const char *text, size_t n)
{
    static char buf[CHUNK + 256];
    size_t kept = 0;

    for (off_t at = start; at < end;) {
        size_t want = end - at < CHUNK ? (size_t)(end - at) : CHUNK;
        ssize_t got = pread(mem, buf + kept, want, at);

        if (got <= 0)
            return false;
        if (memmem(buf, kept + (size_t)got, text, n) != NULL)
            return true;
        at += got;
        kept = kept + (size_t)got < n ? 0 : n - 1;
        memmove(buf, buf + (size_t)got, kept);
    }
    return false;
}

int main(int argc, char **argv)
{
    char path[64], line[512], text[256] = "";
    unsigned long start, end;
    bool found = false, looked = false;
    FILE *f;
    int mem;

    if (argc != 3 || (f = fopen(argv[2], "r")) == NULL)
        return 2;
    if (fgets(text, sizeof text, f) != NULL)
        text[strcspn(text, "\n")] = '\0';
    fclose(f);
    if (strlen(text) < 8)
        return 2;
    found = in_file(argv[1], "cmdline", text, strlen(text));
    found = in_file(argv[1], "environ", text, strlen(text)) || found;
    snprintf(path, sizeof path, "/proc/%s/mem", argv[1]);
    mem = open(path, O_RDONLY);
    snprintf(path, sizeof path, "/proc/%s/maps", argv[1]);
    f = fopen(path, "r");
    if (mem < 0 || f == NULL)
        return 2;
    while (fgets(line, sizeof line, f) != NULL) {
        if (sscanf(line, "%lx-%lx r", &start, &end) != 2 || strstr(line, "[vsyscall]") ||
            end - start > RANGE_MAX)
            continue;
        looked = true;
        if (in_range(mem, (off_t)start, (off_t)end, text, strlen(text))) {
            printf("mem %s", line);
            found = true;
        }
    }
    fclose(f);
    close(mem);
    return found ? 0 : looked ? 1 : 2;
}
