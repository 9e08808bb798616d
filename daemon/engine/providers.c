#include "daemon/engine/providers.h"
#include "daemon/core/config.h"
#include "daemon/key/key_sources.h"
#include "lib/base/alloc.h"
#include "lib/base/usual_keys.h"
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Defaults, for sections and for providers without one. Times in seconds. */
#define RETRIES 2
#define MAX_CONNECTIONS 64
#define MAX_WAITING 1024
#define TIMEOUT_CONNECT 10
#define TIMEOUT_FIRST_BYTE 600
#define TIMEOUT_IDLE 300
#define STR_(x) #x
#define STR(x) STR_(x)

struct provider_section {
    char *api, *dialect, *base_url, *key_file, *key_env, *key_command, *key_credential, *proxy, *ca_file;
    struct secret *key;
    char **header;
    bool allow_http;
    int64_t retries, max_connections, max_waiting, timeout_connect_ms, timeout_first_byte_ms, timeout_idle_ms;
};

#define AT(field) offsetof(struct provider_section, field)
#define HOUR_MS (3600ll * 1000)
#define KEY_OPTION (CONFIG_RELOAD | CONFIG_DESTINATION | CONFIG_KEY_SOURCE)

static const struct config_option options[] = {
    {"api", CONFIG_STRING, AT(api), 0, 0, NULL, NULL, CONFIG_RELOAD,
     "The API it speaks: openai-chat, openai-responses, anthropic, gemini, ollama, cohere or dashscope."},
    {"dialect", CONFIG_STRING, AT(dialect), 0, 0, NULL, NULL, CONFIG_RELOAD,
     "Whose dialect of openai-chat or openai-responses; generic where it is not told."},
    {"base_url", CONFIG_STRING, AT(base_url), 0, 0, NULL, NULL, CONFIG_RELOAD | CONFIG_DESTINATION | CONFIG_ADDRESS,
     "What stands before the API's own path, as before /chat/completions or /v1/messages; a query is kept behind the "
     "path. Without it the usual one of the provider or, but for openai-chat, of the API."},
    {"key", CONFIG_SECRET, AT(key), 0, 0, NULL, NULL, KEY_OPTION,
     "The API key itself. The file must then be readable by its owner only."},
    {"key_file", CONFIG_STRING, AT(key_file), 0, 0, NULL, NULL, KEY_OPTION,
     "A file with the key, readable by its owner only. Several, separated by commas, hold several keys, which are used "
     "in turn; see KEYS."},
    {"key_env", CONFIG_STRING, AT(key_env), 0, 0, NULL, NULL, KEY_OPTION,
     "The daemon's environment variable that holds the key; it is removed from the environment after reading. Or "
     "several, separated by commas."},
    {"key_command", CONFIG_STRING, AT(key_command), 0, 0, NULL, NULL, KEY_OPTION,
     "A command for the shell that prints the key on its first line, such as one of a password manager. It runs when "
     "the key is first wanted, and again after the provider has refused it; see KEYS."},
    {"key_credential", CONFIG_STRING, AT(key_credential), 0, 0, NULL, NULL, KEY_OPTION,
     "The name of a systemd credential that holds the key. Or several, separated by commas."},
    {"retries", CONFIG_INT, AT(retries), 0, 10, STR(RETRIES), NULL, CONFIG_RELOAD,
     "How often a request that failed for a passing reason is sent again."},
    {"max_connections", CONFIG_INT, AT(max_connections), 1, 1024, STR(MAX_CONNECTIONS), NULL, CONFIG_RELOAD,
     "How many requests may be under way at once; more wait their turn."},
    {"max_waiting", CONFIG_INT, AT(max_waiting), 0, 65536, STR(MAX_WAITING), NULL, CONFIG_RELOAD,
     "How many requests may wait for their turn, interactive ones first; more are overloaded."},
    {"timeout_connect", CONFIG_DURATION, AT(timeout_connect_ms), 10, HOUR_MS, STR(TIMEOUT_CONNECT) " s", NULL,
     CONFIG_RELOAD, "For name resolution, connecting and TLS together."},
    {"timeout_first_byte", CONFIG_DURATION, AT(timeout_first_byte_ms), 10, HOUR_MS, STR(TIMEOUT_FIRST_BYTE) " s", NULL,
     CONFIG_RELOAD, "From the request to the first of the answer's events; keep-alive comments do not count."},
    {"timeout_idle", CONFIG_DURATION, AT(timeout_idle_ms), 10, HOUR_MS, STR(TIMEOUT_IDLE) " s", NULL, CONFIG_RELOAD,
     "Between two of the answer's events."},
    {"proxy", CONFIG_STRING, AT(proxy), 0, 0, NULL, NULL, CONFIG_RELOAD | CONFIG_DESTINATION,
     "A proxy's URL; without it the usual environment variables tell."},
    {"ca_file", CONFIG_STRING, AT(ca_file), 0, 0, NULL, NULL, CONFIG_RELOAD | CONFIG_DESTINATION,
     "Certificates to trust instead of the system's."},
    {"header", CONFIG_LIST, AT(header), 0, 0, NULL, NULL, CONFIG_RELOAD | CONFIG_DESTINATION | CONFIG_HEADER,
     "A header to send, as Name: value; may be given several times. For one that carries a key, such as Authorization, "
     "the file must be readable by its owner only."},
    {"allow_http", CONFIG_BOOL, AT(allow_http), 0, 0, "no", NULL, CONFIG_RELOAD,
     "Send the key in cleartext to a host that is not this machine."},
    {0},
};

const struct config_room provider_room = {"provider", true, sizeof(struct provider_section), options};

struct providers {
    unsigned refs;
    struct provider *list;
    size_t n;
};

#define complain(c, p, key, err, ...) config_complain(c, &provider_room, (p)->name, key, err, __VA_ARGS__)

/* -- keys -- */

static bool is_below(const char *path, const char *folder)
{
    size_t len = strlen(folder);
    return strncmp(path, folder, len) == 0 && path[len] == '/';
}

static bool is_shared(const struct providers_source *from, const struct provider *p, const char *option)
{
    const char *file = config_origin(from->config, &provider_room, p->name, option, NULL);
    return from->shared && file && is_below(file, from->shared);
}

/* The key that the option names cannot be had. Where that is no fault of those who run the daemon, it goes without. */
static enum error_code miss_key(const struct providers_source *from, struct provider *p, const char *option,
                                struct error *err, const char *why)
{
    struct error told = ERROR_INIT;
    enum error_code code = complain(from->config, p, option, &told, "%s", why);
    if (is_shared(from, p, option)) {
        p->key_missing = xstrdup(told.message);
        return ERR_NONE;
    }
    if (err)
        *err = told;
    return code;
}

/* An unset variable is no error: which daemons have it is the business of whoever starts them. */
static enum error_code load_environment(const struct providers_source *from, struct provider *p, const char *names,
                                        struct error *err)
{
    struct error why = ERROR_INIT;
    enum error_code code = keys_of_environment(from->env, names, &p->keys, &why);
    if (code == ERR_NONE)
        return code;
    enum error_code complaint = complain(from->config, p, "key_env", &why, "%s", why.message);
    if (code == ERR_NOT_FOUND)
        p->key_missing = xstrdup(why.message);
    else if (err)
        *err = why;
    return code == ERR_NOT_FOUND ? ERR_NONE : complaint;
}

/* Where nobody says where the key is: the usual variable, then what was imported. */
static enum error_code load_usual(const struct providers_source *from, const char *name, struct keys **ret,
                                  struct error *err)
{
    const struct usual_key *usual = usual_key_find(name, strlen(name));
    if (usual && keys_of_environment(from->env, usual->env, ret, NULL) == ERR_NONE)
        return ERR_NONE;
    return keys_of_folder(from->key_folder, name, ret, err);
}

static bool names_key(const struct provider_section *s)
{
    return s->key || s->key_file || s->key_env || s->key_command || s->key_credential;
}

static enum error_code load_keys(const struct providers_source *from, struct provider *p,
                                 const struct provider_section *s, struct error *err)
{
    int sources = (s->key != NULL) + (s->key_file != NULL) + (s->key_env != NULL) + (s->key_command != NULL) +
                  (s->key_credential != NULL);
    struct error why = ERROR_INIT;
    if (sources > 1)
        return complain(from->config, p, "key", err, "give one of key, key_file, key_env, key_command, key_credential");
    if (s->key)
        p->keys = keys_of_configuration(s->key);
    else if (s->key_command)
        p->keys = keys_of_command(s->key_command);
    else if (s->key_env)
        return load_environment(from, p, s->key_env, err);
    else if (s->key_file && keys_of_files(s->key_file, &p->keys, &why) != ERR_NONE)
        return miss_key(from, p, "key_file", err, why.message);
    else if (s->key_credential && keys_of_credentials(s->key_credential, &p->keys, &why) != ERR_NONE)
        return miss_key(from, p, "key_credential", err, why.message);
    return sources ? ERR_NONE : load_usual(from, p->name, &p->keys, err);
}

/* -- addresses -- */

/* The host between scheme and port; false where there is none. */
static bool url_host(const char *url, char *host, size_t size)
{
    const char *p = strstr(url, "://");
    if (!p)
        return false;
    p += 3;
    const char *end = p + strcspn(p, "/?#");
    for (const char *at = p; at < end; at++)
        if (*at == '@')
            return false;
    if (*p == '[') {
        p++;
        end = memchr(p, ']', (size_t)(end - p));
    } else {
        const char *colon = memchr(p, ':', (size_t)(end - p));
        end = colon ? colon : end;
    }
    if (!end || end == p || (size_t)(end - p) >= size)
        return false;
    memcpy(host, p, (size_t)(end - p));
    host[end - p] = 0;
    return true;
}

static bool host_is_loopback(const char *host)
{
    struct in_addr a;
    return strcasecmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
           (inet_pton(AF_INET, host, &a) == 1 && ntohl(a.s_addr) >> 24 == 127);
}

static enum error_code check_url(struct provider *p, const struct config *c, bool allow_http, struct error *err)
{
    char host[256];
    bool https = strncmp(p->base_url, "https://", 8) == 0;
    if ((!https && strncmp(p->base_url, "http://", 7) != 0) || !url_host(p->base_url, host, sizeof host))
        return complain(c, p, "base_url", err, "base_url must be http://HOST… or https://HOST…, without a user in it");
    p->loopback = host_is_loopback(host);
    if (keys_ready(p->keys) && !https && !p->loopback && !allow_http)
        return complain(c, p, "base_url", err, "the key would go to %s in cleartext; use https, or allow_http = yes",
                        host);
    return ERR_NONE;
}

/* Most guides tell a base URL as it is for their own library, with more or less of the path in it. */
static void doubt_url(struct provider *p, const struct config *c)
{
    struct error why = ERROR_INIT;
    size_t n = provider_path_given(p->ops, p->base_url);
    if (n == 0)
        return;
    complain(c, p, "base_url", &why, "base_url should not end with %.*s, for the API's own path %s… comes behind it",
             (int)n, p->ops->path, p->ops->path);
    p->url_doubt = xstrdup(why.message);
}

static char **copy_list(char *const *list)
{
    size_t n = 0;
    while (list && list[n])
        n++;
    if (!n)
        return NULL;
    char **copy = xcalloc(n + 1, sizeof *copy);
    for (size_t i = 0; i < n; i++)
        copy[i] = xstrdup(list[i]);
    return copy;
}

static struct provider *add(struct providers *ps, const char *name)
{
    ps->list = xrealloc(ps->list, (ps->n + 1) * sizeof *ps->list);
    struct provider *p = &ps->list[ps->n++];
    *p = (struct provider){
        .owner = ps, .name = xstrdup(name), .builtin = provider_builtin_find(name, strlen(name)), .latency_ms = -1};
    return p;
}

/* Without a word the section is like the built-in provider of its name, unless it tells a dialect that this has not. */
static const char *api_of(const struct provider_section *s, const struct provider_builtin *b)
{
    if (s->api)
        return s->api;
    return b && (!s->dialect || provider_dialect_known(b->api, s->dialect)) ? b->api : "openai-chat";
}

/* The first built-in provider of that API and dialect, or else the one that an API of its own is named after; but for
 * local servers, of which each has models of its own. */
static const struct provider_builtin *built_in_like(const char *api, const char *dialect)
{
    for (const struct provider_builtin *b = provider_builtins; b->name; b++) {
        bool same = dialect ? b->dialect && strcmp(b->dialect, dialect) == 0 : !b->dialect;
        if (same && b->port == 0 && strcmp(b->api, api) == 0)
            return b;
    }
    const struct provider_builtin *named = provider_builtin_find(api, strlen(api));
    return named && named->port == 0 ? named : NULL;
}

/* What the catalogue calls the provider of a section: the built-in one that it is like (b), or whose address it has; or
 * else, as for somebody's own way to a known provider, the one whose dialect or API it speaks. The section's name where
 * nothing tells. */
static void set_kind(struct provider *p, const struct provider_builtin *b)
{
    for (const struct provider_builtin *i = provider_builtins; !b && i->name; i++)
        if (strcmp(i->base_url, p->base_url) == 0 && strcmp(i->api, p->ops->api) == 0)
            b = i;
    p->alike = b == NULL;
    if (!b)
        b = built_in_like(p->ops->api, p->dialect);
    p->kind = b ? b->name : p->dialect ? p->dialect : p->name;
}

static enum error_code complain_of_api(const struct config *c, const struct provider *p, const char *api,
                                       struct error *err)
{
    struct buf known;
    buf_init(&known, 1024);
    for (size_t i = 0; provider_adapters[i]; i++)
        buf_printf(&known, "%s%s", i ? ", " : "", provider_adapters[i]->api);
    enum error_code code = complain(c, p, "api", err, "api = %s is none of %s", api, buf_cstr(&known));
    buf_done(&known);
    return code;
}

static enum error_code add_section(struct providers *ps, const struct providers_source *from, const char *name,
                                   struct error *err)
{
    const struct config *c = from->config;
    const struct provider_section *s = config_get(c, &provider_room, name);
    struct provider *p = add(ps, name);
    const struct provider_builtin *b = p->builtin;
    const char *api = api_of(s, b);
    if (b && strcmp(api, b->api) != 0)
        b = NULL; /* its address and dialect are those of another API */
    p->ops = provider_find(api);
    if (!p->ops)
        return complain_of_api(c, p, api, err);
    const char *dialect = s->dialect ? s->dialect : b ? b->dialect : NULL;
    const char *url = s->base_url ? s->base_url : b ? b->base_url : NULL;
    if (!url && (!dialect || (p->ops->usual_dialect && strcmp(dialect, p->ops->usual_dialect) == 0)))
        url = p->ops->usual_url; /* a key must not go to who speaks the same API */
    if (dialect && !provider_dialect_known(api, dialect))
        return complain(c, p, "dialect", err, p->ops->dialects ? "%s has no dialect %s" : "%s has no dialects, not %s",
                        api, dialect);
    if (!url)
        return complain(c, p, "base_url", err, "[provider \"%s\"] has no base_url; only it tells who is asked", name);
    for (size_t i = 0; s->header && s->header[i]; i++)
        if (!strchr(s->header[i], ':'))
            return complain(c, p, "header", err, "header must be Name: value");
    p->base_url = xstrdup(url);
    p->dialect = xstrdup(dialect);
    set_kind(p, b);
    p->proxy = xstrdup(s->proxy);
    p->ca_file = xstrdup(s->ca_file);
    p->headers = copy_list(s->header);
    p->retries = s->retries;
    p->max_connections = s->max_connections;
    p->max_waiting = s->max_waiting;
    p->timeout_connect_ms = s->timeout_connect_ms;
    p->timeout_first_byte_ms = s->timeout_first_byte_ms;
    p->timeout_idle_ms = s->timeout_idle_ms;
    p->keyless = s->base_url && !names_key(s);
    doubt_url(p, c);
    enum error_code code = load_keys(from, p, s, err);
    return code == ERR_NONE ? check_url(p, c, s->allow_http, err) : code;
}

static struct provider *add_as_built_in(struct providers *ps, const struct provider_builtin *b)
{
    struct provider *p = add(ps, b->name);
    p->ops = provider_find(b->api);
    p->base_url = xstrdup(b->base_url);
    p->kind = b->name;
    p->dialect = xstrdup(b->dialect);
    p->local = b->port != 0;
    p->loopback = p->local;
    p->retries = RETRIES;
    p->max_connections = MAX_CONNECTIONS;
    p->max_waiting = MAX_WAITING;
    p->timeout_connect_ms = TIMEOUT_CONNECT * 1000;
    p->timeout_first_byte_ms = TIMEOUT_FIRST_BYTE * 1000;
    p->timeout_idle_ms = TIMEOUT_IDLE * 1000;
    return p;
}

/* What the rows of the table would say for a section that is not there. */
static enum error_code add_builtin(struct providers *ps, const struct providers_source *from,
                                   const struct provider_builtin *b, struct error *err)
{
    struct keys *keys = NULL;
    enum error_code code = b->env ? load_usual(from, b->name, &keys, err) : ERR_NONE;
    if (code != ERR_NONE || (!keys && b->env))
        return code;
    add_as_built_in(ps, b)->keys = keys;
    return ERR_NONE;
}
static enum error_code add_all(struct providers *ps, const struct providers_source *from, struct error *err)
{
    const char *name;
    enum error_code code = ERR_NONE;
    for (size_t i = 0; code == ERR_NONE && (name = config_name(from->config, &provider_room, i)); i++)
        code = add_section(ps, from, name, err);
    for (const struct provider_builtin *b = provider_builtins; code == ERR_NONE && b->name; b++)
        if (!providers_find(ps, b->name, strlen(b->name)))
            code = add_builtin(ps, from, b, err);
    return code;
}

/* A key that is not used, since the section says where another one is, has no business in the environment either. */
static void take_usual_keys(struct env_keys *env)
{
    for (const struct usual_key *k = usual_keys; k->provider; k++)
        secret_unref(env_keys_take(env, k->env));
}

enum error_code providers_load(const struct providers_source *from, struct providers **ret, struct error *err)
{
    struct providers *ps = NEW(struct providers);
    ps->refs = 1;
    take_usual_keys(from->env);
    enum error_code code = add_all(ps, from, err);
    if (code == ERR_NONE)
        *ret = ps;
    else
        providers_unref(ps);
    return code;
}

struct providers *providers_keyless(const char *builtin)
{
    struct providers *ps = NEW(struct providers);
    ps->refs = 1;
    add_as_built_in(ps, provider_builtin_find(builtin, strlen(builtin)));
    return ps;
}

struct providers *providers_ref(struct providers *p)
{
    p->refs++;
    return p;
}

struct providers *providers_unref(struct providers *ps)
{
    if (!ps || --ps->refs > 0)
        return NULL;
    for (size_t i = 0; i < ps->n; i++) {
        struct provider *p = &ps->list[i];
        free(p->name);
        free(p->base_url);
        free(p->dialect);
        free(p->proxy);
        free(p->ca_file);
        for (size_t h = 0; p->headers && p->headers[h]; h++)
            free(p->headers[h]);
        free(p->headers);
        keys_unref(p->keys);
        free(p->key_missing);
        free(p->url_doubt);
        for (size_t m = 0; m < p->n_in_words; m++)
            free(p->in_words[m]);
        free(p->in_words);
    }
    free(ps->list);
    free(ps);
    return NULL;
}

size_t providers_count(const struct providers *p)
{
    return p->n;
}

struct provider *providers_at(const struct providers *p, size_t i)
{
    return &p->list[i];
}

struct provider *providers_find(const struct providers *p, const char *name, size_t len)
{
    for (size_t i = 0; i < p->n; i++)
        if (strlen(p->list[i].name) == len && memcmp(p->list[i].name, name, len) == 0)
            return &p->list[i];
    return NULL;
}

bool provider_ready(const struct provider *p)
{
    return !p->local && (keys_ready(p->keys) || p->loopback || p->keyless);
}
