/* Keys, and the providers that they are for: who has one, who takes it, how long that takes. */
#include "client/common/field.h"
#include "client/common/figures.h"
#include "client/ctl/doctor.h"
#include "client/ctl/provider_mend.h"
#include "lib/base/usual_keys.h"
#include "lib/proto/mp.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NAME = 128,
    LINE = 400,
    NAMES_MAX = 400,
    PARAMS_MAX = 4096,
    CONFIG_MAX = 1 << 20,
    SLOW_MS = 3000,
    SKEW_MAX = 60 /* seconds */
};

static bool provider_at(const struct doctor *d, uint32_t i, msgpack_object_map *p)
{
    msgpack_object_map status;
    msgpack_object_array all;
    if (!doctor_map(d, DOCTOR_STATUS, &status) || !field_array(&status, "providers", &all) || i >= all.size)
        return false;
    if (!mp_map(&all.ptr[i], p))
        *p = (msgpack_object_map){0};
    return true;
}

static bool has_state(const msgpack_object_map *p, const char *state)
{
    char found[NAME];
    return strcmp(field_line(p, "state", found, sizeof(found)), state) == 0;
}

/* -- who has one -- */

static bool is_ready(const struct doctor *d, const char *provider)
{
    msgpack_object_map p;
    char name[NAME];
    for (uint32_t i = 0; provider_at(d, i, &p); i++)
        if (has_state(&p, "ready") && strcmp(field_line(&p, "name", name, sizeof(name)), provider) == 0)
            return true;
    return false;
}

/* A daemon has the environment of whoever started it, a service none of the shell's. */
static void check_keys_here(struct doctor *d)
{
    for (const struct usual_key *k = usual_keys; k->provider != NULL; k++) {
        const char *value = getenv(k->env);
        if (value == NULL || value[0] == '\0' || is_ready(d, k->provider))
            continue;
        doctor_tell(d, DOCTOR_WARNING, "%s is set here, but the daemon was started without it and has no key of %s",
                    k->env, k->provider);
        doctor_mend(d, "askctl keys import %s", k->provider);
    }
}

void doctor_keys(struct doctor *d)
{
    msgpack_object_map p;
    char name[NAME], names[NAMES_MAX] = "";
    unsigned ready = 0, local = 0;
    if (d->place.kind != PLACE_SYSTEM)
        check_keys_here(d);
    for (uint32_t i = 0; provider_at(d, i, &p); i++) {
        local += has_state(&p, "local");
        if (!has_state(&p, "ready"))
            continue;
        const size_t len = strlen(names);
        (void)snprintf(names + len, sizeof(names) - len, "%s%s", ready > 0 ? ", " : "",
                       field_line(&p, "name", name, sizeof(name)));
        ready++;
    }
    const bool offline = (d->c->given & CTL_OFFLINE) != 0;
    if (ready > 0) {
        doctor_tell(d, DOCTOR_OK, "the daemon has what it needs to ask %s", names);
    } else if (local == 0 || offline) {
        doctor_tell(d, local == 0 ? DOCTOR_FAULT : DOCTOR_WARNING, "the daemon has no key of any provider%s",
                    local > 0 ? "; only a local server could be asked" : "");
        doctor_mend(d, "askctl setup");
    } /* else the providers tell whether a local server can be asked */
}

/* -- without a daemon -- */

static bool any_key_here(void)
{
    for (const struct usual_key *k = usual_keys; k->provider != NULL; k++) {
        const char *value = getenv(k->env);
        if (value != NULL && value[0] != '\0')
            return true;
    }
    return false;
}

/* A section of the configuration may have its key from anywhere. True too where it cannot be read, which is told. */
static bool any_section(const struct doctor *d)
{
    const char *const argv[] = {d->program, "--user", "--print-config", NULL};
    struct buf out;
    buf_init(&out, CONFIG_MAX);
    const bool any = doctor_run(argv, &out) != 0 || strstr(buf_cstr(&out), "[provider ") != NULL;
    buf_done(&out);
    return any;
}

void doctor_keys_down(struct doctor *d)
{
    if (d->place.kind != PLACE_USER || d->program[0] == '\0' || d->key_files > 0 || any_key_here() || any_section(d))
        return;
    doctor_tell(d, DOCTOR_WARNING,
                "no provider can be asked yet: there is no key of any, and askd is told of no other "
                "than a server on this machine (Ollama, llama.cpp)");
    doctor_mend(d, "askctl setup");
}

/* -- who takes it -- */

static void tell_of_error(struct doctor *d, const char *name, const msgpack_object_map *tested)
{
    msgpack_object_map error = {0};
    char code[NAME], message[LINE], mend[PROVIDER_MEND_SIZE];
    (void)field_map(tested, "error", &error);
    (void)field_line(&error, "code", code, sizeof(code));
    (void)field_line(&error, "message", message, sizeof(message));
    const bool named = strncmp(message, name, strlen(name)) == 0;
    const bool passing = strcmp(code, "rate_limited") == 0 || strcmp(code, "overloaded") == 0;
    doctor_tell(d, passing ? DOCTOR_WARNING : DOCTOR_FAULT, "%s%s%s", named ? "" : name, named ? "" : ": ", message);
    if (provider_mend(tested, mend))
        doctor_mend(d, "%s", mend);
}

/* ", HTTP/2", where it is told. */
static void add_word(char text[LINE], const char *before, const msgpack_object_map *tested, const char *field)
{
    char word[NAME];
    const size_t len = strlen(text);
    if (field_line(tested, field, word, sizeof(word))[0] != '\0')
        (void)snprintf(text + len, LINE - len, "%s%s", before, word);
}

static void tell_of_success(struct doctor *d, const char *name, const msgpack_object_map *tested)
{
    char text[LINE];
    int64_t ms = 0;
    (void)field_int(tested, "latency_ms", &ms);
    (void)snprintf(text, sizeof(text), "%s answers in %" PRId64 " ms", name, ms);
    add_word(text, ", ", tested, "http");
    add_word(text, ", ", tested, "tls");
    add_word(text, ", key from ", tested, "source");
    doctor_tell(d, ms > SLOW_MS ? DOCTOR_NOTE : DOCTOR_OK, "%s%s", text, ms > SLOW_MS ? ": that is slow" : "");
}

/* What came of one provider: a reply for each of its keys. A local server that is not there is no fault: nobody said
 * that there is one. */
static void tell_of_provider(struct doctor *d, const struct doctor_reply *r, const char *name, bool local)
{
    msgpack_object_array all;
    msgpack_object_map tested, error;
    char message[LINE], mend[PROVIDER_MEND_SIZE];
    if (!r->there) {
        doctor_tell(d, DOCTOR_FAULT, "%s does not answer within %d s", name, DOCTOR_PROVIDERS_MS / 1000);
        if (provider_mend_silent(name, mend))
            doctor_mend(d, "%s", mend);
    } else if (r->refused && mp_map(&r->value.data, &error)) {
        doctor_tell(d, DOCTOR_NOTE, "%s cannot be tried: %s", name,
                    field_line(&error, "message", message, sizeof(message)));
    } else if (mp_array(&r->value.data, &all)) {
        for (uint32_t i = 0; i < all.size; i++) {
            if (!mp_map(&all.ptr[i], &tested))
                continue;
            if (field_true(&tested, "ok"))
                tell_of_success(d, name, &tested);
            else if (!local)
                tell_of_error(d, name, &tested);
        }
    }
}

/* A local server that is there. */
static bool serves(const struct doctor_reply *r)
{
    msgpack_object_array all;
    msgpack_object_map tested;
    return r->there && !r->refused && mp_array(&r->value.data, &all) && all.size > 0 && mp_map(&all.ptr[0], &tested) &&
           field_true(&tested, "ok");
}

/* -- the clock -- */

/* How far ours is ahead of the providers', by the one that it agrees with best: a provider's may be wrong too. */
struct skew {
    bool known;
    double seconds;
    char name[NAME];
};

static void look_at_clock(struct skew *s, const struct doctor_reply *r, const char *name)
{
    msgpack_object_array all = {0};
    msgpack_object_map tested;
    double ms;
    if (r->there && !r->refused)
        (void)mp_array(&r->value.data, &all);
    for (uint32_t i = 0; i < all.size; i++) {
        if (!mp_map(&all.ptr[i], &tested) || !field_double(&tested, "clock_ms", &ms))
            continue;
        const double seconds = ms / 1000;
        if (s->known && fabs(s->seconds) <= fabs(seconds))
            continue;
        s->known = true;
        s->seconds = seconds;
        (void)snprintf(s->name, sizeof(s->name), "%s", name);
    }
}

/* Certificates are good for months, but tokens that are signed with the time for minutes. */
static void tell_of_clock(struct doctor *d, const struct skew *s)
{
    char text[FIGURE_LEN];
    const double off = fabs(s->seconds);
    if (!s->known || off < SKEW_MAX)
        return;
    figures_span(text, off);
    doctor_tell(d, DOCTOR_WARNING, "the clock is %s %s that of %s", text, s->seconds > 0 ? "ahead of" : "behind",
                s->name);
    doctor_mend(d, "sudo timedatectl set-ntp true");
}

/* -- all of them -- */

static void send_test(struct doctor *d, struct doctor_reply *r, const char *name)
{
    struct buf params;
    buf_init(&params, PARAMS_MAX);
    mp_put_map(&params, 2);
    mp_put_entry(&params, "provider", name);
    mp_put_cstr(&params, "local");
    mp_put_bool(&params, true);
    if (!params.failed)
        (void)doctor_send(d, r, "keys.test", &params);
    buf_done(&params);
}

static void tell_of_all(struct doctor *d, const struct doctor_reply *replies, uint32_t n)
{
    msgpack_object_map p;
    char name[NAME];
    struct skew skew = {0};
    bool any = false;
    for (uint32_t i = 0; i < n; i++) {
        if (!replies[i].asked || !provider_at(d, i, &p))
            continue;
        const bool local = has_state(&p, "local");
        any = any || !local || serves(&replies[i]);
        tell_of_provider(d, &replies[i], field_line(&p, "name", name, sizeof(name)), local);
        if (!local)
            look_at_clock(&skew, &replies[i], name);
    }
    tell_of_clock(d, &skew);
    if (!any) {
        doctor_tell(d, DOCTOR_FAULT,
                    "no provider can be asked yet: the daemon has no key of any, and no server on this "
                    "machine answers");
        doctor_mend(d, "askctl setup");
    }
}

/* All at once, each by itself, so that one that hangs takes nobody else's time. */
void doctor_providers(struct doctor *d)
{
    msgpack_object_map p;
    char name[NAME];
    uint32_t n = 0;
    while (provider_at(d, n, &p))
        n++;
    if ((d->c->given & CTL_OFFLINE) != 0 || n == 0)
        return;
    struct doctor_reply *replies = calloc(n, sizeof(*replies));
    for (uint32_t i = 0; replies != NULL && i < n; i++) {
        doctor_reply_init(&replies[i]);
        if (provider_at(d, i, &p) && (has_state(&p, "ready") || has_state(&p, "local")))
            send_test(d, &replies[i], field_line(&p, "name", name, sizeof(name)));
    }
    if (replies != NULL)
        (void)doctor_await(d, replies, n, DOCTOR_PROVIDERS_MS, "waiting for providers to answer", "providers");
    if (replies != NULL)
        tell_of_all(d, replies, n);
    for (uint32_t i = 0; replies != NULL && i < n; i++)
        doctor_reply_done(&replies[i]);
    free(replies);
}
