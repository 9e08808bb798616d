/* A provider tried: which model of it would be asked, and one token of that. */
#include "client/common/call.h"
#include "client/common/field.h"
#include "client/common/figures.h"
#include "client/ctl/setup.h"
#include "lib/base/clock.h"
#include "lib/proto/mp.h"
#include <stdio.h>
#include <string.h>

enum { PARAMS_MAX = 8192, TRY_S = 30 /* a cold local model may take so long to load */ };

/* -- which model -- */

struct model_choice {
    char name[SETUP_MODEL_SIZE];
    bool is_default;
    double price; /* of its output; negative: not known */
};

static bool has_word(const msgpack_object_map *row, const char *field, const char *word)
{
    msgpack_object_array list;
    const char *s;
    size_t len;
    if (field_array(row, field, &list))
        for (uint32_t i = 0; i < list.size; i++)
            if (mp_str(&list.ptr[i], &s, &len) && len == strlen(word) && memcmp(s, word, len) == 0)
                return true;
    return false;
}

/* One that writes text, and is in service. */
static bool can_be_asked(const msgpack_object_map *row)
{
    msgpack_object_array out;
    const bool told = field_array(row, "modalities_out", &out) && out.size > 0;
    return field_true(row, "available") && !has_word(row, "tags", "retired") &&
           (!told || has_word(row, "modalities_out", "text"));
}

/* The provider's default, else the cheapest, else the first. */
static bool is_better(const struct model_choice *a, const struct model_choice *b)
{
    if (b->name[0] == '\0' || a->is_default != b->is_default)
        return b->name[0] == '\0' || a->is_default;
    return a->price >= 0 && (b->price < 0 || a->price < b->price);
}

static void choose(const msgpack_object *reply, struct model_choice *best)
{
    msgpack_object_array list;
    msgpack_object_map row;
    if (!mp_array(reply, &list))
        return;
    for (uint32_t i = 0; i < list.size; i++) {
        struct model_choice one = {.price = -1};
        if (!mp_map(&list.ptr[i], &row) || !can_be_asked(&row) ||
            !field_copy(&row, "model", one.name, sizeof(one.name)))
            continue;
        one.is_default = has_word(&row, "tags", "default");
        (void)field_double(&row, "price_output", &one.price);
        if (is_better(&one, best))
            *best = one;
    }
}

/* A list that cannot be had is no fault here: the question will tell. */
static int call_with(struct setup *s, const char *method, const char *provider, msgpack_unpacked *reply)
{
    struct buf params;
    bool refused;
    buf_init(&params, PARAMS_MAX);
    mp_put_map(&params, 1);
    mp_put_entry(&params, "provider", provider);
    const int status = call_try(s->c->program, s->ask, method, &params, reply, &refused);
    buf_done(&params);
    return status;
}

static int choose_listed(struct setup *s, const char *provider, struct model_choice *best)
{
    msgpack_unpacked reply;
    msgpack_unpacked_init(&reply);
    const int status = call_with(s, "models.list", provider, &reply);
    if (status == EXIT_OK)
        choose(&reply.data, best);
    msgpack_unpacked_destroy(&reply);
    return status;
}

/* -- what is wrong -- */

static bool is_code(const msgpack_object *error, const char *code)
{
    msgpack_object_map map;
    char text[SETUP_LINE];
    return mp_map(error, &map) && strcmp(field_line(&map, "code", text, sizeof(text)), code) == 0;
}

/* Only a refusal says something of the key. */
static void take_error(struct setup_provider *p, const msgpack_object *error)
{
    p->outcome =
        is_code(error, "unauthenticated") || is_code(error, "permission_denied") ? SETUP_REFUSED : SETUP_FAILED;
    if (is_code(error, "timeout"))
        (void)snprintf(p->error, sizeof(p->error), "no answer within %d s: askctl keys test %s tries again", TRY_S,
                       p->name);
    else
        (void)exit_describe(p->error, sizeof(p->error), error);
}

/* Some have no list: that says nothing of the rest, unless nobody was reached. */
static void take_list_error(struct setup_provider *p, const msgpack_object *error)
{
    static const char hint[] = "; without its list of models, name one: --default-model PROVIDER/MODEL";
    take_error(p, error);
    const size_t len = strlen(p->error);
    const bool reached = !is_code(error, "unavailable") && !is_code(error, "timeout");
    if (p->outcome == SETUP_FAILED && reached && len + sizeof(hint) <= sizeof(p->error))
        memcpy(p->error + len, hint, sizeof(hint));
}

/* Has its list read anew; what is wrong with that says as much as a question would. */
static int refresh(struct setup *s, struct setup_provider *p)
{
    msgpack_unpacked reply;
    msgpack_object_map map, of;
    msgpack_object_array list;
    msgpack_unpacked_init(&reply);
    const int status = call_with(s, "models.refresh", p->name, &reply);
    if (status == EXIT_OK && mp_map(&reply.data, &map) && field_array(&map, "providers", &list) && list.size == 1 &&
        mp_map(&list.ptr[0], &of) && mp_get(&of, "error") != NULL)
        take_list_error(p, mp_get(&of, "error"));
    msgpack_unpacked_destroy(&reply);
    return status;
}

/* The one that is to be the default, where it is this provider's. */
static bool take_wanted(const struct setup *s, struct setup_provider *p)
{
    const size_t len = strlen(p->name);
    if ((s->c->given & CTL_DEFAULT_MODEL) == 0 || strncmp(s->c->default_model, p->name, len) != 0 ||
        s->c->default_model[len] != '/')
        return false;
    (void)snprintf(p->model, sizeof(p->model), "%s", s->c->default_model);
    return true;
}

/* Fills in p->model, or p->error where there is none. */
static int find_model(struct setup *s, struct setup_provider *p)
{
    struct model_choice best = {.price = -1};
    if (take_wanted(s, p))
        return EXIT_OK;
    int status = choose_listed(s, p->name, &best);
    if (status == EXIT_OK && best.name[0] == '\0') {
        status = refresh(s, p);
        if (status == EXIT_OK && p->error[0] == '\0')
            status = choose_listed(s, p->name, &best);
    }
    memcpy(p->model, best.name, sizeof(p->model));
    if (best.name[0] == '\0' && p->error[0] == '\0') {
        p->outcome = SETUP_FAILED;
        (void)snprintf(p->error, sizeof(p->error), "it lists no model: name one with --default-model %s/MODEL",
                       p->name);
    }
    return status;
}

/* -- one token -- */

static void put_question(struct buf *b, const struct setup_provider *p)
{
    mp_put_map(b, 6);
    mp_put_entry(b, "model", p->model);
    mp_put_entry(b, "prompt", "Say yes.");
    mp_put_entry_int(b, "max_tokens", 1);
    mp_put_cstr(b, "store");
    mp_put_bool(b, false);
    mp_put_entry(b, "cache", "off");
    mp_put_entry_int(b, "timeout", TRY_S);
}

static void tell(struct setup *s, const struct setup_provider *p, int64_t us)
{
    char span[FIGURE_LEN];
    figures_span(span, (double)us / 1e6);
    if (p->outcome == SETUP_WORKS)
        setup_say(s, "it works (%s)", span);
    else
        setup_say(s, p->outcome == SETUP_REFUSED ? "refused" : "failed");
    if (p->outcome != SETUP_WORKS)
        setup_complain(s, "%s: %s", p->name, p->error);
}

int setup_try(struct setup *s, struct setup_provider *p)
{
    struct buf params;
    msgpack_unpacked reply;
    bool refused = false;
    p->error[0] = '\0';
    int status = find_model(s, p);
    if (status != EXIT_OK || p->error[0] != '\0') {
        if (status == EXIT_OK)
            setup_complain(s, "%s: %s", p->name, p->error);
        return status;
    }
    setup_begin_line(s, "%s: %s is asked for one token ... ", p->name, p->model);
    const int64_t begun = clock_mono_us();
    buf_init(&params, PARAMS_MAX);
    put_question(&params, p);
    msgpack_unpacked_init(&reply);
    status = call_try(s->c->program, s->ask, "chat", &params, &reply, &refused);
    if (status == EXIT_OK && refused)
        take_error(p, &reply.data);
    else if (status == EXIT_OK)
        p->outcome = SETUP_WORKS;
    if (status == EXIT_OK)
        tell(s, p, clock_mono_us() - begun);
    msgpack_unpacked_destroy(&reply);
    buf_done(&params);
    return status;
}
