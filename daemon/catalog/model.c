#include "daemon/catalog/model.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/grow.h"
#include "lib/base/names.h"
#include "lib/base/words.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* One section on its way into a model. */
struct reading {
    const struct config *config;
    const struct model_options *options;
    struct model *model;
    struct error *err;
};

#define COMPLAIN(r, key, ...) config_complain((r)->config, &model_room, (r)->model->id, (key), (r)->err, __VA_ARGS__)

/* -- single fields -- */

static enum error_code read_day(struct reading *r, const char *key, const char *text, const char **ret)
{
    int64_t day;

    if (text && !words_day(text, strlen(text), &day))
        return COMPLAIN(r, key, "%s must be a day, as in 2025-04-14, not '%.60s'", key, text);
    *ret = xstrdup(text);
    return ERR_NONE;
}

#define X(code, bit, name) " " name
#define MODALITY_NAMES MODALITY_MAP(X)

static enum error_code read_modalities(struct reading *r, const char *key, const char *text, unsigned *ret)
{
    while (text) {
        size_t len;
        const char *name = words_piece(&text, &len);
        unsigned bit = modality_from_name(name, len);
        if (!bit)
            return COMPLAIN(r, key, "%s: there is no '%.*s', but" MODALITY_NAMES, key, (int)(len < 60 ? len : 60),
                            name);
        *ret |= bit;
    }
    return ERR_NONE;
}

#undef X

static enum error_code read_fields(struct reading *r)
{
    const struct model_options *o = r->options;
    struct model *m = r->model;

    m->title = xstrdup(o->title ? o->title : m->id);
    m->family = o->family ? (enum token_family)(o->family - 1) : tokens_family_of_model(m->id);
    m->context_window = o->context_window;
    m->max_output = o->max_output;
    m->tools = (enum known)(o->tools - 1);
    m->reasoning = (enum known)(o->reasoning - 1);
    m->is_default = o->is_default;
    m->serve = xstrdup(o->serve);
    enum error_code code = read_modalities(r, "input", o->input, &m->input);
    if (code == ERR_NONE)
        code = read_modalities(r, "output", o->output, &m->output);
    if (code == ERR_NONE)
        code = read_day(r, "released", o->released, &m->released);
    if (code == ERR_NONE)
        code = read_day(r, "retired", o->retired, &m->retired);
    return code;
}

static enum error_code read_names(struct reading *r)
{
    const char *text = r->options->names;
    struct model *m = r->model;

    while (text) {
        size_t len;
        const char *piece = words_piece(&text, &len), *slash = memchr(piece, '/', len);
        if (!slash || slash == piece || slash + 1 == piece + len)
            return COMPLAIN(r, "names", "a name is a provider, a slash and its own name of the model, not '%.*s'",
                            (int)(len < 60 ? len : 60), piece);
        m->names = grow_one(m->names, m->n_names, sizeof(*m->names));
        m->names[m->n_names++] = (struct model_name){
            xstrndup(piece, (size_t)(slash - piece)),
            xstrndup(slash + 1, (size_t)(piece + len - slash - 1)),
        };
    }
    return ERR_NONE;
}

/* -- keys that repeat -- */

static enum error_code read_list(struct reading *r, const struct model_list *l)
{
    char *const *rows = *(char *const *const *)((const char *)r->options + l->offset);
    struct error why;

    for (size_t i = 0; rows && rows[i]; i++)
        if (l->read(r->model, rows[i], &why) != ERR_NONE)
            return config_complain_of(r->config, &model_room, r->model->id, l->key, i, r->err, "%s: %s", l->key,
                                      why.message);
    return ERR_NONE;
}

static enum error_code read_lists(struct reading *r)
{
    enum error_code code = ERR_NONE;

    for (const struct model_list *l = model_lists; l->key && code == ERR_NONE; l++)
        code = read_list(r, l);
    if (model_is_retired(r->model, clock_wall_us()))
        model_add_tag(r->model, "retired");
    if (r->model->is_default)
        model_add_tag(r->model, "default");
    return code;
}

/* -- its life -- */

enum error_code model_read(const struct config *c, const char *id, struct model *ret, struct error *err)
{
    *ret = (struct model){.id = xstrdup(id)};
    struct reading r = {c, config_get(c, &model_room, id), ret, err};
    enum error_code code = read_fields(&r);

    if (code == ERR_NONE)
        code = read_names(&r);
    if (code == ERR_NONE)
        code = read_lists(&r);
    if (code != ERR_NONE)
        model_done(ret);
    return code;
}

/* What a model points to is const for those who read it, and its own. */
static void drop(const void *owned)
{
    free((void *)(uintptr_t)owned);
}

void model_done(struct model *m)
{
    const char *const strings[] = {m->id, m->title, m->released, m->retired, m->serve};

    for (size_t i = 0; i < NAMES_COUNT(strings); i++)
        drop(strings[i]);
    for (size_t i = 0; i < m->n_names; i++) {
        drop(m->names[i].provider);
        drop(m->names[i].name);
    }
    for (size_t i = 0; i < m->n_prices; i++)
        price_done(&m->prices[i]);
    for (size_t i = 0; i < m->n_scores; i++) {
        drop(m->scores[i].board);
        drop(m->scores[i].on);
        drop(m->scores[i].source);
    }
    for (size_t i = 0; i < m->n_premiums; i++) {
        drop(m->premiums[i].at);
        drop(m->premiums[i].source);
    }
    for (size_t i = 0; i < m->n_speeds; i++) {
        drop(m->speeds[i].at);
        drop(m->speeds[i].on);
        drop(m->speeds[i].source);
    }
    for (size_t i = 0; m->tags && m->tags[i]; i++)
        drop(m->tags[i]);
    drop(m->names);
    drop(m->prices);
    drop(m->scores);
    drop(m->premiums);
    drop(m->speeds);
    drop(m->tags);
    *m = (struct model){0};
}

/* -- reading it -- */

const char *model_name_at(const struct model *m, const char *kind)
{
    for (size_t i = 0; i < m->n_names; i++)
        if (strcmp(m->names[i].provider, kind) == 0)
            return m->names[i].name;
    return NULL;
}

const char *model_name_for(const struct model *m, const char *section, const char *kind)
{
    const char *own = model_name_at(m, section);

    return own ? own : model_name_at(m, kind);
}

bool model_is_retired(const struct model *m, int64_t now_us)
{
    char today[sizeof "2026-01-31"];
    time_t now = (time_t)(now_us / 1000000);
    struct tm day;

    if (!m->retired || !gmtime_r(&now, &day) || strftime(today, sizeof today, "%Y-%m-%d", &day) == 0)
        return false;
    return strcmp(m->retired, today) <= 0;
}

bool model_has_tag(const struct model *m, const char *tag)
{
    for (size_t i = 0; m->tags && m->tags[i]; i++)
        if (strcmp(m->tags[i], tag) == 0)
            return true;
    return false;
}

const struct model_score *model_score_of(const struct model *m, const char *board)
{
    for (size_t i = 0; i < m->n_scores; i++)
        if (strcmp(m->scores[i].board, board) == 0)
            return &m->scores[i];
    return NULL;
}

static bool premium_holds(const struct model_premium *p, const char *kind, int64_t now_us)
{
    return strcmp(p->at ? p->at : PREMIUM_KIND, kind) == 0 && now_us >= p->since_us &&
           (!p->until_us || now_us < p->until_us);
}

const struct model_premium *model_premium_at(const struct model *m, const char *kind, int64_t now_us)
{
    const struct model_premium *best = NULL;

    for (size_t i = 0; i < m->n_premiums; i++) {
        const struct model_premium *p = &m->premiums[i];
        if (premium_holds(p, kind, now_us) && (!best || p->since_us > best->since_us))
            best = p;
    }
    return best;
}
