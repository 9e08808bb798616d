#include "daemon/engine/figures.h"
#include <string.h>

static struct facts facts_of(const struct catalog *c, const struct route *r)
{
    return catalog_facts(c, r->provider->name, r->provider->kind, r->model);
}

const struct price *figures_price(const struct catalog *c, const struct route *r, int64_t input_tokens, int64_t at_us)
{
    struct facts f = facts_of(c, r);
    return facts_price(&f, at_us, input_tokens);
}

bool figures_cost(const struct catalog *c, const struct route *r, const struct usage *usage, int64_t now_us,
                  int64_t *ret_nano, const char **currency)
{
    const struct price *p = figures_price(c, r, usage->input_tokens, now_us);
    if (!p || !price_cost(p, usage, ret_nano))
        return false;
    *currency = p->currency;
    return true;
}

/* The modalities of what a question holds besides text. */
static unsigned needs(const struct chat_request *q)
{
    unsigned set = 0;
    for (size_t m = 0; m < q->n_messages; m++) {
        for (size_t i = 0; i < q->messages[m].n_parts; i++) {
            switch (q->messages[m].parts[i].kind) {
            case PART_IMAGE: set |= MODALITY_IMAGE; break;
            case PART_AUDIO: set |= MODALITY_AUDIO; break;
            case PART_FILE: set |= MODALITY_FILE; break;
            default: break;
            }
        }
    }
    return set;
}

static bool wants_reasoning(const struct chat_request *q)
{
    return q->reasoning != REASONING_DEFAULT && q->reasoning != REASONING_OFF;
}

/* What is not known does not speak against it. */
static bool is_able(const struct facts *f, const struct chat_request *q, int64_t tokens)
{
    unsigned input = facts_input(f);
    int64_t window = facts_context_window(f);
    if (input && (needs(q) & ~input))
        return false;
    if (q->n_tools > 0 && facts_tools(f) == KNOWN_NO)
        return false;
    if (wants_reasoning(q) && facts_reasoning(f) == KNOWN_NO)
        return false;
    return window == 0 || tokens <= window;
}

static int64_t tokens_of(struct figures_question *q, enum token_family f)
{
    if (q->chat && q->tokens[f] == 0)
        q->tokens[f] = tokens_of_request(f, q->chat);
    return q->tokens[f];
}

void figures_of_route(const struct route_world *w, const struct route *r, struct figures_question *q, const char *board,
                      struct alias_figures *ret)
{
    struct facts f = facts_of(w->catalog, r);
    struct usage usage = USAGE_INIT;
    const struct model_score *score = f.model ? model_score_of(f.model, board) : NULL;
    usage.input_tokens = tokens_of(q, facts_family(&f));
    usage.output_tokens = q->chat && q->chat->has_max_tokens ? q->chat->max_tokens : ROUTE_OUTPUT_TOKENS;
    *ret = (struct alias_figures){.able = !q->chat || is_able(&f, q->chat, usage.input_tokens),
                                  .cost_nano = -1,
                                  .first_ms = health_first_token_ms(w->health, r->provider->name, r->model),
                                  .score = score ? score->value : -1};
    if (!figures_cost(w->catalog, r, &usage, w->now_us, &ret->cost_nano, &ret->currency))
        ret->cost_nano = -1;
}
