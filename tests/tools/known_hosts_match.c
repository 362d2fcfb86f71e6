/* SPDX-License-Identifier: MIT
 * known_hosts_match.c - which lines of a known_hosts file are about a host; and, given a
 * public key's base64, what they make of it.
 *
 *     known_hosts_match FILE HOST PORT           LINE [CA|REVOKED] [plain], one a line;
 * `plain` where it is the name without the port known_hosts_match FILE HOST PORT BASE64
 * known, unknown, changed or revoked
 */
#include "config.h"

#include "backends/ssh/known_hosts.h"
#include "backends/ssh/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    static const char *const verdicts[] = {"known", "unknown", "changed", "revoked"};
    static const char *const markers[] = {"", " CA", " REVOKED"};
    struct mp_known_hosts kh = {0};
    struct mp_error err;

    if (argc < 4 || mp_known_hosts_init(&kh, argv[2], atoi(argv[3]), &err) < 0 ||
        mp_known_hosts_read(&kh, argv[1], 0, &err) < 0) {
        fprintf(stderr, "%s\n", argc < 4 ? "usage: FILE HOST PORT [BASE64]" : err.text);
        mp_known_hosts_free(&kh);
        return 1;
    }
    for (size_t i = 0; i < kh.n && argc == 4; i++)
        printf("%u%s%s\n", kh.entries[i].line, markers[kh.entries[i].marker],
               kh.port != 22 && !kh.entries[i].with_port ? " plain" : "");
    if (argc > 4) {
        unsigned char *blob = malloc(strlen(argv[4]) + 3);
        long n = mp_base64_decode(argv[4], strlen(argv[4]), blob);

        puts(n < 0 ? "bad key"
                   : verdicts[mp_known_hosts_check(&kh, blob, (size_t)n, NULL)]);
        free(blob);
    }
    mp_known_hosts_free(&kh);
    return 0;
}
