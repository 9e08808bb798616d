#include "client/common/exit.h"
#include "client/common/field.h"
#include "lib/base/usual_keys.h"
#include "lib/proto/mp.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* For each code: how to exit, and what the reader may do, where the error is a provider's and where it is askd's own.
 * @: the provider's name. NULL: nothing that its message would not say better. */
static const struct {
    enum error_code code;
    enum exit_status status;
    const char *of_provider, *own;
} outcomes[] = {
    {ERR_INVALID_REQUEST, EXIT_DATA, "@ refused the request", NULL},
    {ERR_UNKNOWN_METHOD, EXIT_PROTOCOL, NULL, NULL},
    {ERR_NOT_FOUND, EXIT_OTHER, "check the model's name (-m) and the base_url of @", NULL},
    {ERR_PERMISSION_DENIED, EXIT_DENIED, "see what the account at @ may do, or choose another model (-m)",
     "be that user, or name the socket of a daemon of your own (--socket)"},
    {ERR_UNAUTHENTICATED, EXIT_DENIED, "check the key of @: askctl keys list tells where it comes from", NULL},
    {ERR_NO_PROVIDER, EXIT_UNAVAILABLE, NULL,
     "askctl keys import PROVIDER gives the daemon a key; or write a [provider] section to ~/.config/askd/askd.conf"},
    {ERR_RATE_LIMITED, EXIT_AGAIN, "try again later", NULL},
    {ERR_BUDGET_EXCEEDED, EXIT_UNAVAILABLE, "see to the credit at @, or choose another provider's model (-m)", NULL},
    {ERR_CONTEXT_LENGTH_EXCEEDED, EXIT_DATA, "shorten the prompt or choose a model with a larger window (-m)", NULL},
    {ERR_CONTENT_FILTERED, EXIT_DATA, "word the prompt otherwise or choose another model (-m)", NULL},
    {ERR_OVERLOADED, EXIT_AGAIN, "try again later", "try again later"},
    {ERR_TIMEOUT, EXIT_AGAIN, "try again", "try again"},
    {ERR_UNAVAILABLE, EXIT_UNAVAILABLE, "check the network and the base_url of @", NULL},
    {ERR_BAD_RESPONSE, EXIT_SOFTWARE, "check the base_url and the api of @", NULL},
    {ERR_CANCELLED, EXIT_OTHER, NULL, NULL},
    {ERR_INTERRUPTED, EXIT_AGAIN, NULL, "ask again, or have ask --continue-interrupted finish it"},
    {ERR_TOO_LARGE, EXIT_DATA, "send less", NULL},
    {ERR_INTERNAL, EXIT_SOFTWARE, NULL, "look at the daemon's log"},
};
enum { OUTCOMES = sizeof(outcomes) / sizeof(outcomes[0]) };

#define KEY_SOURCE "(key from " /* where the message names it, in fault.c */

static bool erase_first;

bool exit_erase_first(bool stands)
{
    const bool stood = erase_first;
    erase_first = stands;
    return stood;
}

void exit_print(const char *program, const char *fmt, ...)
{
    char text[2048], line[2304];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    size_t len = n < 0 ? 0 : (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1;

    int head = snprintf(line, 128, "%s%s: ", exit_erase_first(false) ? "\r\x1b[K" : "", program);
    size_t at = head < 0 ? 0 : (size_t)head < 128 ? (size_t)head : 127;
    /* Makes it one line of valid UTF-8 without control characters, whatever a provider put into its message. */
    error_text(line + at, sizeof(line) - at - 1, text, len);
    size_t end = strlen(line);
    line[end++] = '\n';
    if (write(STDERR_FILENO, line, end) < 0)
        return; /* nobody is left to be told */
}

void exit_print_wait(const char *program, const char *what)
{
    if (isatty(STDERR_FILENO) != 0)
        exit_print(program, "%s", what);
}

int exit_unwritten(const char *program, const struct out *out, const char *what)
{
    if (out->error == EPIPE)
        return EXIT_PIPE;
    exit_print(program, "cannot write %s: %s: choose another place for it", what, strerror(out->error));
    return EXIT_IO;
}

int exit_flush(const char *program, struct out *out, const char *what)
{
    return out_flush(out) ? (int)EXIT_OK : exit_unwritten(program, out, what);
}

int exit_failure(const char *program, const struct ask_error *err)
{
    exit_print(program, "%s", err->message);
    switch (err->status) {
    case ASK_OK: return EXIT_OK;
    case ASK_NO_DAEMON:
    case ASK_CLOSED: return EXIT_UNAVAILABLE;
    case ASK_UNSAFE: return EXIT_DENIED;
    case ASK_TIMEOUT:
    case ASK_SILENT:
    case ASK_INTERRUPTED: return EXIT_AGAIN;
    case ASK_PROTOCOL: return EXIT_PROTOCOL;
    case ASK_SYSTEM: return EXIT_OS;
    case ASK_CONFIG: return EXIT_CONFIG;
    }
    return EXIT_SOFTWARE;
}

struct text {
    const char *s;
    size_t len;
};

static struct text text_of(const msgpack_object_map *map, const char *field)
{
    struct text t = {"", 0};
    if (!field_str(map, field, &t.s, &t.len))
        t.len = 0;
    return t;
}

static bool text_is(struct text t, const char *s)
{
    return t.len == strlen(s) && memcmp(t.s, s, t.len) == 0;
}

static bool text_has(struct text t, const char *s)
{
    return memmem(t.s, t.len, s, strlen(s)) != NULL;
}

/* The provider for which the daemon has no key, "" if it does not say. */
static struct text keyless_provider(const msgpack_object_map *map, struct text message)
{
    static const char before[] = "provider ", behind[] = " has no key";
    struct text t = text_of(map, "provider");
    const char *end = memmem(message.s, message.len, behind, sizeof(behind) - 1);
    size_t skip = sizeof(before) - 1;
    if (t.len > 0 || end == NULL || memmem(message.s, message.len, before, skip) != message.s)
        return t;
    return (struct text){message.s + skip, (size_t)(end - message.s) - skip};
}

/* A key that is in our environment, where the daemon has none for the provider that is meant, or for any: it was
 * started without it. */
static const struct usual_key *key_here(const msgpack_object_map *map, enum error_code code, struct text message)
{
    bool refused = code == ERR_UNAUTHENTICATED && !text_has(message, KEY_SOURCE);
    struct text provider = keyless_provider(map, message);
    bool any = text_has(message, "no provider has a key");
    if (code != ERR_NO_PROVIDER && !refused)
        return NULL;
    for (const struct usual_key *k = usual_keys; k->provider != NULL; k++) {
        const char *value = getenv(k->env);
        if (value != NULL && value[0] != '\0' && (any || text_is(provider, k->provider) || text_has(message, k->env)))
            return k;
    }
    return NULL;
}

/* askd's own messages put what to do behind a semicolon or a colon, or name a command. A provider's may hold anything.
 */
static bool advises(const msgpack_object_map *map, struct text message, bool of_provider)
{
    if (of_provider && mp_get(map, "status") != NULL && !text_has(message, "; correct "))
        return false;
    return text_has(message, "; ") || text_has(message, "askctl") || (!of_provider && text_has(message, ": "));
}

/* What askd could not know, or the reader not guess. */
static const char *own_hint(const msgpack_object_map *map, enum error_code code, struct text message)
{
    if (code == ERR_UNKNOWN_METHOD)
        return "where the daemon is older than this program, askctl call shutdown has the newer one start";
    if ((code != ERR_NOT_FOUND && code != ERR_INVALID_REQUEST) || text_has(message, "askctl"))
        return NULL;
    if (text_is(text_of(map, "param"), "conversation"))
        return "askctl conv list shows what there is";
    if (text_is(text_of(map, "param"), "answer"))
        return "askctl answers shows what there is";
    if (text_is(text_of(map, "param"), "parent"))
        return "askctl conv show shows the ids of messages";
    return NULL;
}

/* A provider whose server is at fault can only be asked again. Within a stream no status tells it. */
static bool is_server_fault(const msgpack_object_map *map, struct text message)
{
    int64_t status;
    return field_int(map, "status", &status) ? status >= 500 : text_has(message, "the provider reported an error");
}

/* Puts the provider's name where the text has its mark. */
static void write_for_provider(char *out, size_t size, const char *text, const char *name)
{
    const char *mark = strchr(text, '@');
    int before = mark != NULL ? (int)(mark - text) : (int)strlen(text);
    (void)snprintf(out, size, "%.*s%s%s", before, text, mark != NULL ? name : "", mark != NULL ? mark + 1 : "");
}

/* "" where nothing is to be added to the message. */
static void write_hint(char *out, size_t size, size_t outcome, const msgpack_object_map *map, struct text message)
{
    double after = -1;
    struct text provider = text_of(map, "provider");
    char name[128];
    error_text(name, sizeof(name), provider.s, provider.len);
    const struct usual_key *key = key_here(map, outcomes[outcome].code, message);
    const char *own = own_hint(map, outcomes[outcome].code, message);
    out[0] = '\0';
    if (key != NULL)
        (void)snprintf(out, size, "%s is set here but not in the daemon: askctl keys import %s", key->env,
                       key->provider);
    else if (outcomes[outcome].status == EXIT_AGAIN && field_double(map, "retry_after", &after) && after >= 1)
        (void)snprintf(out, size, "try again in %.0f s", after);
    else if (provider.len == 0 && own != NULL)
        (void)snprintf(out, size, "%s", own);
    else if (outcomes[outcome].code == ERR_UNAUTHENTICATED && text_has(message, KEY_SOURCE))
        (void)snprintf(out, size, "correct it there");
    else if (advises(map, message, provider.len > 0))
        return;
    else if (provider.len > 0 && outcomes[outcome].code == ERR_UNAVAILABLE && is_server_fault(map, message))
        (void)snprintf(out, size, "try again later");
    else if (provider.len > 0 && outcomes[outcome].of_provider != NULL)
        write_for_provider(out, size, outcomes[outcome].of_provider, name);
    else if (provider.len == 0 && outcomes[outcome].own != NULL)
        (void)snprintf(out, size, "%s", outcomes[outcome].own);
}

static struct text message_of(const msgpack_object_map *map)
{
    enum { SHOWN = 1024 };
    struct text t = text_of(map, "message");
    if (t.len == 0)
        t = text_of(map, "code");
    while (t.len > 1 && (t.s[t.len - 1] == '.' || t.s[t.len - 1] == '\n'))
        t.len--;
    if (t.len > SHOWN)
        t.len = SHOWN;
    return t;
}

/* OUTCOMES where there is none for it. */
static size_t outcome_of(enum error_code code)
{
    size_t i = 0;
    while (i < OUTCOMES && outcomes[i].code != code)
        i++;
    return i;
}

int exit_status_for(enum error_code code)
{
    const size_t i = outcome_of(code);
    return i < OUTCOMES ? (int)outcomes[i].status : (int)EXIT_OTHER;
}

/* A budget of our own that is spent begins anew by itself; one that cannot tell what a question would take does not. */
static int status_of_budget(const msgpack_object_map *error)
{
    return text_has(text_of(error, "message"), "it resets at") ? (int)EXIT_AGAIN : (int)EXIT_CONFIG;
}

int exit_status_of(const msgpack_object_map *error)
{
    const struct text name = text_of(error, "code");
    const enum error_code code = error_from_name(name.s, name.len);
    if (code == ERR_BUDGET_EXCEEDED && text_is(text_of(error, "param"), "budget"))
        return status_of_budget(error);
    return exit_status_for(code);
}

int exit_describe(char *out, size_t size, const msgpack_object *error)
{
    msgpack_object_map map;
    const char *name;
    size_t name_len;
    if (error == NULL || !mp_map(error, &map) || !field_str(&map, "code", &name, &name_len)) {
        (void)snprintf(out, size, "the daemon sent an error that is no map: check that its version is ours");
        return EXIT_PROTOCOL;
    }
    struct text message = message_of(&map), param = text_of(&map, "param");
    const size_t i = outcome_of(error_from_name(name, name_len));
    char hint[256] = "";
    if (i < OUTCOMES)
        write_hint(hint, sizeof(hint), i, &map, message);
    struct text at = param.len > 0 ? param : text_of(&map, "provider");
    if (at.len > 0 &&
        (memmem(message.s, message.len, at.s, at.len) != NULL || memmem(hint, strlen(hint), at.s, at.len) != NULL))
        at.len = 0; /* the field at fault, or whose fault it is, is named already */
    (void)snprintf(out, size, "%.*s%s%.*s%s%s", (int)at.len, at.s, at.len > 0 ? ": " : "", (int)message.len, message.s,
                   hint[0] != '\0' ? ": " : "", hint);
    return exit_status_of(&map);
}

int exit_error(const char *program, const msgpack_object *error)
{
    char text[2048];
    int status = exit_describe(text, sizeof(text), error);
    exit_print(program, "%s", text);
    return status;
}
