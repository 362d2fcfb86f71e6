/* SPDX-License-Identifier: MIT
 * rows.h - RFC 4180 records from a file or a stream, with bounded memory.
 *
 * Fields may be quoted, with doubled quotes, line breaks and commas inside; lines end
 * with LF or CRLF; a UTF-8 byte order mark is skipped.  What is not CSV is an error that
 * names file, line and column.
 */
#ifndef MP_CSV_ROWS_H
#define MP_CSV_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backends/csv/input.h"
#include "base/error.h"
#include "base/run.h"

enum {
    MP_CSV_BUFFER = 256 * 1024,
    MP_CSV_PAD = 2048, /* zero bytes that always follow the buffer's contents */
    MP_CSV_RECORD_MAX = 64 * 1024,
    MP_CSV_FIELD_MAX = 4096,
    MP_CSV_FIELDS_MAX = 32,
};

struct mp_csv_field {
    const char
        *text; /* unquoted; borrowed until the next split or fill; no NUL behind it */
    uint32_t len;
    bool quoted;
    const char *raw; /* as it stands in the buffer, with its quotes */
    uint32_t raw_len;
};

struct mp_csv_record {
    struct mp_csv_field fields[MP_CSV_FIELDS_MAX];
    size_t n;
    size_t len;      /* bytes in the buffer, the line's end included */
    size_t lines;    /* line breaks among them */
    bool terminated; /* false: the input ended before the line did */
};

struct mp_csv_reader {
    struct mp_csv_input input;
    const char *name; /* for error texts; borrowed */
    bool eof;
    char *buffer; /* owned; contents are [pos, end), then MP_CSV_PAD zero bytes */
    size_t pos, end;
    uint64_t line;                          /* number of the line at pos, from 1 */
    uint64_t record_line;                   /* where the record split last starts */
    char *scratch;                          /* owned; fields with doubled quotes */
    const char *columns[MP_CSV_FIELDS_MAX]; /* their names for error texts; NULL so far */
};

int mp_csv_open(struct mp_csv_reader *r, int fd, const char *name,
                const struct mp_run *run, struct mp_error *err);
void mp_csv_close(struct mp_csv_reader *r);

/* Read on: 1 if there is more in the buffer now, 0 at the end of the input, -1 on
 * failure. Whatever pointed into the buffer is void. */
int mp_csv_fill(struct mp_csv_reader *r, struct mp_error *err);

/* Split the record at pos, which stays where it is (mp_csv_take moves on): 1; 0 if the
 * buffer ends before the record does (call mp_csv_fill); -1 if it is no CSV. */
int mp_csv_split(struct mp_csv_reader *r, struct mp_csv_record *rec,
                 struct mp_error *err);
void mp_csv_take(struct mp_csv_reader *r, const struct mp_csv_record *rec);

/* The next record, taken: 1, 0 at the end of the input, -1. */
int mp_csv_next(struct mp_csv_reader *r, struct mp_csv_record *rec, struct mp_error *err);

/* "FILE: line 12, column 5 (value): ..." about a field of the record split last;
 * `column` from 0, or -1 for the whole line.  Returns -1. */
int mp_csv_fail(const struct mp_csv_reader *r, int column, struct mp_error *err,
                const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
