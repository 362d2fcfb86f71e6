/* SPDX-License-Identifier: MIT
 * http.c - libcurl, driven so that a stop request and the deadline end every wait. */
#include "config.h"

#include "backends/prometheus/http.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { CONNECT_S = 10, REDIRECTS_MAX = 3, KEPT = 200, FAULT_TEXT = CURL_ERROR_SIZE };

struct mp_prom_http {
    const struct mp_prom_config *config;
    CURLM *multi;
    CURL *easy;
    struct curl_slist *headers;
    char *base; /* the url without a slash at its end */
    char name[300];
    char why[FAULT_TEXT];
    int retry_after;
    /* of the request under way */
    mp_prom_body *body;
    void *arg;
    struct mp_error *err;
    bool refused;    /* body said -1, and filled *err */
    char kept[KEPT]; /* the beginning of an answer that is not for body */
    size_t n_kept;
};

/* ---- opening ---- */

static int no_memory(struct mp_error *err)
{
    return mp_fail(err, MP_FAULT_FAILED, "out of memory for the Prometheus backend");
}

static int check_url(const char *url, struct mp_error *err)
{
    const char *host = strstr(url, "://");

    if (*url == '\0')
        return mp_fail(err, MP_FAULT_USAGE,
                       "backend prometheus: no url; set it in section [prometheus]");
    if (host == NULL ||
        (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0))
        return mp_fail(err, MP_FAULT_USAGE,
                       "[prometheus] url = %.200s: it starts with http:// or https://",
                       strchr(url, '@') != NULL ? "..." : url);
    host += 3;
    if (memchr(host, '@', strcspn(host, "/")) != NULL)
        return mp_fail(err, MP_FAULT_USAGE,
                       "[prometheus] url holds a user name or password: username and "
                       "password are keys of their own, and are kept secret");
    if (strpbrk(url, "?#") != NULL || strcspn(host, "/") == 0)
        return mp_fail(err, MP_FAULT_USAGE,
                       "[prometheus] url = %.200s: a host, a port and a path, no more",
                       url);
    return 0;
}

static int add_header(struct mp_prom_http *h, const char *line, size_t len,
                      struct mp_error *err)
{
    struct curl_slist *longer;
    char text[1024];

    if (len == 0)
        return 0;
    if (len >= sizeof text || memchr(line, ':', len) == NULL ||
        memchr(line, '\n', len) != NULL || memchr(line, '\r', len) != NULL)
        return mp_fail(err, MP_FAULT_USAGE,
                       "[prometheus] headers: one of them is not like Name: value");
    snprintf(text, sizeof text, "%.*s", (int)len, line);
    longer = curl_slist_append(h->headers, text);
    if (longer == NULL)
        return no_memory(err);
    h->headers = longer;
    return 0;
}

static int set_headers(struct mp_prom_http *h, struct mp_error *err)
{
    const char *at = h->config->headers;

    for (;;) {
        size_t len;

        at += strspn(at, ", \t");
        len = strcspn(at, ",");
        if (len == 0)
            break;
        if (add_header(h, at, len, err) < 0)
            return -1;
        at += len;
    }
    /* curl would wait for a 100 before it sends a long form */
    return add_header(h, "Expect:", strlen("Expect:"), err);
}

static size_t take_body(char *data, size_t one, size_t n, void *arg)
{
    struct mp_prom_http *h = arg;
    long status = 0;

    (void)one;
    curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &status);
    if (h->n_kept < sizeof h->kept - 1) {
        size_t room = sizeof h->kept - 1 - h->n_kept;
        size_t part = n < room ? n : room;

        memcpy(h->kept + h->n_kept, data, part);
        h->n_kept += part;
        h->kept[h->n_kept] = '\0';
    }
    if (status != 200 && h->kept[strspn(h->kept, " \t\r\n")] != '{')
        return n; /* a page for people */
    if (status / 100 == 3)
        return n;
    if (h->body(h->arg, data, n, h->err) == 0)
        return n;
    h->refused = true;
    return 0;
}

static void set_access(struct mp_prom_http *h)
{
    const struct mp_prom_config *c = h->config;

    if (c->bearer_token[0] != '\0') {
        curl_easy_setopt(h->easy, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
        curl_easy_setopt(h->easy, CURLOPT_XOAUTH2_BEARER, c->bearer_token);
    } else if (c->username[0] != '\0') {
        curl_easy_setopt(h->easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
        curl_easy_setopt(h->easy, CURLOPT_USERNAME, c->username);
        curl_easy_setopt(h->easy, CURLOPT_PASSWORD, c->password);
    }
    curl_easy_setopt(h->easy, CURLOPT_PROXY, c->proxy); /* "": none, no environment's */
    curl_easy_setopt(h->easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(h->easy, CURLOPT_SSL_VERIFYHOST, 2L);
    if (c->cafile[0] != '\0')
        curl_easy_setopt(h->easy, CURLOPT_CAINFO, c->cafile);
}

static int set_up(struct mp_prom_http *h, struct mp_error *err)
{
    if (set_headers(h, err) < 0)
        return -1;
    curl_easy_setopt(h->easy, CURLOPT_HTTPHEADER, h->headers);
    curl_easy_setopt(h->easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(h->easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    curl_easy_setopt(h->easy, CURLOPT_USERAGENT, PACKAGE_NAME "/" PACKAGE_VERSION);
    curl_easy_setopt(h->easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(h->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(h->easy, CURLOPT_TCP_KEEPALIVE, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
    /* who is stopped does not wait for a resolver that hangs */
    curl_easy_setopt(h->easy, CURLOPT_QUICK_EXIT, 1L);
#endif
    curl_easy_setopt(h->easy, CURLOPT_BUFFERSIZE, 65536L);
    curl_easy_setopt(
        h->easy, CURLOPT_CONNECTTIMEOUT,
        (long)(h->config->timeout < CONNECT_S ? h->config->timeout : CONNECT_S));
    curl_easy_setopt(h->easy, CURLOPT_TIMEOUT, (long)h->config->timeout);
    curl_easy_setopt(h->easy, CURLOPT_ERRORBUFFER, h->why);
    curl_easy_setopt(h->easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(h->easy, CURLOPT_WRITEDATA, h);
    set_access(h);
    return 0;
}

static void name_it(struct mp_prom_http *h)
{
    const char *host = strstr(h->base, "://") + 3;

    snprintf(h->name, sizeof h->name, "%.*s", (int)strcspn(host, "/"), host);
}

int mp_prom_http_open(const struct mp_prom_config *config, struct mp_prom_http **out,
                      struct mp_error *err)
{
    struct mp_prom_http *h;
    size_t len;

    *out = NULL;
    if (check_url(config->url, err) < 0)
        return -1;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return mp_fail(err, MP_FAULT_FAILED, "libcurl cannot be initialised");
    h = calloc(1, sizeof *h);
    if (h == NULL)
        return no_memory(err);
    h->config = config;
    h->base = strdup(config->url);
    h->multi = curl_multi_init();
    h->easy = curl_easy_init();
    if (h->base == NULL || h->multi == NULL || h->easy == NULL) {
        mp_prom_http_close(h);
        return no_memory(err);
    }
    for (len = strlen(h->base); len > 0 && h->base[len - 1] == '/'; len--)
        h->base[len - 1] = '\0';
    name_it(h);
    if (set_up(h, err) < 0) {
        mp_prom_http_close(h);
        return -1;
    }
    *out = h;
    return 0;
}

void mp_prom_http_close(struct mp_prom_http *h)
{
    if (h == NULL)
        return;
    if (h->easy != NULL)
        curl_easy_cleanup(h->easy);
    if (h->multi != NULL)
        curl_multi_cleanup(h->multi);
    curl_slist_free_all(h->headers);
    free(h->base);
    free(h);
    curl_global_cleanup();
}

const char *mp_prom_http_name(const struct mp_prom_http *h)
{
    return h->name;
}

int mp_prom_http_retry_after(const struct mp_prom_http *h)
{
    return h->retry_after;
}

/* ---- one request ---- */

static int connection_failed(const struct mp_prom_http *h, CURLcode code,
                             struct mp_error *err)
{
    const char *why = h->why[0] != '\0' ? h->why : curl_easy_strerror(code);
    double connected = 0;

    curl_easy_getinfo(h->easy, CURLINFO_PRETRANSFER_TIME, &connected);
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
        return mp_fail(err, MP_FAULT_UNREACHABLE,
                       "%s: cannot be reached: %s; check url in section [prometheus]",
                       h->name, why);
    case CURLE_OPERATION_TIMEDOUT:
        return mp_fail(err, connected > 0 ? MP_FAULT_TRANSIENT : MP_FAULT_UNREACHABLE,
                       "%s: no answer in time: %s; timeout in section [prometheus] is %d "
                       "s",
                       h->name, why, h->config->timeout);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ISSUER_ERROR:
        return mp_fail(err, MP_FAULT_FAILED,
                       "%s: its certificate is not accepted: %s; cafile in section "
                       "[prometheus] names who may have signed it, and url must have "
                       "the name that stands in it",
                       h->name, why);
    case CURLE_OUT_OF_MEMORY:
        return no_memory(err);
    default:
        return mp_fail(err, MP_FAULT_TRANSIENT, "%s: the connection broke: %s", h->name,
                       why);
    }
}

/* Until the transfer is over: its own result in *code. */
static int transfer(struct mp_prom_http *h, const struct mp_run *run, CURLcode *code,
                    struct mp_error *err)
{
    for (;;) {
        struct curl_waitfd stop = {.fd = run->stop_fd, .events = CURL_WAIT_POLLIN};
        int64_t left = mp_run_left_ms(run);
        int running = 0, queued;
        CURLMsg *msg;

        if (curl_multi_perform(h->multi, &running) != CURLM_OK)
            return mp_fail(err, MP_FAULT_FAILED, "libcurl: cannot go on");
        while ((msg = curl_multi_info_read(h->multi, &queued)) != NULL) {
            if (msg->msg == CURLMSG_DONE) {
                *code = msg->data.result;
                return 0;
            }
        }
        if (mp_run_check(run, err) < 0)
            return -1;
        /* libcurl's own wait, which knows its descriptors and timers */
        if (curl_multi_poll(h->multi, &stop, run->stop_fd >= 0,
                            left < 0 || left > 1000 ? 1000 : (int)left, NULL) != CURLM_OK)
            return mp_fail(err, MP_FAULT_FAILED, "libcurl: cannot wait");
        if (mp_run_check(run, err) < 0)
            return -1;
    }
}

static int perform(struct mp_prom_http *h, const struct mp_run *run, const char *url,
                   const char *form, struct mp_error *err)
{
    CURLcode code = CURLE_OK;
    int rc = -1;

    h->err = err;
    h->refused = false;
    h->n_kept = 0;
    h->kept[0] = h->why[0] = '\0';
    curl_easy_setopt(h->easy, CURLOPT_URL, url);
    if (form != NULL) {
        curl_easy_setopt(h->easy, CURLOPT_POSTFIELDS, form);
        curl_easy_setopt(h->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(form));
    } else {
        curl_easy_setopt(h->easy, CURLOPT_HTTPGET, 1L);
    }
    if (curl_multi_add_handle(h->multi, h->easy) != CURLM_OK)
        return mp_fail(err, MP_FAULT_FAILED, "libcurl: cannot start a request");
    if (transfer(h, run, &code, err) == 0 && !h->refused)
        rc = code == CURLE_OK ? 0 : connection_failed(h, code, err);
    curl_multi_remove_handle(h->multi, h->easy);
    return rc;
}

/* Scheme, host and port, which must stay; http may become https. */
static bool stays(const char *from, const char *to)
{
    const char *a = strstr(from, "://"), *b = strstr(to, "://");
    size_t n = a != NULL ? strcspn(a + 3, "/") : 0;
    size_t m = b != NULL ? strcspn(b + 3, "/") : 0;

    if (a == NULL || b == NULL)
        return false;
    if (n == m && strncasecmp(a, b, n + 3) == 0 && a - from == b - to &&
        strncasecmp(from, to, (size_t)(a - from)) == 0)
        return true;
    /* the same name with the standard ports */
    return strncasecmp(from, "http://", 7) == 0 && strncasecmp(to, "https://", 8) == 0 &&
           n == m && memchr(a + 3, ':', n) == NULL && strncasecmp(a + 3, b + 3, n) == 0;
}

static int judge(struct mp_prom_http *h, long status, enum mp_prom_outcome *outcome,
                 struct mp_error *err)
{
    curl_off_t after = 0;

    curl_easy_getinfo(h->easy, CURLINFO_RETRY_AFTER, &after);
    h->retry_after = after > 0 && after < 3600 ? (int)after : 0;
    switch (status) {
    case 200:
        *outcome = MP_PROM_DONE;
        return 0;
    case 429:
    case 502:
    case 503:
        *outcome = MP_PROM_BUSY;
        return 0;
    case 413:
    case 414:
    case 504:
        *outcome = MP_PROM_LARGE;
        return 0;
    case 400:
    case 422:
        *outcome = MP_PROM_DENIED;
        return 0;
    case 401:
    case 403:
        return mp_fail(err, MP_FAULT_FAILED,
                       "%s: not admitted (HTTP %ld); check username and password, or "
                       "bearer_token, in section [prometheus]",
                       h->name, status);
    case 404:
        return mp_fail(err, MP_FAULT_FAILED,
                       "%s: no Prometheus API there (HTTP 404); check url in section "
                       "[prometheus]: it may need a path, like /prometheus",
                       h->name);
    default:
        return mp_fail(err, status >= 500 ? MP_FAULT_TRANSIENT : MP_FAULT_FAILED,
                       "%s: answers HTTP %ld: %.120s", h->name, status, h->kept);
    }
}

/* The url of a redirect on the same server; NULL with *err. */
static char *next_url(struct mp_prom_http *h, const char *url, struct mp_error *err)
{
    char *to = NULL, *copy;

    curl_easy_getinfo(h->easy, CURLINFO_REDIRECT_URL, &to);
    if (to == NULL || !stays(url, to)) {
        mp_fail(err, MP_FAULT_FAILED,
                "%s: redirects to %.200s, which is another server, and is not followed; "
                "if it is the right one, name it as url in section [prometheus]",
                h->name, to != NULL ? to : "nowhere");
        return NULL;
    }
    copy = strdup(to);
    if (copy == NULL)
        no_memory(err);
    return copy;
}

int mp_prom_http_post(struct mp_prom_http *h, const struct mp_run *run, const char *path,
                      const char *form, mp_prom_body *body, void *arg,
                      enum mp_prom_outcome *outcome, struct mp_error *err)
{
    char *url = NULL;
    long status = 0;
    int rc = -1;

    h->body = body;
    h->arg = arg;
    if (asprintf(&url, "%s%s", h->base, path) < 0)
        return no_memory(err);
    for (int i = 0;; i++) {
        char *next;

        if (perform(h, run, url, form, err) < 0)
            break;
        curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &status);
        if (status / 100 != 3) {
            rc = judge(h, status, outcome, err);
            break;
        }
        if (i == REDIRECTS_MAX) {
            mp_fail(err, MP_FAULT_FAILED, "%s: redirects in a circle", h->name);
            break;
        }
        next = next_url(h, url, err);
        free(url);
        url = next;
        if (url == NULL)
            break;
    }
    free(url);
    return rc;
}

int mp_prom_form_add(char **form, const char *name, const char *value,
                     struct mp_error *err)
{
    char *encoded = curl_easy_escape(NULL, value, (int)strlen(value));
    char *longer = NULL;
    int n = -1;

    if (encoded != NULL)
        n = asprintf(&longer, "%s%s%s=%s", *form != NULL ? *form : "",
                     *form != NULL ? "&" : "", name, encoded);
    curl_free(encoded);
    if (n < 0)
        return no_memory(err);
    free(*form);
    *form = longer;
    return 0;
}
