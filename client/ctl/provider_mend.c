#include "client/ctl/provider_mend.h"
#include "client/common/field.h"
#include <stdio.h>

/* How far it came. */
enum reached {
    ANYHOW,
    NO_KEY,  /* nobody was asked: it has none */
    NOWHERE, /* there was no connection */
    NO_TLS,  /* there was one, but no TLS over it */
};

/* The first that fits. Between the two halves stands the provider's name, with NO_TLS the address. */
static const struct mend {
    const char *code;
    enum reached reached;
    const char *before, *after;
} mends[] = {
    {"no_provider", NO_KEY, "askctl keys import ", ""},
    {"unauthenticated", ANYHOW, "askctl keys import ", ""},
    {"permission_denied", ANYHOW, "the key may not do that: look at its rights where ", " gave it to you"},
    {"budget_exceeded", ANYHOW, "the account at ", " has no credit left: fill it up there"},
    {"rate_limited", ANYHOW, "askctl status shows what ", " allows: wait, or have it raised there"},
    {"not_found", ANYHOW, "askd --print-config shows the base_url of ", ": correct it in askd.conf"},
    {"bad_response", ANYHOW, "askd --print-config shows base_url and api of ", ": correct them in askd.conf"},
    {"unavailable", NO_TLS, "openssl s_client -connect ",
     " shows its certificate: set ca_file, or put the clock right"},
    {"unavailable", NOWHERE, "askd --print-config shows base_url and proxy of ", ": is that host up, and the network?"},
    {"timeout", NOWHERE, "askd --print-config shows base_url and proxy of ", ": is a firewall between?"},
    {"unavailable", ANYHOW, "", " is in trouble: its status page tells more"},
    {"overloaded", ANYHOW, "", " has too much to do: try again later"},
    {"timeout", ANYHOW, "", " is slow or in trouble: its status page tells more"},
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

bool provider_mend(const msgpack_object_map *row, char text[PROVIDER_MEND_SIZE])
{
    msgpack_object_map error;
    char name[64], address[64], code[32];
    const enum reached reached = reached_of(row);
    if (!field_map(row, "error", &error))
        return false;
    (void)field_line(row, "provider", name, sizeof(name));
    (void)field_line(row, "address", address, sizeof(address));
    (void)field_line(&error, "code", code, sizeof(code));
    for (size_t i = 0; i < sizeof(mends) / sizeof(mends[0]); i++) {
        const struct mend *m = &mends[i];
        if (strcmp(m->code, code) != 0 || (m->reached != ANYHOW && m->reached != reached))
            continue;
        (void)snprintf(text, PROVIDER_MEND_SIZE, "%s%s%s", m->before, m->reached == NO_TLS ? address : name, m->after);
        return true;
    }
    return false;
}
