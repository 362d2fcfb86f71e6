/* SPDX-License-Identifier: MIT
 * test_ini.c - an INI file's values survive, and what
 * would not is refused by its line. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "config/ini.h"
#include "unit.h"

static struct mp_ini ini;
static struct mp_error err;

/* What mp_ini_parse takes over. */
static char *copy(const char *text, size_t len)
{
    char *mine = malloc(len + 1);

    ck_assert_ptr_nonnull(mine);
    memcpy(mine, text, len);
    mine[len] = '\0';
    return mine;
}

static int try_parse(const char *text, size_t len)
{
    return mp_ini_parse(&ini, "f.ini", copy(text, len), len, &err);
}

static void parse(const char *text)
{
    ck_assert_msg(try_parse(text, strlen(text)) == 0, "%s", err.text);
}

static const char *value(const char *section, const char *key)
{
    for (size_t i = 0; i < ini.n; i++)
        if (ini.entries[i].key != NULL && strcmp(ini.entries[i].section, section) == 0 &&
            strcmp(ini.entries[i].key, key) == 0)
            return ini.entries[i].value;
    return "(none)";
}

START_TEST(reads_the_usual)
{
    parse("\xef\xbb\xbf# a comment ending in a backslash \\\n"
          "[A]\r\n"
          "k1=v1\r\n"
          "  K2  =  two words  ; comment\n"
          "k3 = \"a;b#c\" # comment\n"
          "k4 = 'a\"b\\c'\n"
          "k5 = \"\\\\ \\\" '\"\n"
          "k6 =\n"
          "k7 = ; nothing\n"
          "k8 = a\"b'c\n"
          "k9 = x=y:z%41\n"
          "k10 = \"\"\n"
          "k11 = \"  kept  \"\n"
          "k12 = \xc3\xa9\n"
          "; [b]\n"
          "[ Route   RPC ] ; comment\n"
          "k1 = last");
    ck_assert_uint_eq(ini.n, 15);
    ck_assert_str_eq(ini.entries[0].section, "a");
    ck_assert_ptr_null(ini.entries[0].key);
    ck_assert_int_eq(ini.entries[0].line, 2);
    ck_assert_str_eq(value("a", "k1"), "v1");
    ck_assert_str_eq(value("a", "k2"), "two words");
    ck_assert(ini.entries[2].commented);
    ck_assert_str_eq(value("a", "k3"), "a;b#c");
    ck_assert(!ini.entries[3].commented);
    ck_assert_str_eq(value("a", "k4"), "a\"b\\c");
    ck_assert_str_eq(value("a", "k5"), "\\ \" '");
    ck_assert_str_eq(value("a", "k6"), "");
    ck_assert_str_eq(value("a", "k7"), "");
    ck_assert_str_eq(value("a", "k8"), "a\"b'c");
    ck_assert_str_eq(value("a", "k9"), "x=y:z%41");
    ck_assert_str_eq(value("a", "k10"), "");
    ck_assert_str_eq(value("a", "k11"), "  kept  ");
    ck_assert_str_eq(value("a", "k12"), "\xc3\xa9");
    ck_assert_str_eq(value("route rpc", "k1"), "last");
    ck_assert_int_eq(ini.entries[14].line, 17);
    mp_ini_free(&ini);
}
END_TEST

START_TEST(empty_is_fine)
{
    parse("");
    ck_assert_uint_eq(ini.n, 0);
    mp_ini_free(&ini);
    parse("\n\n# only a comment");
    ck_assert_uint_eq(ini.n, 0);
    mp_ini_free(&ini);
}
END_TEST

/* A line that is left out takes nothing else along. */
START_TEST(salvages_the_other_lines)
{
    static const char text[] = "[power]\nlogfile = /l\nk = a;b\n[queue\n"
                               "directory = '/q\\'\nworkers\n"
                               "workers = 3 \n[qu:eue]\nlost = 1\n[x] y\nz = \"2\"\n[w";

    ck_assert_int_eq(
        mp_ini_salvage(&ini, "f.ini", copy(text, sizeof text - 1), sizeof text - 1, &err),
        -1);
    ck_assert_msg(strstr(err.text, "f.ini:3: ';' or '#'") != NULL, "%s", err.text);
    ck_assert_str_eq(value("power", "logfile"), "/l");
    ck_assert_str_eq(value("queue", "directory"), "/q\\");
    ck_assert_str_eq(value("queue", "workers"), "3");
    ck_assert_str_eq(value("x", "z"), "2");
    ck_assert_str_eq(value("power", "k"), "(none)");
    for (size_t i = 0; i < ini.n; i++)
        ck_assert(ini.entries[i].key == NULL || strcmp(ini.entries[i].key, "lost") != 0);
    mp_ini_free(&ini);
    ck_assert_int_eq(mp_ini_salvage(&ini, "f.ini", copy("[a]\nk = 1", 9), 9, &err), 0);
    ck_assert_str_eq(value("a", "k"), "1");
    mp_ini_free(&ini);
}
END_TEST

/* Not by iniparser: a comment that ends in a backslash would swallow the next line. */
START_TEST(a_comment_swallows_nothing)
{
    parse("[a] # \\\nk = 1 ; \\\nj = \"2\" # \\\n# c:\\ \t\nl = 3\n");
    ck_assert_uint_eq(ini.n, 4);
    ck_assert_str_eq(value("a", "k"), "1");
    ck_assert_str_eq(value("a", "j"), "2");
    ck_assert_str_eq(value("a", "l"), "3");
    mp_ini_free(&ini);
}
END_TEST

static void refused(const char *text, const char *why)
{
    ck_assert_msg(try_parse(text, strlen(text)) == -1, "took %s", text);
    ck_assert_int_eq(err.fault, MP_FAULT_USAGE);
    ck_assert_msg(strstr(err.text, why) != NULL, "%s: %s", text, err.text);
    ck_assert_msg(strstr(err.text, "hunter2") == NULL, "shows the value: %s", err.text);
    ck_assert_ptr_null(ini.entries);
}

START_TEST(refuses_what_iniparser_damages)
{
    refused("[a]\nk = hunter2;x\n", "f.ini:2: ';' or '#' in a value");
    refused("[a]\nk = hunter2#x\n", "f.ini:2: ';' or '#' in a value");
    refused("[a]\nk = \"hunter2\n", "f.ini:2: the quote is not closed");
    refused("[a]\nk = 'hunter2\n", "f.ini:2: the quote is not closed");
    refused("[a]\nk = \"hunter2\"x\n", "f.ini:2: something stands after");
    refused("[a]\nk = 'it''s hunter2'\n", "f.ini:2: something stands after");
    refused("[a]\nk = \"hunter2\\n\"\n", "f.ini:2: a backslash in double quotes");
    refused("[a]\nk = \"hunter2\\", "f.ini:2: a backslash in double quotes");
    refused("[a]\nk = hunter2 \\\n j=1\n", "f.ini:2: a value that is not in quotes ends");
    refused("[a]\nk = 1\n[b]\nk = 1\n[A]\nK = hunter2\n", "f.ini:6: [a] k is set twice, "
                                                          "first in line 2");
    refused("[r  a]\nk = hunter2\n[R a]\nk = 2\n", "f.ini:4: [r a] k is set twice");
    refused("k = hunter2\n", "f.ini:1: a key before the first");
    refused("[a]\nk: hunter2\n", "f.ini:2: no '='");
    refused("[a]\nhunter2\n", "f.ini:2: no '='");
    refused("[a]\n = hunter2\n", "f.ini:2: not a key's name");
    refused("[a]\nk k2 = hunter2\n", "f.ini:2: not a key's name");
    refused("[a\nk = 1\n", "f.ini:1: the section's name is not closed");
    refused("[a] hunter2\n", "f.ini:1: something stands after the section");
    refused("[]\n", "f.ini:1: not a section's name");
    refused("[a:b]\n", "f.ini:1: not a section's name");
    refused("[a]\nk = hunter2\x01\n", "f.ini:2: a control character");
    refused("[a]\r\nk = hunter2\rx\n", "f.ini:2: a control character");
}
END_TEST

START_TEST(refuses_a_nul_and_bulk)
{
    static char big[MP_INI_MAX + 2];
    char line[1100];

    ck_assert_int_eq(try_parse("[a]\nk=1\0x\n", 11), -1);
    ck_assert_msg(strstr(err.text, "f.ini:2: a control character") != NULL, "%s",
                  err.text);
    memset(big, '\n', sizeof big);
    ck_assert_int_eq(try_parse(big, MP_INI_MAX + 1), -1);
    ck_assert_int_eq(try_parse(big, MP_INI_MAX), 0);
    mp_ini_free(&ini);
    snprintf(line, sizeof line, "[a]\nk = %01060d\n", 7);
    refused(line, "f.ini:2: the value is too long");
    snprintf(line, sizeof line, "[a]\n# %01060d\nk = 1\n", 7);
    parse(line);
    ck_assert_str_eq(value("a", "k"), "1");
    mp_ini_free(&ini);
    snprintf(line, sizeof line, "[a]\nk = %0995d\n", 7);
    parse(line);
    ck_assert_uint_eq(strlen(value("a", "k")), 995);
    mp_ini_free(&ini);
}
END_TEST

/* Quote, write, parse: the same text comes back.  Random texts of every printable
 * character, the awkward ones more often, and bytes above ASCII. */
START_TEST(every_value_survives)
{
    static const char awkward[] = "\"'\\;#%= []$`!\t:{}";
    char text[64], file[256];
    unsigned seed = 20261123;

    for (int round = 0; round < 20000; round++) {
        size_t len = (size_t)(rand_r(&seed) % 24);
        char *quoted;

        for (size_t i = 0; i < len; i++)
            text[i] = rand_r(&seed) % 2
                          ? awkward[(size_t)rand_r(&seed) % (sizeof awkward - 1)]
                      : rand_r(&seed) % 8 ? (char)(0x20 + rand_r(&seed) % 0x5f)
                                          : (char)(0x80 + rand_r(&seed) % 0x80);
        text[len] = '\0';
        quoted = mp_ini_quote(text);
        snprintf(file, sizeof file, "[a]\nx = 1\nk = %s\ny = 2\n", quoted);
        ck_assert_msg(try_parse(file, strlen(file)) == 0, "%s: %s", quoted, err.text);
        ck_assert_str_eq(value("a", "k"), text);
        ck_assert_str_eq(value("a", "y"), "2");
        mp_ini_free(&ini);
        free(quoted);
    }
}
END_TEST

MP_UNIT_MAIN("ini", reads_the_usual, empty_is_fine, salvages_the_other_lines,
             a_comment_swallows_nothing, refuses_what_iniparser_damages,
             refuses_a_nul_and_bulk, every_value_survives)
