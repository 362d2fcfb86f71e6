/* SPDX-License-Identifier: MIT
 * fuzz_answer.c - a server's answer of any shape: what passes the door is what the code
 * behind it takes it for.
 *
 * Byte 0: which shape was asked for; 1: the number of columns; then cells, each a length
 * (255: NULL) and its bytes, row by row. */
#include "config.h"

#include <string.h>

#include "backends/pq/answer.h"
#include "fuzz.h"

enum { LIMIT = 7, COLUMNS_MAX = 8 };

static const char *const shapes[] = {"",   "b",    "i",     "s",  "#",
                                     "1i", "isSI", "#sSiB", "1b", "##"};

static PGresult *answer_of(const uint8_t *data, size_t size, int n)
{
    PGresult *res = PQmakeEmptyPGresult(NULL, n > 0 ? PGRES_TUPLES_OK : PGRES_COMMAND_OK);
    PGresAttDesc columns[COLUMNS_MAX] = {{0}};
    char name[] = "c", cell[256];

    for (int i = 0; i < n; i++)
        columns[i] = (PGresAttDesc){.name = name, .typid = 25, .typlen = -1};
    FUZZ_CHECK(res != NULL && (n == 0 || PQsetResultAttrs(res, n, columns) == 1));
    for (int k = 0; n > 0 && size > 0; k++) {
        size_t len = *data == 255 ? 0 : *data;
        int null = *data == 255;

        data++;
        size--;
        len = len < size ? len : size;
        memcpy(cell, data, len);
        FUZZ_CHECK(
            PQsetvalue(res, k / n, k % n, null ? NULL : cell, null ? -1 : (int)len));
        data += len;
        size -= len;
    }
    return res;
}

/* As the code behind the door does it. */
static void use(const PGresult *res, const char *columns)
{
    for (int row = 0; row < PQntuples(res); row++)
        for (int k = 0; columns[k] != '\0'; k++) {
            const char *text = PQgetvalue(res, row, k);

            if (PQgetisnull(res, row, k)) {
                FUZZ_CHECK(columns[k] >= 'A' && columns[k] <= 'Z');
                continue;
            }
            FUZZ_CHECK(strlen(text) == (size_t)PQgetlength(res, row, k));
            if (columns[k] == '#')
                FUZZ_CHECK(strtoll(text, NULL, 10) >= 1 &&
                           strtoll(text, NULL, 10) <= LIMIT);
            if (columns[k] == 'b' || columns[k] == 'B')
                FUZZ_CHECK(*text == 't' || *text == 'f');
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct mp_pqconn conn = {.database = "d"};
    const size_t n_shapes = sizeof shapes / sizeof *shapes;
    struct mp_error err = {0};
    PGresult *res;

    if (size < 2)
        return 0;
    const struct mp_pqshape shape = {shapes[data[0] % n_shapes], LIMIT};
    res = answer_of(data + 2, size - 2, data[1] % (COLUMNS_MAX + 1));
    if (mp_pqanswer_check(&conn, "asking", res, &shape, &err) < 0) {
        FUZZ_CHECK(err.fault == MP_FAULT_FAILED);
    } else {
        bool one = shape.columns[0] == '1';

        FUZZ_CHECK(PQnfields(res) == (int)strlen(shape.columns + one));
        FUZZ_CHECK(!one || PQntuples(res) == 1);
        use(res, shape.columns + one);
    }
    PQclear(res);
    return 0;
}
