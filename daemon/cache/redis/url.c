#include "daemon/cache/redis/url.h"
#include "lib/base/alloc.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>

#define DEFAULT_PORT "6379"
#define DB_DIGITS 9

struct span {
    const char *at;
    size_t len;
};

static struct span span_to(const char *from, const char *end)
{
    return (struct span){from, (size_t)(end - from)};
}

/* Up to the last c of s, which is what stays of s behind it; false where there is none. */
static bool cut_last(struct span *s, char c, struct span *head)
{
    const char *at = memrchr(s->at, c, s->len);
    if (!at)
        return false;
    *head = span_to(s->at, at);
    *s = span_to(at + 1, s->at + s->len);
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* NULL where it is not percent-encoded as it should be, or has a NUL. The caller's. */
static char *decode(struct span s)
{
    char *text = xmalloc(s.len + 1), *out = text;
    for (size_t i = 0; i < s.len; i++, out++) {
        *out = s.at[i];
        if (*out != '%')
            continue;
        int high = i + 2 < s.len ? hex_digit(s.at[i + 1]) : -1, low = i + 2 < s.len ? hex_digit(s.at[i + 2]) : -1;
        if (high < 0 || low < 0 || high + low == 0) {
            secret_wipe(text, s.len);
            free(text);
            return NULL;
        }
        *out = (char)(high * 16 + low);
        i += 2;
    }
    *out = '\0';
    return text;
}

/* A number without a sign, of at most `digits`; -1 for what is none. */
static int read_number(struct span s, size_t digits)
{
    int n = 0;
    if (s.len == 0 || s.len > digits)
        return -1;
    for (size_t i = 0; i < s.len; i++) {
        if (s.at[i] < '0' || s.at[i] > '9')
            return -1;
        n = n * 10 + (s.at[i] - '0');
    }
    return n;
}

static enum error_code read_db(struct redis_url *u, struct span s, struct error *err)
{
    u->db = read_number(s, DB_DIGITS);
    if (u->db < 0)
        return error_set(err, ERR_INVALID_REQUEST, "the database in the URL of Redis is not a number");
    return ERR_NONE;
}

static enum error_code read_user(struct redis_url *u, struct span s, struct error *err)
{
    const char *colon = memchr(s.at, ':', s.len);
    if (!colon)
        return error_set(err, ERR_INVALID_REQUEST,
                         "the URL of Redis has a user without a password; one without a user is \":PASSWORD@\"");
    char *password = decode(span_to(colon + 1, s.at + s.len));
    if (colon > s.at)
        u->user = decode(span_to(s.at, colon));
    if (password && (u->user || colon == s.at))
        u->password = secret_new(password, strlen(password));
    if (password)
        secret_wipe(password, strlen(password));
    free(password);
    if (!u->password)
        return error_set(err, ERR_INVALID_REQUEST,
                         "the user or password in the URL of Redis is not percent-encoded as it should be");
    return ERR_NONE;
}

static enum error_code read_host(struct redis_url *u, struct span s, struct error *err)
{
    const char *behind = memchr(s.at, ':', s.len), *end = s.at + s.len;
    struct span host = span_to(s.at, behind ? behind : end), port = {DEFAULT_PORT, strlen(DEFAULT_PORT)};
    if (s.len && s.at[0] == '[') { /* an IPv6 address has colons of its own */
        const char *bracket = memchr(s.at, ']', s.len);
        host = span_to(s.at + 1, bracket ? bracket : s.at + 1);
        behind = bracket && bracket + 1 < end ? bracket + 1 : NULL;
    }
    if (host.len == 0 || (behind && *behind != ':'))
        return error_set(err, ERR_INVALID_REQUEST, "the URL of Redis names no host, as in redis://localhost");
    if (behind)
        port = span_to(behind + 1, end);
    int n = read_number(port, 5);
    if (n < 1 || n > 65535)
        return error_set(err, ERR_INVALID_REQUEST, "the port in the URL of Redis is not one from 1 to 65535");
    u->host = xstrndup(host.at, host.len);
    (void)snprintf(u->port, sizeof u->port, "%u", (unsigned)n & 0xffff);
    return ERR_NONE;
}

static enum error_code take_path(struct redis_url *u, char *path, struct error *err)
{
    u->path = path;
    if (!path || path[0] != '/')
        return error_set(err, ERR_INVALID_REQUEST, "the URL of Redis names no socket by its full path");
    /* libuv would cut a longer one. */
    if (strlen(path) >= sizeof((struct sockaddr_un *)NULL)->sun_path)
        return error_set(err, ERR_INVALID_REQUEST, "the path of Redis's socket is longer than %zu bytes",
                         sizeof((struct sockaddr_un *)NULL)->sun_path - 1);
    return ERR_NONE;
}

/* authority: what stands before the path. */
static enum error_code read_tcp(struct redis_url *u, struct span authority, const char *path, struct error *err)
{
    if (strpbrk(path, "?#"))
        return error_set(err, ERR_INVALID_REQUEST, "the URL of Redis takes no parameters; a database is \"/DB\"");
    enum error_code code = read_host(u, authority, err);
    if (code != ERR_NONE || strlen(path) < 2)
        return code;
    return read_db(u, (struct span){path + 1, strlen(path + 1)}, err);
}

static enum error_code read_unix(struct redis_url *u, struct span authority, const char *path, struct error *err)
{
    const char *query = path + strcspn(path, "?");
    if (authority.len)
        return error_set(err, ERR_INVALID_REQUEST,
                         "the URL of Redis names a host before the path of a socket; three slashes are missing");
    enum error_code code = take_path(u, decode(span_to(path, query)), err);
    if (code != ERR_NONE || !*query)
        return code;
    if (strncmp(query, "?db=", 4) != 0)
        return error_set(err, ERR_INVALID_REQUEST, "the URL of a Redis at a socket takes no parameter but \"?db=DB\"");
    return read_db(u, (struct span){query + 4, strlen(query + 4)}, err);
}

static enum error_code refuse_tls(struct redis_url *u, struct span authority, const char *path, struct error *err)
{
    (void)u, (void)authority, (void)path;
    return error_set(
        err, ERR_INVALID_REQUEST,
        "TLS to Redis is not offered: use redis:// over a tunnel or a network that you trust, or a socket");
}

typedef enum error_code read_form(struct redis_url *u, struct span authority, const char *path, struct error *err);

static enum error_code read_url(struct redis_url *u, const char *text, struct error *err)
{
    static const struct {
        const char *scheme;
        read_form *read;
    } forms[] = {
        {"redis://", read_tcp}, {"unix://", read_unix}, {"redis+unix://", read_unix}, {"rediss://", refuse_tls}};
    if (text[0] == '/')
        return take_path(u, xstrdup(text), err);
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        size_t len = strlen(forms[i].scheme);
        if (strncasecmp(text, forms[i].scheme, len) != 0)
            continue;
        const char *path = text + len + strcspn(text + len, "/?#");
        struct span authority = span_to(text + len, path), user;
        enum error_code code = cut_last(&authority, '@', &user) ? read_user(u, user, err) : ERR_NONE;
        return code == ERR_NONE ? forms[i].read(u, authority, path, err) : code;
    }
    return error_set(err, ERR_INVALID_REQUEST, "the URL of Redis begins with none of redis://, unix:// and \"/\"");
}

enum error_code redis_url_parse(struct redis_url *ret, const char *text, struct error *err)
{
    struct redis_url u = {0};
    enum error_code code = read_url(&u, text, err);
    if (code == ERR_NONE)
        *ret = u;
    else
        redis_url_done(&u);
    return code;
}

void redis_url_done(struct redis_url *u)
{
    free(u->path);
    free(u->host);
    free(u->user);
    secret_unref(u->password);
    *u = (struct redis_url){0};
}

void redis_url_place(const struct redis_url *u, char *buf, size_t n)
{
    const char *brackets = u->host && strchr(u->host, ':') ? "[]" : "";
    if (u->path)
        (void)snprintf(buf, n, "%s", u->path);
    else
        (void)snprintf(buf, n, "%.1s%s%s:%s", brackets, u->host, *brackets ? brackets + 1 : "", u->port);
}
