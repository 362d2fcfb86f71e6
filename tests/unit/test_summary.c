/* SPDX-License-Identifier: MIT
 * test_summary.c - summary.json read back: valid, complete, the same figures, the same
 * bytes. */
#include "config.h"

#include <jansson.h>
#include <stdio.h>
#include <unistd.h>

#include "rig.h"
#include "report/summary.h"
#include "base/utf8.h"

static char rpc1[] = "rpc-91-1", rpc2[] = "rpc-91-2";
static char *const two_nodes[] = {rpc1, rpc2, NULL};

/* The file as one string; the caller frees it. */
static char *write_summary(struct rig *rig, const struct mp_job *job, const char *backend)
{
    struct mp_summary_input in = {.job = job,
                                  .plan = &rig->plan,
                                  .series = &rig->table,
                                  .findings = &rig->findings,
                                  .energy = rig->result,
                                  .backend = backend,
                                  .backend_label = backend};
    FILE *f = tmpfile();
    char *text;
    long size;

    ck_assert_ptr_nonnull(f);
    ck_assert_int_eq(mp_summary_write(&in, fileno(f), &rig->err), 0);
    ck_assert_int_eq(fseek(f, 0, SEEK_END), 0);
    size = ftell(f);
    rewind(f);
    text = calloc((size_t)size + 1, 1);
    ck_assert_ptr_nonnull(text);
    ck_assert_uint_eq(fread(text, 1, (size_t)size, f), (size_t)size);
    fclose(f);
    return text;
}

static json_t *parse(const char *text)
{
    json_error_t why;
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &why);

    if (root == NULL)
        ck_abort_msg("line %d: %s", why.line, why.text);
    return root;
}

static void has_keys(json_t *object, const char *const *keys)
{
    ck_assert(json_is_object(object));
    for (; *keys != NULL; keys++) {
        if (json_object_get(object, *keys) == NULL)
            ck_abort_msg("no key \"%s\"", *keys);
    }
}

#define HAS_KEYS(object, ...) has_keys(object, (const char *const[]){__VA_ARGS__, NULL})

static struct mp_job sample_job(void)
{
    static char label[] = "1200_7", nodelist[] = "rpc-91-[1-2]";
    static char name[] = "a \"name\"\n\x01\xff\xc0\xaf\xed\xa0\x80 \xe7\x94\xb5";

    return (struct mp_job){.label = label,
                           .name = name,
                           .nodelist = nodelist,
                           .start = RIG_START,
                           .end = RIG_START + INT64_C(600250000)};
}

static void feed(struct rig *rig)
{
    rig_open(rig, 600.25, two_nodes);
    rig_healthy(rig, rpc1, 600, 412.3);
    rig_hold(rig, rig_series(rig, rpc2, "SystemInputPower", NULL, "W"), 0, 300, 5, 0.1);
    rig_end(rig);
}

START_TEST(has_the_keys_of_the_contract)
{
    struct mp_job job = sample_job();
    struct rig rig;
    json_t *root, *part;
    char *text;

    feed(&rig);
    text = write_summary(&rig, &job, "direct");
    root = parse(text);
    HAS_KEYS(root, "schema", "program", "backend", "database", "job", "verdict",
             "reasons", "energy_kwh", "power_w", "nodes", "outliers", "series",
             "missing");
    HAS_KEYS(json_object_get(root, "job"), "id", "cluster", "user", "name", "nodelist",
             "nodes", "start", "end", "seconds");
    part = json_object_get(root, "energy_kwh");
    HAS_KEYS(part, "total", "components");
    HAS_KEYS(json_object_get(part, "components"), "cpu", "memory", "storage", "fan",
             "gpu", "psu_loss", "others");
    HAS_KEYS(json_object_get(root, "power_w"), "mean", "min", "max");
    ck_assert_uint_eq(json_array_size(json_object_get(root, "nodes")), 2);
    part = json_array_get(json_object_get(root, "nodes"), 0);
    HAS_KEYS(part, "name", "route", "energy_kwh", "components", "power_w", "coverage");
    ck_assert_uint_eq(json_array_size(json_object_get(root, "series")), 7);
    part = json_array_get(json_object_get(root, "series"), 0);
    HAS_KEYS(part, "node", "metric", "source", "fqdd", "units", "samples", "energy_kwh",
             "mean_w", "min_w", "max_w", "coverage", "longest_gap_s", "dropped");
    HAS_KEYS(json_object_get(part, "dropped"), "null", "nan", "negative", "repeated");
    ck_assert_uint_eq(json_array_size(json_object_get(root, "missing")), 5);
    part = json_array_get(json_object_get(root, "missing"), 0);
    HAS_KEYS(part, "node", "metric", "reason");
    json_decref(root);
    free(text);
    rig_close(&rig);
}
END_TEST

START_TEST(numbers_read_back_exactly)
{
    struct mp_job job = sample_job();
    struct rig rig;
    json_t *root, *energy;
    char *text;

    feed(&rig);
    text = write_summary(&rig, &job, "direct");
    root = parse(text);
    energy = json_object_get(root, "energy_kwh");
    ck_assert_double_eq(json_number_value(json_object_get(energy, "total")),
                        rig.result->total_kwh);
    energy = json_object_get(energy, "components");
    ck_assert_double_eq(json_number_value(json_object_get(energy, "others")),
                        rig.result->components.kwh[MP_ROLE_OTHERS]);
    ck_assert(json_is_null(json_object_get(energy, "gpu")));
    ck_assert_ptr_nonnull(strstr(text, "\"min_w\": 0.1, "));
    ck_assert_double_eq(
        json_number_value(json_object_get(json_object_get(root, "job"), "seconds")),
        600.25);
    json_decref(root);
    free(text);
    rig_close(&rig);
}
END_TEST

START_TEST(times_are_utc)
{
    struct mp_job job = sample_job();
    struct rig rig;
    char *text;

    setenv("TZ", "Asia/Kolkata", 1);
    feed(&rig);
    text = write_summary(&rig, &job, "direct");
    ck_assert_ptr_nonnull(strstr(text, "\"start\": \"2025-10-15T03:00:00Z\""));
    ck_assert_ptr_nonnull(strstr(text, "\"end\": \"2025-10-15T03:10:00.250000Z\""));
    free(text);
    rig_close(&rig);
}
END_TEST

/* All lines but those that say where the samples came from. */
static char *without_provenance(const char *text)
{
    char *kept = calloc(strlen(text) + 1, 1), *out = kept;

    ck_assert_ptr_nonnull(kept);
    while (*text != '\0') {
        size_t n = strcspn(text, "\n") + 1;

        if (strncmp(text, "  \"program\"", 11) != 0 &&
            strncmp(text, "  \"backend", 10) != 0 &&
            strncmp(text, "  \"database\"", 12) != 0) {
            memcpy(out, text, n);
            out += n;
        }
        text += n;
    }
    return kept;
}

START_TEST(backends_differ_in_provenance_only)
{
    struct mp_job job = sample_job();
    struct rig rig;
    char *direct, *replay, *kept_direct, *kept_replay;

    feed(&rig);
    ck_assert_int_eq(mp_findings_missing(&rig.findings, NULL, "TotalFanPower",
                                         "table idrac.totalfanpower does not exist",
                                         &rig.err),
                     0);
    direct = write_summary(&rig, &job, "direct");
    rig_close(&rig);
    feed(&rig);
    replay = write_summary(&rig, &job, "csv");
    rig_close(&rig);
    ck_assert_ptr_nonnull(
        strstr(direct, "TotalFanPower: table idrac.totalfanpower does"));
    ck_assert_str_ne(direct, replay);
    kept_direct = without_provenance(direct);
    kept_replay = without_provenance(replay);
    ck_assert_str_eq(kept_direct, kept_replay);
    free(direct);
    free(replay);
    free(kept_direct);
    free(kept_replay);
}
END_TEST

START_TEST(any_bytes_become_utf8)
{
    struct mp_job job = sample_job();
    struct rig rig;
    json_t *root;
    char *text;

    feed(&rig);
    text = write_summary(&rig, &job, "direct");
    root = parse(text);
    ck_assert_str_eq(
        json_string_value(json_object_get(json_object_get(root, "job"), "name")),
        "a "
        "\"name\"\n\x01\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef"
        "\xbf\xbd"
        " \xe7\x94\xb5");
    json_decref(root);
    free(text);
    rig_close(&rig);
}
END_TEST

/* Every sequence of one to three bytes that cannot be, and their neighbours that can. */
START_TEST(cleaned_text_is_what_jansson_takes)
{
    for (unsigned a = 1; a < 256; a++) {
        for (unsigned b = 0; b < 256; b++) {
            const char raw[] = {(char)a, (char)b, (char)0x80, (char)0xbf, (char)a, 0};
            char *clean = mp_utf8_clean(raw);
            json_t *as_it_was = json_string(raw), *json = json_string(clean);

            ck_assert_ptr_nonnull(json);
            ck_assert_int_eq(as_it_was != NULL, strcmp(raw, clean) == 0);
            ck_assert_int_eq(as_it_was != NULL, mp_utf8_is_valid(raw));
            json_decref(json);
            json_decref(as_it_was);
            free(clean);
        }
    }
}
END_TEST

START_TEST(a_full_disk_is_an_error)
{
    struct mp_job job = sample_job();
    struct mp_summary_input in = {.job = &job, .backend = "csv", .backend_label = "csv"};
    FILE *full = fopen("/dev/full", "w");
    struct rig rig;

    ck_assert_ptr_nonnull(full);
    feed(&rig);
    in.plan = &rig.plan;
    in.series = &rig.table;
    in.energy = rig.result;
    ck_assert_int_eq(mp_summary_write(&in, fileno(full), &rig.err), -1);
    ck_assert_ptr_nonnull(strstr(rig.err.text, "No space left"));
    fclose(full);
    rig_close(&rig);
}
END_TEST

MP_UNIT_MAIN("summary", has_the_keys_of_the_contract, numbers_read_back_exactly,
             times_are_utc, backends_differ_in_provenance_only, any_bytes_become_utf8,
             cleaned_text_is_what_jansson_takes, a_full_disk_is_an_error)
