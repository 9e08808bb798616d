/* The keys of a model that repeat: each value is a row of words. */
#include "daemon/catalog/model.h"
#include "lib/base/alloc.h"
#include "lib/base/grow.h"
#include "lib/base/names.h"
#include "lib/base/words.h"
#include <string.h>

static const struct word score_words[] = {
    {"on", WORD_DATE, offsetof(struct model_score, on)},
    {"source", WORD_TEXT, offsetof(struct model_score, source)},
    {0},
};
static const struct word speed_words[] = {
    {"on", WORD_DATE, offsetof(struct model_speed, on)},
    {"at", WORD_TEXT, offsetof(struct model_speed, at)},
    {"source", WORD_TEXT, offsetof(struct model_speed, source)},
    {0},
};
static const struct word premium_words[] = {
    {"multiplier", WORD_AMOUNT, offsetof(struct model_premium, multiplier_nano)},
    {"at", WORD_TEXT, offsetof(struct model_premium, at)},
    {"since", WORD_DAY, offsetof(struct model_premium, since_us)},
    {"until", WORD_DAY, offsetof(struct model_premium, until_us)},
    {"source", WORD_TEXT, offsetof(struct model_premium, source)},
    {0},
};
static const struct word figure_word = {"the figure", WORD_NUMBER, 0};
enum { SEEN_FIRST = 1 }; /* the first word of a table, which is needed */

/* The provider of a row is one that has the model: another would be a slip that nobody sees. */
static enum error_code check_at(const struct model *m, const char *at, struct error *err)
{
    if (!at || model_name_at(m, at))
        return ERR_NONE;
    return error_set(err, ERR_INVALID_REQUEST, "'at %.60s': no name says how it is called there", at);
}

static enum error_code read_price(struct model *m, const char *text, struct error *err)
{
    struct price p;
    enum error_code code = price_parse(text, &p, err);

    if (code != ERR_NONE)
        return code;
    m->prices = grow_one(m->prices, m->n_prices, sizeof(*m->prices));
    m->prices[m->n_prices++] = p;
    return check_at(m, p.at, err);
}

/* Takes "aider 52.4" apart. */
static enum error_code read_figure(struct model *m, struct model_score *s, const char *piece, size_t len,
                                   struct error *err)
{
    size_t board = strcspn(piece, " \t,"), figure = board + strspn(piece + board, " \t");

    if (board >= len)
        return error_set(err, ERR_INVALID_REQUEST, "a score begins with leaderboard and figure, as in 'aider 52.4'");
    char *name = xstrndup(piece, board);
    bool twice = model_score_of(m, name);
    s->board = name;
    if (twice)
        return error_set(err, ERR_INVALID_REQUEST, "there is a score of '%.60s' already", name);
    return words_value(piece + figure, len - figure, &figure_word, &s->value, err);
}

static enum error_code read_score(struct model *m, const char *text, struct error *err)
{
    size_t len;
    const char *piece = words_piece(&text, &len);
    struct model_score s = {0};
    unsigned seen = 0;
    enum error_code code = read_figure(m, &s, piece, len, err);

    if (code == ERR_NONE)
        code = words_read(text, score_words, &s, &seen, err);
    m->scores = grow_one(m->scores, m->n_scores, sizeof(*m->scores));
    m->scores[m->n_scores++] = s;
    if (code == ERR_NONE && !(seen & SEEN_FIRST))
        return error_set(err, ERR_INVALID_REQUEST, "a score needs its day, as in 'on 2025-04-14'");
    return code;
}

static enum error_code read_speed(struct model *m, const char *text, struct error *err)
{
    size_t len;
    const char *first = words_piece(&text, &len);
    unsigned seen;

    m->speeds = grow_one(m->speeds, m->n_speeds, sizeof(*m->speeds));
    struct model_speed *s = &m->speeds[m->n_speeds++];
    enum error_code code = words_value(first, len, &figure_word, &s->tokens_per_second, err);
    if (code == ERR_NONE)
        code = words_read(text, speed_words, s, &seen, err);
    if (code != ERR_NONE)
        return code;
    if (s->tokens_per_second <= 0)
        return error_set(err, ERR_INVALID_REQUEST, "a speed is more than 0 tokens a second");
    if (!(seen & SEEN_FIRST))
        return error_set(err, ERR_INVALID_REQUEST, "a speed needs its day, as in 'on 2025-04-14'");
    return check_at(m, s->at, err);
}

static enum error_code read_premium(struct model *m, const char *text, struct error *err)
{
    unsigned seen;

    m->premiums = grow_one(m->premiums, m->n_premiums, sizeof(*m->premiums));
    struct model_premium *p = &m->premiums[m->n_premiums++];
    enum error_code code = words_read(text, premium_words, p, &seen, err);
    if (code != ERR_NONE)
        return code;
    if (!(seen & SEEN_FIRST))
        return error_set(err, ERR_INVALID_REQUEST, "a premium needs its multiplier, as in 'multiplier 0.25'");
    if (p->until_us && p->until_us <= p->since_us)
        return error_set(err, ERR_INVALID_REQUEST, "'until' must be later than 'since'");
    return check_at(m, p->at, err);
}

/* With the NULL that ends them. */
void model_add_tag(struct model *m, const char *tag)
{
    const char **tags = (const char **)(uintptr_t)m->tags;
    size_t n = 0;

    while (tags && tags[n])
        n++;
    tags = xrealloc(tags, (n + 2) * sizeof(*tags));
    tags[n] = xstrdup(tag);
    tags[n + 1] = NULL;
    m->tags = tags;
}

static enum error_code read_tag(struct model *m, const char *text, struct error *err)
{
    static const char *const made[] = {"default", "retired"};

    if (strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") < strlen(text))
        return error_set(err, ERR_INVALID_REQUEST, "a tag is one word of a-z, 0-9 and -, not '%.60s'", text);
    if (names_find(made, NAMES_COUNT(made), text, strlen(text)) >= 0)
        return error_set(err, ERR_INVALID_REQUEST, "the tag '%s' is made from the key of that name", text);
    if (!model_has_tag(m, text))
        model_add_tag(m, text);
    return ERR_NONE;
}

const struct model_list model_lists[] = {
    {"price", offsetof(struct model_options, prices), read_price},
    {"score", offsetof(struct model_options, scores), read_score},
    {"speed", offsetof(struct model_options, speeds), read_speed},
    {"premium", offsetof(struct model_options, premiums), read_premium},
    {"tag", offsetof(struct model_options, tags), read_tag},
    {0},
};
