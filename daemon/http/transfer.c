#include "daemon/http/transfer.h"

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/secret.h"
#include <ctype.h>
#include <math.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define HEADER_VALUE_MAX 128 /* of those header values that are read as numbers, dates and words */
#define LOCATION_MAX 8192    /* a longer one is none */
#define WARM_MS 10000L       /* for a connection that is opened ahead, its answer too */

/* --- the URL --- */

static void to_lower(char *s)
{
    for (; *s; s++)
        *s = (char)tolower((unsigned char)*s);
}

static enum error_code refuse_url(CURLUcode rc, struct error *err)
{
    return error_set(err, ERR_INVALID_REQUEST, "not a URL that can be asked: %s", curl_url_strerror(rc));
}

static enum error_code key_of_url(CURLU *u, char **ret_key, struct error *err)
{
    char *scheme = NULL, *host = NULL, *port = NULL;
    enum error_code code = ERR_NONE;
    CURLUcode rc = curl_url_get(u, CURLUPART_SCHEME, &scheme, 0);
    if (!rc && strcasecmp(scheme, "http") != 0 && strcasecmp(scheme, "https") != 0)
        code =
            error_set(err, ERR_PERMISSION_DENIED, "a URL with the scheme %s is not asked, only http and https", scheme);
    if (!rc && !code)
        rc = curl_url_get(u, CURLUPART_HOST, &host, 0);
    if (!rc && !code)
        rc = curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT);
    if (rc) {
        code = refuse_url(rc, err);
    } else if (!code) {
        *ret_key = xasprintf("%s://%s:%s", scheme, host, port);
        to_lower(*ret_key);
    }
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    return code;
}

enum error_code transfer_parse_url(const char *url, CURLU **ret, char **ret_key, struct error *err)
{
    CURLU *u = curl_url();
    if (!u)
        abort(); /* as alloc.h does */
    CURLUcode rc = curl_url_set(u, CURLUPART_URL, url ? url : "", CURLU_NON_SUPPORT_SCHEME);
    enum error_code code = rc ? refuse_url(rc, err) : key_of_url(u, ret_key, err);
    if (code == ERR_NONE && ret)
        *ret = u;
    else
        curl_url_cleanup(u);
    return code;
}

/* --- the response's head --- */

struct field {
    const char *name, *value;
    size_t name_len, value_len;
};

static bool split_field(const char *line, size_t len, struct field *f)
{
    const char *colon = memchr(line, ':', len);
    if (!colon)
        return false;
    const char *value = colon + 1, *end = line + len;
    while (value < end && isspace((unsigned char)*value))
        value++;
    while (end > value && isspace((unsigned char)end[-1]))
        end--;
    *f = (struct field){
        .name = line, .name_len = (size_t)(colon - line), .value = value, .value_len = (size_t)(end - value)};
    return true;
}

static bool is_field(const struct field *f, const char *name)
{
    return strlen(name) == f->name_len && strncasecmp(f->name, name, f->name_len) == 0;
}

/* A finite number that is not negative and fills the whole text. */
static bool parse_number(const char *text, double *ret)
{
    if (!isdigit((unsigned char)text[0]))
        return false; /* also keeps out what strtod knows besides: signs, inf, nan */
    char *end;
    double value = strtod(text, &end);
    if (*end || !isfinite(value))
        return false;
    *ret = value;
    return true;
}

static void read_retry_after(struct http_transfer *t, const char *text)
{
    double seconds;
    if (t->retry_after_exact)
        return;
    if (parse_number(text, &seconds)) {
        t->head.retry_after = seconds;
        return;
    }
    time_t when = curl_getdate(text, NULL);
    if (when == (time_t)-1)
        return;
    seconds = (double)when - (double)clock_wall_us() / 1e6;
    t->head.retry_after = seconds > 0 ? seconds : 0;
}

static void read_retry_after_ms(struct http_transfer *t, const char *text)
{
    double ms;
    if (!parse_number(text, &ms))
        return;
    t->head.retry_after = ms / 1000;
    t->retry_after_exact = true;
}

/* What marks the name of a header that tells of a rate limit; the last two are Cohere's. */
static const char *const rate_marks[] = {"ratelimit", "rate-limit", "-call-limit", "-call-remaining"};

static bool is_rate(const char *name)
{
    for (unsigned i = 0; i < sizeof(rate_marks) / sizeof(rate_marks[0]); i++)
        if (strstr(name, rate_marks[i]))
            return true;
    return false;
}

/* Half a name or value would say something else, so that one that does not fit is left out. */
static void read_rate(struct response_head *head, const struct field *f)
{
    struct rate_header rate;
    if (head->n_rate == RATE_HEADERS_MAX || f->name_len >= sizeof(rate.name) || f->value_len >= sizeof(rate.value))
        return;
    error_text(rate.name, sizeof(rate.name), f->name, f->name_len);
    to_lower(rate.name);
    if (!is_rate(rate.name))
        return;
    error_text(rate.value, sizeof(rate.value), f->value, f->value_len);
    head->rate[head->n_rate++] = rate;
}

static void read_date(struct response_head *head, const char *text)
{
    time_t when = curl_getdate(text, NULL);
    head->date_us = when > 0 ? (int64_t)when * 1000000 : 0;
}

static void read_field(struct http_transfer *t, const struct field *f)
{
    struct response_head *head = &t->head;
    char text[HEADER_VALUE_MAX];
    if (is_field(f, "content-type")) {
        const char *semicolon = memchr(f->value, ';', f->value_len);
        size_t len = semicolon ? (size_t)(semicolon - f->value) : f->value_len;
        while (len && isspace((unsigned char)f->value[len - 1]))
            len--;
        error_text(head->content_type, sizeof(head->content_type), f->value, len);
        to_lower(head->content_type);
    } else if (is_field(f, "retry-after")) {
        error_text(text, sizeof(text), f->value, f->value_len);
        read_retry_after(t, text);
    } else if (is_field(f, "retry-after-ms")) {
        error_text(text, sizeof(text), f->value, f->value_len);
        read_retry_after_ms(t, text);
    } else if (is_field(f, "x-should-retry")) {
        error_text(text, sizeof(text), f->value, f->value_len);
        head->should_retry = strcasecmp(text, "true") == 0 ? 1 : strcasecmp(text, "false") == 0 ? 0 : -1;
    } else if (is_field(f, "x-request-id") || (is_field(f, "request-id") && !head->request_id[0])) {
        error_text(head->request_id, sizeof(head->request_id), f->value, f->value_len);
    } else if (is_field(f, "location") && f->value_len <= LOCATION_MAX) {
        free(t->location);
        head->location = t->location = xstrndup(f->value, f->value_len);
    } else if (is_field(f, "date")) {
        error_text(text, sizeof(text), f->value, f->value_len);
        read_date(head, text);
    } else {
        read_rate(head, f);
    }
}

/* "HTTP/1.1 200 OK": a head begins, and what an interim one (1xx) said is forgotten. */
static void begin_head(struct http_transfer *t, const char *line, size_t len)
{
    free(t->location);
    t->location = NULL;
    t->head = (struct response_head){.retry_after = -1, .should_retry = -1};
    t->retry_after_exact = false;
    const char *space = memchr(line, ' ', len);
    for (const char *p = space ? space + 1 : line + len; p < line + len && isdigit((unsigned char)*p); p++)
        t->head.status = t->head.status * 10 + (*p - '0'); /* curl lets three digits pass, no more */
}

static size_t on_header(char *line, size_t size, size_t count, void *data)
{
    struct http_transfer *t = data;
    size_t len = size * count;
    if (t->state == TRANSFER_DOOMED)
        return CURL_WRITEFUNC_ERROR;
    if (t->head_done)
        return len; /* a trailer */
    struct field f;
    if (len >= 5 && memcmp(line, "HTTP/", 5) == 0) {
        begin_head(t, line, len);
    } else if (line[0] == '\r' || line[0] == '\n') {
        t->head_done = t->head.status >= 200;
        if (t->head_done && t->cb.on_head)
            t->cb.on_head(t->data, &t->head);
    } else if (split_field(line, len, &f)) {
        read_field(t, &f);
    }
    return t->state == TRANSFER_DOOMED ? CURL_WRITEFUNC_ERROR : len;
}

static size_t on_write(char *bytes, size_t size, size_t count, void *data)
{
    struct http_transfer *t = data;
    if (t->state != TRANSFER_DOOMED && t->cb.on_body)
        t->cb.on_body(t->data, (const uint8_t *)bytes, size * count);
    return t->state == TRANSFER_DOOMED ? CURL_WRITEFUNC_ERROR : size * count;
}

/* --- the request --- */

/* A connection stands, with TLS and all; curl tells of the transfer's latest one. */
static void look_at_connection(struct http_transfer *t)
{
    struct curl_tlssessioninfo *tls = NULL;
    long connects = 0;
    curl_easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &connects);
    curl_easy_getinfo(t->easy, CURLINFO_TLS_SSL_PTR, &tls);
    bool secure = tls && tls->internals;
    SSL *session = secure && tls->backend == CURLSSLBACKEND_OPENSSL ? tls->internals : NULL;
    if (secure && connects > t->connects) {
        t->handshakes++;
        t->resumed += session && SSL_session_reused(session);
    }
    t->tls = session ? SSL_get_version(session) : NULL;
    t->connects = connects;
}

/* Where a kept connection breaks before the first byte of a response, curl would send the request again, up to five
 * times. The server may have taken it, and a question may be paid for twice: whether to ask again is for others to say.
 */
static int on_request(void *data, char *remote, char *local, int remote_port, int local_port)
{
    (void)remote, (void)local, (void)remote_port, (void)local_port;
    struct http_transfer *t = data;
    bool again = t->sent;
    look_at_connection(t);
    t->sent = true;
    return again && strcmp(t->x.method, "GET") != 0 ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

static void append_header(struct http_transfer *t, const char *line)
{
    struct curl_slist *list = curl_slist_append(t->headers, line);
    if (!list)
        abort(); /* as alloc.h does */
    t->headers = list;
}

static void append_field(struct http_transfer *t, const struct exchange_header *h)
{
    const char *key = h->secret ? secret_reveal(h->secret) : "";
    /* curl takes "Name:" for the wish to leave a header out and "Name;" for an empty one. */
    const char *between = h->value[0] || key[0] ? ": " : ";";
    size_t size = strlen(h->name) + strlen(between) + strlen(h->value) + strlen(key) + 1;
    char *line = xmalloc(size); /* of its final size: growing would leave the key behind in freed memory */
    snprintf(line, size, "%s%s%s%s", h->name, between, h->value, key);
    append_header(t, line);
    secret_wipe(line, size);
    free(line);
}

static void build_headers(struct http_transfer *t)
{
    for (unsigned i = 0; i < t->x.n_headers; i++)
        append_field(t, &t->x.headers[i]);
    append_header(t, "Expect:"); /* else curl waits up to a second for leave to send a large body */
}

void transfer_wipe(struct http_transfer *t)
{
    for (struct curl_slist *item = t->headers; item; item = item->next)
        secret_wipe(item->data, strlen(item->data));
    curl_slist_free_all(t->headers);
    t->headers = NULL;
}

#define SET(option, value)                                                                                             \
    do {                                                                                                               \
        if (!rc)                                                                                                       \
            rc = curl_easy_setopt(t->easy, (option), (value));                                                         \
    } while (0)

static CURLcode set_request(struct http_transfer *t, const struct transfer_room *room)
{
    CURLcode rc = CURLE_OK;
    const struct buf *body = &t->x.body;
    bool post = strcmp(t->x.method, "POST") == 0;
    SET(CURLOPT_URL, t->x.url);
    SET(CURLOPT_HTTPHEADER, t->headers);
    SET(CURLOPT_USERAGENT, room->user_agent);
    SET(CURLOPT_ACCEPT_ENCODING, "");
    if (post || body->len) {
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->len);
        SET(CURLOPT_POSTFIELDS, body->len ? (const char *)body->data : "");
    }
    if (strcmp(t->x.method, "HEAD") == 0)
        SET(CURLOPT_NOBODY, 1L);
    else if (!post && (body->len || strcmp(t->x.method, "GET") != 0))
        SET(CURLOPT_CUSTOMREQUEST, t->x.method);
    return rc;
}

static bool is_http1(const struct http_host *host)
{
    return host->version == CURL_HTTP_VERSION_1_0 || host->version == CURL_HTTP_VERSION_1_1;
}

static CURLcode set_connection(struct http_transfer *t, const struct http_options *opt,
                               const struct transfer_room *room)
{
    CURLcode rc = CURLE_OK;
    bool tls = strncmp(t->host->key, "https:", 6) == 0;
    SET(CURLOPT_SHARE, room->sessions);
    /* CURLOPT_BUFFERSIZE stays at its 16 KiB: a handle keeps its buffer after HTTP/2, and curl then refuses to set it.
     */
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    /* Waiting for a connection that can be shared pays with HTTP/2 only; else it would queue transfers. */
    SET(CURLOPT_PIPEWAIT, tls && !is_http1(t->host) ? 1L : 0L);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_QUICK_EXIT, 1L); /* a cancelled name resolution is left behind, not waited for */
    SET(CURLOPT_TCP_NODELAY, 1L);
    SET(CURLOPT_TCP_KEEPALIVE, 1L);
    SET(CURLOPT_MAXAGE_CONN, KEEP_IDLE_S);
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_FRESH_CONNECT, opt->fresh ? 1L : 0L);
    SET(CURLOPT_CONNECTTIMEOUT_MS, t->timeout_connect_ms);
    if (t->warm)
        SET(CURLOPT_TIMEOUT_MS, WARM_MS);
    if (opt->proxy)
        SET(CURLOPT_PROXY, opt->proxy);
    if (opt->ca_file)
        SET(CURLOPT_CAINFO, opt->ca_file);
    /* With a folder of certificates beside the file curl reads and parses the file anew for each connection. */
    if (opt->ca_file || room->has_ca_file)
        SET(CURLOPT_CAPATH, NULL);
    return rc;
}

/* The very address that is about to be connected to: whatever a name was resolved to before does not count. */
static curl_socket_t open_public(void *data, curlsocktype purpose, struct curl_sockaddr *at)
{
    struct http_transfer *t = data;
    (void)purpose;
    if (!address_is_public(&at->addr, at->addrlen)) {
        address_text(&at->addr, at->addrlen, t->closed_to);
        return CURL_SOCKET_BAD;
    }
    return socket(at->family, at->socktype | SOCK_CLOEXEC, at->protocol);
}

static CURLcode set_reach(struct http_transfer *t, const struct http_options *opt)
{
    CURLcode rc = CURLE_OK;
    if (opt->reach == HTTP_CONFIGURED) {
        SET(CURLOPT_CURLU, t->address); /* it was taken apart already; where a name is refused in it, curl does so */
        return rc;
    }
    SET(CURLOPT_FRESH_CONNECT, 1L);
    SET(CURLOPT_FORBID_REUSE, 1L);
    SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    if (!opt->proxy)
        SET(CURLOPT_PROXY, "");
    if (opt->reach == HTTP_STRANGER_PUBLIC) {
        SET(CURLOPT_OPENSOCKETFUNCTION, open_public);
        SET(CURLOPT_OPENSOCKETDATA, t);
    }
    return rc;
}

static CURLcode set_callbacks(struct http_transfer *t, struct transfer_room *room)
{
    CURLcode rc = host_watch(&room->hosts, t->easy);
    SET(CURLOPT_PRIVATE, t);
    SET(CURLOPT_ERRORBUFFER, t->detail);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, t);
    SET(CURLOPT_WRITEFUNCTION, on_write);
    SET(CURLOPT_WRITEDATA, t);
    SET(CURLOPT_PREREQFUNCTION, on_request);
    SET(CURLOPT_PREREQDATA, t);
    return rc;
}

enum error_code transfer_prepare(struct http_transfer *t, const struct http_options *opt, struct transfer_room *room,
                                 struct error *err)
{
    build_headers(t);
    CURLcode rc = set_request(t, room);
    if (!rc)
        rc = set_connection(t, opt, room);
    if (!rc)
        rc = set_callbacks(t, room);
    if (!rc)
        rc = set_reach(t, opt);
    if (rc)
        return error_set(err, ERR_INVALID_REQUEST, "cannot ask %s: %s", t->host->name, curl_easy_strerror(rc));
    return ERR_NONE;
}

/* --- what came of it --- */

static void put_address(const struct http_transfer *t, struct http_wire *w)
{
    char *ip = NULL;
    long port = 0;
    curl_easy_getinfo(t->easy, CURLINFO_PRIMARY_IP, &ip);
    curl_easy_getinfo(t->easy, CURLINFO_PRIMARY_PORT, &port);
    if (ip && ip[0])
        snprintf(w->address, sizeof(w->address), strchr(ip, ':') ? "[%s]:%ld" : "%s:%ld", ip, port);
}

/* curl counts from the transfer's start, and tells 0 of what has not come. */
static void put_times(const struct http_transfer *t, struct http_wire *w)
{
    curl_off_t connected = 0, secured = 0;
    curl_easy_getinfo(t->easy, CURLINFO_CONNECT_TIME_T, &connected);
    curl_easy_getinfo(t->easy, CURLINFO_APPCONNECT_TIME_T, &secured);
    if (connected > 0)
        w->connect_us = connected;
    if (connected > 0 && t->tls && secured >= connected)
        w->handshake_us = secured - connected;
}

void transfer_look(const struct http_transfer *t, struct http_wire *ret)
{
    long version = 0;
    *ret =
        (struct http_wire){.tls = t->tls, .reused = t->sent && t->connects == 0, .connect_us = -1, .handshake_us = -1};
    curl_easy_getinfo(t->easy, CURLINFO_HTTP_VERSION, &version);
    if (t->head_done)
        ret->http = host_protocol(version);
    put_address(t, ret);
    if (!ret->reused)
        put_times(t, ret);
}

/* What a broken connection was broken by: the system's word where there is one, else curl's. */
static const char *reason(const struct http_transfer *t, CURLcode rc)
{
    long os_errno = 0;
    if (curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &os_errno) == CURLE_OK && os_errno && rc == CURLE_COULDNT_CONNECT)
        return strerror((int)os_errno);
    return t->detail[0] ? t->detail : curl_easy_strerror(rc);
}

enum error_code transfer_outcome(const struct http_transfer *t, CURLcode rc, struct error *err)
{
    const char *host = t->host->name;
    if (rc && t->closed_to[0])
        return error_set(err, ERR_PERMISSION_DENIED,
                         "%s leads to %s, which is no public address: attach the file itself, or see "
                         "allow_private_urls",
                         host, t->closed_to);
    switch (rc) {
    case CURLE_OK:
        if (t->head_done)
            return ERR_NONE;
        return error_set(err, ERR_UNAVAILABLE, "%s closed the connection in the middle of the response's head", host);
    case CURLE_OPERATION_TIMEDOUT:
        if (t->warm && t->sent)
            return error_set(err, ERR_TIMEOUT, "no answer from %s within %ld s", host, WARM_MS / 1000);
        return error_set(err, ERR_TIMEOUT, "no connection to %s within %.1f s", host,
                         (double)t->timeout_connect_ms / 1000);
    case CURLE_LOGIN_DENIED:
        return error_set(err, ERR_INVALID_REQUEST, "a name or password stands in the address at %s: leave it out",
                         host);
    case CURLE_COULDNT_RESOLVE_HOST: return error_set(err, ERR_UNAVAILABLE, "cannot find the address of %s", host);
    case CURLE_COULDNT_RESOLVE_PROXY:
        return error_set(err, ERR_UNAVAILABLE, "cannot find the address of the proxy that leads to %s", host);
    case CURLE_COULDNT_CONNECT:
        return error_set(err, ERR_UNAVAILABLE, "cannot connect to %s (%s)", host, reason(t, rc));
    case CURLE_PROXY: return error_set(err, ERR_UNAVAILABLE, "the proxy does not lead to %s (%s)", host, reason(t, rc));
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
        return error_set(err, ERR_UNAVAILABLE, "no TLS with %s (%s)", host, reason(t, rc));
    case CURLE_ABORTED_BY_CALLBACK: /* on_request's */
    case CURLE_GOT_NOTHING: return error_set(err, ERR_UNAVAILABLE, "%s closed the connection without an answer", host);
    case CURLE_PARTIAL_FILE:
        return error_set(err, ERR_UNAVAILABLE, "%s closed the connection before the answer's end", host);
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        return error_set(err, ERR_UNAVAILABLE, "the connection to %s broke (%s)", host, reason(t, rc));
    default: return error_set(err, ERR_BAD_RESPONSE, "%s does not answer as HTTP says (%s)", host, reason(t, rc));
    }
}
