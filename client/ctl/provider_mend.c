#include "client/ctl/provider_mend.h"
#include "client/common/field.h"
#include "client/ctl/shell_word.h"
#include "lib/base/buf.h"
#include <stdio.h>
#include <string.h>

/* How far it came. */
enum reached {
    ANYHOW,
    NO_KEY,  /* nobody was asked: it has none */
    NOWHERE, /* there was no connection */
    NO_TLS,  /* there was one, but no TLS over it */
};

#define SECTION "askd --print-config | grep -A20 -F @"

/* The first that fits. @ stands for the provider's name, with NO_TLS for the address, as the shell reads it. */
static const struct mend {
    const char *code;
    enum reached reached;
    const char *command, *words; /* words: NULL where the command says all */
} mends[] = {
    {"no_provider", NO_KEY, "askctl keys import @", NULL},
    {"unauthenticated", ANYHOW, "askctl keys import @", NULL},
    {"permission_denied", ANYHOW, "askctl keys import @",
     "one that may do that: see its rights where @ gave it to you"},
    {"budget_exceeded", ANYHOW, "askctl keys test @", "once the account there has credit again"},
    {"rate_limited", ANYHOW, "askctl status", "what @ allows: wait, or have it raised there"},
    {"not_found", ANYHOW, SECTION, "is the base_url of @ right?"},
    {"bad_response", ANYHOW, SECTION, "are base_url and api of @ right?"},
    {"invalid_request", ANYHOW, SECTION, "are base_url and api of @ right?"},
    {"unavailable", NO_TLS, "openssl s_client -connect @ </dev/null",
     "its certificate: set ca_file, or put the clock right"},
    {"unavailable", NOWHERE, SECTION, "are base_url and proxy of @ right, and is the network there?"},
    {"timeout", NOWHERE, SECTION, "are base_url and proxy of @ right, or is a firewall between?"},
    {"unavailable", ANYHOW, "askctl keys test @", "later: it is in trouble, and its status page tells more"},
    {"overloaded", ANYHOW, "askctl keys test @", "later: it has too much to do"},
    {"timeout", ANYHOW, "askctl keys test @", "later: it is slow or in trouble, and its status page tells more"},
};

static bool is_nil(const msgpack_object_map *row, const char *key)
{
    const msgpack_object *o = mp_get(row, key);
    return o == NULL || o->type == MSGPACK_OBJECT_NIL;
}

static enum reached reached_of(const msgpack_object_map *row)
{
    char scheme[8];
    const bool https = strcmp(field_line(row, "scheme", scheme, sizeof(scheme)), "https") == 0;
    if (is_nil(row, "address") && is_nil(row, "source") && https)
        return NO_KEY;
    if (is_nil(row, "address"))
        return NOWHERE;
    return https && is_nil(row, "tls") ? NO_TLS : ANYHOW;
}

static void put(struct buf *b, const char *text, const char *what)
{
    for (; *text != '\0'; text++) {
        if (*text == '@')
            (void)buf_puts(b, what);
        else
            (void)buf_putc(b, *text);
    }
}

/* False where it does not fit: half a command is none. */
static bool write_mend(const struct mend *m, const char *what, char text[PROVIDER_MEND_SIZE])
{
    struct buf b;
    char word[SHELL_WORD_SIZE];
    (void)shell_word(word, what);
    buf_init(&b, PROVIDER_MEND_SIZE - 1);
    put(&b, m->command, word);
    if (m->words != NULL) {
        (void)buf_puts(&b, "   # ");
        put(&b, m->words, word);
    }
    const bool fits = !b.failed;
    (void)snprintf(text, PROVIDER_MEND_SIZE, "%s", fits ? buf_cstr(&b) : "");
    buf_done(&b);
    return fits;
}

static const struct mend *find(const char *code, enum reached reached)
{
    for (size_t i = 0; i < sizeof(mends) / sizeof(mends[0]); i++)
        if (strcmp(mends[i].code, code) == 0 && (mends[i].reached == ANYHOW || mends[i].reached == reached))
            return &mends[i];
    return NULL;
}

bool provider_mend(const msgpack_object_map *row, char text[PROVIDER_MEND_SIZE])
{
    msgpack_object_map error;
    char what[128], code[32];
    if (!field_map(row, "error", &error))
        return false;
    const struct mend *m = find(field_line(&error, "code", code, sizeof(code)), reached_of(row));
    return m != NULL &&
           write_mend(m, field_line(row, m->reached == NO_TLS ? "address" : "provider", what, sizeof(what)), text);
}

bool provider_mend_silent(const char *name, char text[PROVIDER_MEND_SIZE])
{
    return write_mend(find("timeout", ANYHOW), name, text);
}
