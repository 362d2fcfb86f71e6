/* SPDX-License-Identifier: MIT
 * fuzz_wire.c - any bytes as the stream a writer reads: whatever is let through must do
 * no harm to the sinks of a report. */
#include "config.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "energy/evaluate.h"
#include "fuzz.h"
#include "report/rawcsv.h"
#include "chart/reduce.h"
#include "writer/wire.h"
#include "writer/impl.h"

/* The energy and the columns of it, where it came to an end. */
static void conclude(struct mp_energy *energy, struct mp_reduce *reduce,
                     const struct mp_wire_content *content)
{
    const struct mp_energy_result *result;
    const struct mp_reduced *reduced;
    struct mp_error err = {0};

    if (mp_energy_result(energy, &content->findings, &result, &err) == 0)
        mp_reduce_result(reduce, result, &reduced, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("wire", 0), null = open("/dev/null", O_WRONLY);
    struct mp_wire_content content = {0};
    struct mp_rawcsv *csv = NULL;
    struct mp_energy *energy = NULL;
    struct mp_reduce *reduce = NULL;
    struct mp_hello hello = {0};
    struct mp_error err = {0};
    struct mp_wire_in in;
    struct mp_traces traces;
    struct mp_tee tee;

    if (write(fd, data, size) != (ssize_t)size ||
        mp_rawcsv_new(&csv, null, "null", &err) < 0 || mp_energy_new(&energy, &err) < 0 ||
        mp_reduce_new(&reduce, &err) < 0)
        abort();
    mp_traces_init(
        &traces,
        (struct mp_follower *[]){mp_energy_follower(energy), mp_reduce_follower(reduce)},
        2);
    mp_tee_init(&tee, (struct mp_sink *[]){mp_rawcsv_sink(csv), &traces.sink}, 2);
    lseek(fd, 0, SEEK_SET);
    mp_wire_in_init(&in, fd, NULL);
    mp_hello_receive(&in, &hello, &err);
    mp_wire_in_free(&in);
    lseek(fd, 0, SEEK_SET);
    mp_wire_in_init(&in, fd, NULL);
    if (mp_wire_receive(&in, &content, &tee.sink, &err) == 0 && content.series.n > 0)
        conclude(energy, reduce, &content);
    mp_hello_free(&hello);
    mp_wire_in_free(&in);
    mp_wire_content_free(&content);
    mp_rawcsv_free(csv);
    mp_energy_free(energy);
    mp_reduce_free(reduce);
    mp_traces_free(&traces);
    close(fd);
    close(null);
    return 0;
}
