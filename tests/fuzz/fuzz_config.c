/* SPDX-License-Identifier: MIT
 * fuzz_config.c - whatever the file: as a configuration it is refused by name, or what
 * `config` prints of it loads again; as a .env it is refused, or its import loads. */
#include "config.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "config/settings.h"
#include "backends/backend.h"

/* A file in memory that nobody else can read; `path` gets its name. */
static int memory_file(const void *data, size_t size, char *path, size_t path_size)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);

    FUZZ_CHECK(fd >= 0 && fchmod(fd, 0600) == 0);
    FUZZ_CHECK(write(fd, data, size) == (ssize_t)size);
    snprintf(path, path_size, "/proc/self/fd/%d", fd);
    return fd;
}

static void must_load(const char *text, size_t size)
{
    struct mp_settings s;
    struct mp_error err = {0};
    char path[64];
    int fd = memory_file(text, size, path, sizeof path);
    int rc = mp_backends_settings(&s, path, NULL, 0, &err);

    if (rc < 0)
        fprintf(stderr, "%s\n%.*s\n", err.text, (int)size, text);
    FUZZ_CHECK(rc == 0);
    mp_settings_free(&s);
    close(fd);
}

static void try_load(const char *path)
{
    struct mp_settings s;
    struct mp_error err = {0};
    char *text = NULL;
    size_t size;
    FILE *out;

    if (mp_backends_settings(&s, path, NULL, 0, &err) < 0) {
        FUZZ_CHECK(err.fault == MP_FAULT_USAGE && err.text[0] != '\0');
        FUZZ_CHECK(s.routes == NULL && s.parts == NULL);
        return;
    }
    out = open_memstream(&text, &size);
    FUZZ_CHECK(out != NULL && mp_settings_print(&s, out, &err) == 0 && fclose(out) == 0);
    must_load(text, size);
    free(text);
    mp_settings_free(&s);
}

static void try_import(const char *path)
{
    struct mp_backend_keys keys;
    struct mp_error err = {0};
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    int rc;

    FUZZ_CHECK(out != NULL);
    rc = mp_settings_import_env(mp_backends_keys(&keys), path, out, &err);
    FUZZ_CHECK(fclose(out) == 0);
    if (rc == 0)
        must_load(text, size);
    else
        FUZZ_CHECK(size == 0 && err.fault == MP_FAULT_USAGE);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    int fd = memory_file(data, size, path, sizeof path);

    try_load(path);
    try_import(path);
    close(fd);
    return 0;
}
