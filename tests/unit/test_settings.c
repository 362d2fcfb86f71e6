/* SPDX-License-Identifier: MIT
 * test_settings.c - types, ranges, precedence, routes, and who may read a secret. */
#include "config.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/settings.h"
#include "unit.h"
#include "backends/backend.h"
#include "backends/pq/section.h"
#include "backends/ssh/section.h"

static struct mp_settings s;
static struct mp_error err;
static char path[] = "/tmp/mp-settings.XXXXXX";

static void write_file(const char *text, mode_t mode)
{
    FILE *f;

    ck_assert_int_eq(chmod(path, 0600), 0);
    f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
    ck_assert_int_eq(chmod(path, mode), 0);
}

static void unset_variables(const struct mp_keys *keys)
{
    for (size_t i = 0; i < keys->n; i++)
        for (int j = 0; j < MP_KEY_ENVS && keys->key[i].env[j] != NULL; j++)
            unsetenv(keys->key[i].env[j]);
}

static struct mp_backend_keys keys;

static const struct mp_database_config *database_of(const struct mp_settings *settings)
{
    return mp_settings_section(settings, "database");
}

static const struct mp_ssh_config *ssh_of(const struct mp_settings *settings)
{
    return mp_settings_section(settings, "ssh");
}

static void setup(void)
{
    int fd;

    mp_backends_keys(&keys);
    for (size_t i = 0; keys.sections[i] != NULL; i++)
        unset_variables(keys.sections[i]);
    unset_variables(&mp_power_keys);
    unset_variables(&mp_queue_keys);
    unsetenv("MONSTER_POWER_CONFIG");
    memcpy(path + sizeof path - 7, "XXXXXX", 6);
    fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void teardown(void)
{
    unlink(path);
}

static void load(const char *text)
{
    write_file(text, 0600);
    ck_assert_msg(mp_backends_settings(&s, path, NULL, 0, &err) == 0, "%s", err.text);
}

static void refused(const char *text, const char *why)
{
    write_file(text, 0600);
    ck_assert_msg(mp_backends_settings(&s, path, NULL, 0, &err) == -1, "took %s", text);
    ck_assert_int_eq(err.fault, MP_FAULT_USAGE);
    ck_assert_msg(strstr(err.text, why) != NULL, "%s: %s", text, err.text);
    ck_assert_ptr_null(s.parts);
}

START_TEST(an_empty_file_works)
{
    load("");
    ck_assert_str_eq(database_of(&s)->host, "localhost");
    ck_assert_int_eq(database_of(&s)->port, 5432);
    ck_assert_str_eq(database_of(&s)->sslmode, "prefer");
    ck_assert_int_eq(ssh_of(&s)->keepalive, 60);
    ck_assert_str_eq(ssh_of(&s)->username, getpwuid(geteuid())->pw_name);
    ck_assert_str_eq(s.power->backend, "auto");
    ck_assert_str_eq(s.power->comment_keyword, "power_profiling");
    ck_assert_int_eq(s.power->delay_seconds, 10);
    ck_assert_uint_eq(s.n_routes, 2);
    ck_assert_str_eq(s.routes[0].prefix, "rpc");
    ck_assert_str_eq(mp_route_value(&s.routes[0], "database"), "zen4");
    ck_assert_str_eq(mp_route_value(&s.routes[0], "schema"), "idrac");
    ck_assert_uint_eq(s.routes[0].n_metrics, 6);
    ck_assert_str_eq(mp_route_value(&s.routes[1], "database"), "h100");
    ck_assert_uint_eq(s.routes[1].n_metrics, 7);
    ck_assert_str_eq(s.routes[1].metrics[6].name, "PowerConsumption");
    ck_assert_int_eq(s.routes[1].metrics[6].role, MP_ROLE_GPU);
    mp_settings_free(&s);
}
END_TEST

START_TEST(reads_every_type)
{
    load(
        "[database]\nhost = db\nport = 15432\npassword = \"a;b\"\nsslmode = Verify-Full\n"
        "[SSH]\nKey_Path = /k\nagent = none\n"
        "[power]\nbackend = SSH\n[database]\nuser = u ; comment\n");
    ck_assert_str_eq(database_of(&s)->host, "db");
    ck_assert_int_eq(database_of(&s)->port, 15432);
    ck_assert_str_eq(database_of(&s)->password, "a;b");
    ck_assert_str_eq(database_of(&s)->sslmode, "verify-full");
    ck_assert_str_eq(database_of(&s)->user, "u");
    ck_assert_str_eq(ssh_of(&s)->key_path, "/k");
    ck_assert_str_eq(ssh_of(&s)->agent, "none");
    ck_assert_str_eq(s.power->backend, "ssh");
    mp_settings_free(&s);
    setenv("HOME", "/home/x", 1);
    load("[ssh]\nkey_path = ~/.ssh/id\n");
    ck_assert_str_eq(ssh_of(&s)->key_path, "/home/x/.ssh/id");
    mp_settings_free(&s);
}
END_TEST

START_TEST(refuses_wrong_values)
{
    refused("[database]\nport = 70000\n",
            ":2: [database] port = 70000: not between 1 and 65535");
    refused("[database]\nport = 0\n", "not between");
    refused("[database]\nport = -1\n", "not a whole number");
    refused("[database]\nport =\n", "not a whole number");
    refused("[database]\nport = 5432x\n", "not a whole number");
    refused("[database]\nport = 99999999999999999999\n", "not between");
    refused("[database]\nport = 0x10\n", "not a whole number");
    refused("[database]\nsslmode = verify\n",
            "not one of disable, allow, prefer, require, "
            "verify-ca, verify-full");
    refused("[power]\nbackend = api\n", "not one of auto, direct, ssh, csv");
    refused("[power]\ncomment_keyword =\n", "must not be empty");
    refused("[power]\nlogfile = log\n", "not an absolute path");
    refused("[power]\noutdir = ~bob/x\n", "not an absolute path");
    refused("[database]\npassword = hunter2 ; or so\n", "outside of quotes");
    ck_assert_ptr_null(strstr(err.text, "hunter2"));
}
END_TEST

START_TEST(names_the_nearest)
{
    refused("[database]\nprt = 1\n", ":2: [database] has no key prt; did you mean port?");
    refused("[databse]\nport = 1\n",
            ":1: no section is called [databse]; did you mean [database]?");
    refused("[queue]\nport = 1\n", ":2: [queue] has no key port; it belongs to [ssh]");
    refused("[route rpc]\nmetric = x\n",
            "[route rpc] has no key metric; did you mean metrics?");
    refused("[route]\n", "a route's section is [route NAME]");
    refused("[route a b]\n", "a route's section is [route NAME]");
    refused("[routes]\n", "no section is called [routes]");
    refused("[zzzzz]\n", ":1: no section is called [zzzzz]");
    ck_assert_ptr_null(strstr(err.text, "did you mean"));
}
END_TEST

START_TEST(routes_build_on_the_built_in)
{
    load("[database]\ndefault = mon\n"
         "[route rpc]\ndatabase = zen5\n"
         "[route cn]\nmetrics = Foo:input , TotalFanPower,bar : none\n"
         "[route all]\nprefix =\nschema = S\n");
    ck_assert_uint_eq(s.n_routes, 4);
    ck_assert_str_eq(mp_route_value(&s.routes[0], "database"), "zen5");
    ck_assert_uint_eq(s.routes[0].n_metrics, 6);
    ck_assert_str_eq(s.routes[2].name, "cn");
    ck_assert_str_eq(s.routes[2].prefix, "cn");
    ck_assert_str_eq(mp_route_value(&s.routes[2], "database"), "mon");
    ck_assert_uint_eq(s.routes[2].n_metrics, 3);
    ck_assert_str_eq(s.routes[2].metrics[0].name, "Foo");
    ck_assert_int_eq(s.routes[2].metrics[0].role, MP_ROLE_INPUT);
    ck_assert_int_eq(s.routes[2].metrics[1].role, MP_ROLE_FAN);
    ck_assert_str_eq(s.routes[2].metrics[2].name, "bar");
    ck_assert_int_eq(s.routes[2].metrics[2].role, MP_ROLE_NONE);
    ck_assert_str_eq(s.routes[3].prefix, "");
    ck_assert_str_eq(mp_route_value(&s.routes[3], "schema"), "S");
    ck_assert_uint_eq(s.routes[3].n_metrics, 6);
    mp_settings_free(&s);
}
END_TEST

START_TEST(refuses_wrong_routes)
{
    refused("[route x]\ndatabase = d\nprefix = RPC\n",
            "[route rpc] and [route x] have the same "
            "prefix RPC");
    refused("[route rpc]\nmetrics =\n", ":2: [route rpc]: a metric's name is empty");
    refused("[route rpc]\nmetrics = A:cpu,\n", "a metric's name is empty");
    refused("[route rpc]\nmetrics = A:gpus\n", "metric A has no role gpus");
    refused("[route rpc]\nmetrics = A\n", "metric A needs a role");
    refused("[route rpc]\nmetrics = A:cpu, a:gpu\n", "metric a stands twice");
    refused("[route rpc]\ndatabase =\n", "database is empty");
}
END_TEST

START_TEST(later_sources_win)
{
    const struct mp_override option[] = {{"database", "host", "h4", "--host"}};

    write_file("[database]\nhost = h2\nport = 2\nuser = u2\n", 0600);
    setenv("REPACSS_DB_HOST", "h3", 1);
    setenv("REPACSS_DB_PORT", "3", 1);
    setenv("REPACSS_DB_USER", "", 1); /* empty: as if it were not there */
    setenv("REPACSS_SSH_KEEPALIVE_INTERVAL", "33", 1);
    ck_assert_int_eq(mp_backends_settings(&s, path, option, 1, &err), 0);
    ck_assert_str_eq(database_of(&s)->host, "h4");
    ck_assert_int_eq(database_of(&s)->port, 3);
    ck_assert_str_eq(database_of(&s)->user, "u2");
    ck_assert_int_eq(ssh_of(&s)->keepalive, 33);
    ck_assert_int_eq(ssh_of(&s)->port, 22);
    mp_settings_free(&s);
}
END_TEST

START_TEST(environment_of_the_old_env)
{
    setenv("REPACSS_DB_ACCESS_MODE", "Tunnel", 1);
    setenv("REPACSS_ACCESS_MODE", "direct", 1);
    setenv("REPACSS_DB_SSLMODE", "require", 1);
    setenv("REPACSS_INTERNAL_PROBE_TIMEOUT", "0.25", 1);
    setenv("MONSTER_POWER_CONFIG", path, 1);
    write_file("", 0600);
    ck_assert_int_eq(mp_backends_settings(&s, NULL, NULL, 0, &err), 0);
    ck_assert_str_eq(s.power->backend, "ssh");
    ck_assert_str_eq(database_of(&s)->sslmode, "require");
    ck_assert_int_eq(s.power->auto_probe_ms, 250);
    mp_settings_free(&s);
    setenv("REPACSS_DB_PROBE_TIMEOUT", "12", 1);
    ck_assert_int_eq(mp_backends_settings(&s, NULL, NULL, 0, &err), 0);
    ck_assert_int_eq(s.power->auto_probe_ms, 12000);
    mp_settings_free(&s);
    setenv("MONSTER_POWER_AUTO_PROBE_MS", "12", 1);
    ck_assert_int_eq(mp_backends_settings(&s, NULL, NULL, 0, &err), 0);
    ck_assert_int_eq(s.power->auto_probe_ms, 12);
    mp_settings_free(&s);
    unsetenv("MONSTER_POWER_AUTO_PROBE_MS");
    for (const char **v =
             (const char *[]){"1e1", "0.0001", "99999999999", ".", "1.x", NULL};
         *v != NULL; v++) {
        setenv("REPACSS_DB_PROBE_TIMEOUT", *v, 1);
        ck_assert_msg(mp_backends_settings(&s, NULL, NULL, 0, &err) == -1, "%s", *v);
    }
    unsetenv("REPACSS_DB_PROBE_TIMEOUT");
    setenv("REPACSS_DB_PORT", "many", 1);
    ck_assert_int_eq(mp_backends_settings(&s, NULL, NULL, 0, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "environment variable REPACSS_DB_PORT"));
}
END_TEST

START_TEST(a_named_file_must_be_there)
{
    ck_assert_int_eq(mp_backends_settings(&s, "/nonexistent/x.ini", NULL, 0, &err), -1);
    ck_assert_int_eq(err.fault, MP_FAULT_USAGE);
    ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent/x.ini"));
    setenv("MONSTER_POWER_CONFIG", "/nonexistent/y.ini", 1);
    ck_assert_int_eq(mp_backends_settings(&s, NULL, NULL, 0, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent/y.ini"));
    ck_assert_int_eq(mp_backends_settings(&s, "/", NULL, 0, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "not a regular file"));
    ck_assert_int_eq(mp_backends_settings(&s, "/dev/null", NULL, 0, &err), 0);
    mp_settings_free(&s);
}
END_TEST

static int load_mode(const char *text, mode_t mode)
{
    int rc;

    write_file(text, mode);
    rc = mp_backends_settings(&s, path, NULL, 0, &err);
    mp_settings_free(&s);
    return rc;
}

START_TEST(keeps_secrets_from_others)
{
    static const char secret[] = "[database]\npassword = x\n";
    static const char open_file[] = "[database]\nhost = x\n";
    char mend[64];

    ck_assert_int_eq(load_mode(secret, 0600), 0);
    ck_assert_int_eq(load_mode(secret, 0400), 0);
    ck_assert_int_eq(load_mode(secret, 0604), -1);
    ck_assert_int_eq(err.fault, MP_FAULT_USAGE);
    snprintf(mend, sizeof mend, "chmod 0600 %s", path);
    ck_assert_msg(strstr(err.text, mend) != NULL, "%s", err.text);
    ck_assert_msg(strstr(err.text, "read by others") != NULL, "%s", err.text);
    ck_assert_int_eq(load_mode(secret, 0602), -1);
    ck_assert_msg(strstr(err.text, "written by others") != NULL, "%s", err.text);
    ck_assert_int_eq(load_mode("[ssh]\npassphrase = x\n", 0644), -1);
    /* without a secret, reading is free, writing is not */
    ck_assert_int_eq(load_mode(open_file, 0644), 0);
    ck_assert_int_eq(load_mode("[database]\npassword =\n", 0644), 0);
    ck_assert_int_eq(load_mode(open_file, 0646), -1);
}
END_TEST

/* A group that is nobody's own: as root any, else one of ours that is not our private
 * one. */
static bool foreign_group(gid_t *gid)
{
    gid_t groups[64];
    int n = getgroups(64, groups);

    if (geteuid() == 0) {
        *gid = 54321;
        return true;
    }
    for (int i = 0; i < n; i++)
        if (groups[i] != getpwuid(geteuid())->pw_gid && groups[i] != 0) {
            *gid = groups[i];
            return true;
        }
    return false;
}

START_TEST(a_group_must_be_meant)
{
    static const char secret[] = "[database]\npassword = x\n";
    gid_t gid;

    if (geteuid() == 0) {
        ck_assert_int_eq(load_mode(secret, 0640), 0); /* root's group */
        ck_assert_int_eq(load_mode(secret, 0660), 0);
    }
    if (!foreign_group(&gid))
        return;
    write_file(secret, 0640);
    ck_assert_int_eq(chown(path, (uid_t)-1, gid), 0);
    ck_assert_int_eq(load_mode(secret, 0640), -1);
    ck_assert_msg(strstr(err.text, "read by group ") != NULL, "%s", err.text);
    ck_assert_msg(strstr(err.text, "chmod 0600") != NULL, "%s", err.text);
    ck_assert_int_eq(load_mode(secret, 0600), 0);
    ck_assert_int_eq(load_mode("", 0640), 0);
    ck_assert_int_eq(load_mode("", 0660), -1);
}
END_TEST

START_TEST(an_owner_must_be_trusted)
{
    const struct passwd *slurm = getpwnam(MP_SLURM_USER);

    if (geteuid() != 0)
        return;
    write_file("[database]\npassword = x\n", 0600);
    ck_assert_int_eq(chown(path, 54321, 0), 0);
    ck_assert_int_eq(mp_backends_settings(&s, path, NULL, 0, &err), -1);
    ck_assert_msg(strstr(err.text, "chown root") != NULL, "%s", err.text);
    if (slurm == NULL)
        return;
    ck_assert_int_eq(chown(path, slurm->pw_uid, slurm->pw_gid), 0);
    ck_assert_int_eq(chmod(path, 0640), 0);
    ck_assert_msg(mp_backends_settings(&s, path, NULL, 0, &err) == 0, "%s", err.text);
    mp_settings_free(&s);
}
END_TEST

static int salvage(const char *text, mode_t mode)
{
    write_file(text, mode);
    return mp_settings_salvage(&s, path, &err);
}

START_TEST(salvages_what_can_be_read)
{
    ck_assert_int_eq(salvage("[power\nlogfile = /l\ndelay_seconds = x\noutdir = a;b\n"
                             "[queue]\ndirectory = /q\nworkers = 65\n"
                             "[database]\nprt = 1\n[route]\n",
                             0644),
                     -1);
    ck_assert_msg(strstr(err.text, ":1: the section's name is not closed") != NULL, "%s",
                  err.text);
    ck_assert_str_eq(s.power->logfile, "/l");
    ck_assert_int_eq(s.power->delay_seconds, 10);
    ck_assert_str_eq(s.power->outdir, "");
    ck_assert_str_eq(s.queue->directory, "/q");
    ck_assert_int_eq(s.queue->workers, 2);
    mp_settings_free(&s);
    ck_assert_int_eq(salvage("[power]\nkey = 1\nbackend = api\n[x]\n[route]\n", 0644), 0);
    mp_settings_free(&s);
    setenv("MONSTER_POWER_QUEUE_DIRECTORY", "q", 1);
    ck_assert_int_eq(salvage("[queue]\ndirectory = /q\n", 0644), -1);
    ck_assert_str_eq(s.queue->directory, "/q");
    mp_settings_free(&s);
    ck_assert_int_eq(mp_settings_salvage(&s, "/nonexistent/x.ini", &err), -1);
    ck_assert_str_eq(s.queue->directory, MP_LOCALSTATEDIR "/spool/monster-power");
    mp_settings_free(&s);
}
END_TEST

/* It must not tell root where to write. */
START_TEST(a_file_of_others_names_only_our_queue)
{
    char queue[] = "/tmp/mp-queue.XXXXXX", text[128];

    ck_assert_ptr_nonnull(mkdtemp(queue));
    snprintf(text, sizeof text, "[power]\nlogfile = /l\n[queue]\ndirectory = %s\n",
             queue);
    ck_assert_int_eq(salvage(text, 0666), -1);
    ck_assert_msg(strstr(err.text, "written by others") != NULL, "%s", err.text);
    ck_assert_str_eq(s.queue->directory, queue);
    ck_assert_str_eq(s.power->logfile, "");
    mp_settings_free(&s);
    ck_assert_int_eq(chmod(queue, 0750), 0);
    ck_assert_int_eq(salvage(text, 0666), -1);
    ck_assert_str_eq(s.queue->directory, MP_LOCALSTATEDIR "/spool/monster-power");
    mp_settings_free(&s);
    rmdir(queue);
}
END_TEST

/* What config prints loads back to the same, but for the masked secret. */
START_TEST(prints_what_loads_back)
{
    char *first = NULL, *second = NULL;
    size_t n;
    FILE *f;

    load(
        "[database]\nhost = \"a;b # c\"\nuser = \"it's \\\"me\\\"\"\npassword = hunter2\n"
        "[power]\noutdir = \"/a b/\"\n[route x]\nprefix = \"\"\ndatabase = \"d;\"\n"
        "[route y]\nprefix = y\n");
    f = open_memstream(&first, &n);
    ck_assert_int_eq(mp_settings_print(&s, f, &err), 0);
    fclose(f);
    ck_assert_ptr_null(strstr(first, "hunter2"));
    ck_assert_ptr_nonnull(strstr(first, "********"));
    mp_settings_free(&s);
    load(first);
    ck_assert_str_eq(database_of(&s)->host, "a;b # c");
    ck_assert_str_eq(database_of(&s)->user, "it's \"me\"");
    ck_assert_str_eq(database_of(&s)->password, "");
    ck_assert_str_eq(s.power->outdir, "/a b/");
    ck_assert_uint_eq(s.n_routes, 4);
    ck_assert_str_eq(mp_route_value(&s.routes[2], "database"), "d;");
    ck_assert_str_eq(s.routes[2].prefix, "");
    ck_assert_str_eq(mp_route_value(&s.routes[3], "database"), "");
    f = open_memstream(&second, &n);
    ck_assert_int_eq(mp_settings_print(&s, f, &err), 0);
    fclose(f);
    ck_assert_ptr_nonnull(strstr(second, "[route rpg]"));
    mp_settings_free(&s);
    free(first);
    free(second);
}
END_TEST

/* .env -> INI -> settings: random passwords of every printable character. */
START_TEST(imports_any_password)
{
    static const char awkward[] = "\"'\\;#%= []$`!:{}";
    char password[64], env[128];
    unsigned seed = 4711;

    for (int round = 0; round < 2000; round++) {
        size_t len = 1 + (size_t)(rand_r(&seed) % 30), ini_len;
        char *ini = NULL;
        FILE *out;

        for (size_t i = 0; i < len; i++)
            password[i] = rand_r(&seed) % 2
                              ? awkward[(size_t)rand_r(&seed) % (sizeof awkward - 1)]
                              : (char)(0x21 + rand_r(&seed) % 0x5e);
        if (password[0] == ' ')
            password[0] = '=';
        if (password[len - 1] == ' ')
            password[len - 1] = '#';
        password[len] = '\0';
        snprintf(env, sizeof env, "REPACSS_DB_PASSWORD=%s\r\nREPACSS_DB_USER=u\r\n",
                 password);
        write_file(env, 0600);
        out = open_memstream(&ini, &ini_len);
        ck_assert_msg(mp_settings_import_env(&keys, path, out, &err) == 0, "%s: %s",
                      password, err.text);
        fclose(out);
        load(ini);
        ck_assert_str_eq(database_of(&s)->password, password);
        ck_assert_str_eq(database_of(&s)->user, "u");
        mp_settings_free(&s);
        free(ini);
    }
}
END_TEST

static char *import(const char *env)
{
    char *ini = NULL;
    size_t n;
    FILE *out = open_memstream(&ini, &n);
    int rc;

    write_file(env, 0600);
    rc = mp_settings_import_env(&keys, path, out, &err);
    fclose(out);
    if (rc == 0)
        return ini;
    free(ini);
    return NULL;
}

START_TEST(imports_the_quirks)
{
    char *ini = import("\xef\xbb\xbf# REPACSS_DB_HOST=no\r\n"
                       "  REPACSS_DB_HOST = \"db.example\"  \r\n"
                       "export REPACSS_DB_PASSWORD='p w'\n"
                       "REPACSS_SSH_PASSPHRASE=\"kept\"\n"
                       "REPACSS_DB_USER=first\nREPACSS_DB_USER=second\n"
                       "REPACSS_SSH_HOSTNAME=gone\nREPACSS_SSH_HOSTNAME=\n"
                       "REPACSS_ACCESS_MODE=direct\nREPACSS_DB_ACCESS_MODE=tunnel\n"
                       "REPACSS_EGAUGE_PASSWORD=hunter2\n"
                       "no equals sign\n"
                       "REPACSS_SSH_KEY_PATH=/home/u/.ssh/id_rsa");

    ck_assert_msg(ini != NULL, "%s", err.text);
    ck_assert_ptr_null(strstr(ini, "hunter2"));
    load(ini);
    ck_assert_str_eq(database_of(&s)->host, "db.example");
    ck_assert_str_eq(database_of(&s)->password, "p w");
    ck_assert_str_eq(ssh_of(&s)->passphrase, "\"kept\"");
    ck_assert_str_eq(database_of(&s)->user, "second");
    ck_assert_str_eq(ssh_of(&s)->hostname, "");
    ck_assert_str_eq(s.power->backend, "ssh");
    ck_assert_str_eq(ssh_of(&s)->key_path, "/home/u/.ssh/id_rsa");
    mp_settings_free(&s);
    free(ini);
    ck_assert_ptr_null(import("A=1\nREPACSS_DB_PORT=x\n"));
    ck_assert_msg(strstr(err.text, ":2: [database] port = x: not a whole number") != NULL,
                  "%s", err.text);
}
END_TEST

MP_UNIT_MAIN_WITH("settings", setup, teardown, an_empty_file_works, reads_every_type,
                  refuses_wrong_values, names_the_nearest, routes_build_on_the_built_in,
                  refuses_wrong_routes, later_sources_win, environment_of_the_old_env,
                  a_named_file_must_be_there, keeps_secrets_from_others,
                  a_group_must_be_meant, an_owner_must_be_trusted,
                  salvages_what_can_be_read, a_file_of_others_names_only_our_queue,
                  prints_what_loads_back, imports_any_password, imports_the_quirks)
