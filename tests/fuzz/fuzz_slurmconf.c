/* SPDX-License-Identifier: MIT
 * fuzz_slurmconf.c - a slurm.conf of any bytes: read, or refused in one line. */
#include "config.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "slurm/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mp_slurmconf conf;
    struct mp_error err = {0};
    char path[64];
    int fd = memfd_create("slurm.conf", MFD_CLOEXEC);

    FUZZ_CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (mp_slurmconf_read(&conf, path, &err) == 0) {
        FUZZ_CHECK(conf.slurm_user != NULL && conf.n_files >= 1);
        FUZZ_CHECK((conf.epilog == NULL) == (conf.epilog_place == NULL));
        mp_slurmconf_free(&conf);
    } else {
        FUZZ_CHECK(strchr(err.text, '\n') == NULL);
    }
    close(fd);
    return 0;
}
