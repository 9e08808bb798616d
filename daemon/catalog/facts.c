/* What a provider's own list says stands over the catalogue's row. */
#include "daemon/catalog/catalog.h"

bool facts_known(const struct facts *f)
{
    return f->model || f->listed;
}

/* The list's word where it has one (not `none`), else the row's, else `none`. */
#define TOLD(f, field, none)                                                                                           \
    ((f)->listed && (f)->listed->field != (none) ? (f)->listed->field : (f)->model ? (f)->model->field : (none))

int64_t facts_context_window(const struct facts *f)
{
    return TOLD(f, context_window, 0);
}

int64_t facts_max_output(const struct facts *f)
{
    return TOLD(f, max_output, 0);
}

unsigned facts_input(const struct facts *f)
{
    return TOLD(f, input, 0);
}

unsigned facts_output(const struct facts *f)
{
    return TOLD(f, output, 0);
}

enum known facts_tools(const struct facts *f)
{
    return TOLD(f, tools, KNOWN_NOT);
}

enum known facts_reasoning(const struct facts *f)
{
    return TOLD(f, reasoning, KNOWN_NOT);
}

enum token_family facts_family(const struct facts *f)
{
    return f->model ? f->model->family : tokens_family_of_model(f->name);
}

const struct price *facts_price(const struct facts *f, int64_t now_us, int64_t prompt_tokens)
{
    const struct listed *l = f->listed;
    const struct model *m = f->model;
    const struct price *p = l ? price_pick(l->prices, l->n_prices, f->kind, f->kind, now_us, prompt_tokens) : NULL;

    if (p || !m)
        return p;
    const char *first = m->n_names ? m->names[0].provider : NULL;
    return price_pick(m->prices, m->n_prices, f->kind, first, now_us, prompt_tokens);
}
