/* STORE_SEARCH. Messages that have all the words, then titles, newest first, are gathered and given their score; then
 * each conversation is there once, with its best message, and the best of them are shown. */
#include "daemon/store/search_query.h"
#include "daemon/store/search_snippet.h"
#include "daemon/store/sqlite_internal.h"
#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/grow.h"
#include "lib/proto/mp.h"
#include <stdlib.h>
#include <string.h>

enum {
    RANKED_MAX = 1000, /* messages, and titles, whose score is reckoned: of words that more have, the newest */
    RANGES_MAX = 64,   /* of one word, that a snippet chooses from */
    TOKENS_MAX = SEARCH_QUERY_MAX,
    EXPRESSION_MAX = 2 * SEARCH_QUERY_MAX + 4 * SEARCH_WORDS_MAX,
    SNIPPET_MAX = 4096 /* bytes: of characters of 4 with marks between them */
};

/* What is older than this has lost half of what being new gives, which is half as much again. */
#define FADING_US (INT64_C(30) * 24 * 3600 * 1000000)

/* Gathering */

static double score_of(double bm25, int64_t at_us)
{
    double age = (double)(clock_wall_us() - at_us) / (double)FADING_US;

    return -bm25 * (1 + 0.5 / (1 + (age > 0 ? age : 0)));
}

static void gather(struct store_search *s, const struct query *q)
{
    s->hits = grow_one(s->hits, s->n_hits, sizeof(*s->hits));
    struct store_hit *h = &s->hits[s->n_hits++];
    h->message = s->step == STORE_SEARCH_MESSAGES ? s->before : 0;
    h->conversation = query_get_int(q, 1);
    h->at_us = query_get_int(q, 2);
    h->score = score_of(query_get_real(q, 3), h->at_us);
}

/* Whether a row passes is a column and not a condition, so that a search that finds little can be cut between two rows.
 * Its worth is reckoned only where it does, and the tests stand in the order of their cost. A message whose facts say
 * that it does not is not even looked at. */
static const char in_messages[] =
    "SELECT search.rowid, m.conversation, m.created, CASE WHEN m.created >= ?6"
    " AND" SQLITE_ASKED_THERE(
        "m.conversation", "?3", "?5",
        "?7") " AND EXISTS (SELECT 1 FROM conversation c WHERE c.num = m.conversation AND c.uid = ?3"
              "  AND c.state = " CONVERSATION_LIVE
              "  AND (?4 IS NULL OR m.model = ?4 OR m.provider || '/' || m.model = ?4 OR c.model = ?4))"
              " THEN bm25(search) END FROM search CROSS JOIN message m ON m.num = search.rowid"
              " WHERE search MATCH ?1 AND search.rowid < ?2 AND may_pass(search.rowid) ORDER BY search.rowid DESC";

static const char in_titles[] =
    "SELECT search_title.rowid, c.num, c.updated, CASE WHEN c.updated >= ?6"
    " AND c.uid = ?3 AND c.state = " CONVERSATION_LIVE " AND (?4 IS NULL OR c.model = ?4)"
    " AND" SQLITE_ASKED_THERE(
        "c.num", "?3", "?5",
        "?7") " THEN bm25(search_title) END FROM search_title CROSS JOIN conversation c ON c.num = search_title.rowid"
              " WHERE search_title MATCH ?1 AND search_title.rowid < ?2 ORDER BY search_title.rowid DESC";

static struct query find(struct store_db *db, const struct store_search *s, const char *expression)
{
    struct query q = query(db, s->step == STORE_SEARCH_MESSAGES ? in_messages : in_titles);

    query_text(&q, expression);
    query_int(&q, s->before > 0 ? s->before : INT64_MAX);
    query_int(&q, s->uid);
    query_text(&q, s->model);
    query_text(&q, s->directory);
    query_int(&q, s->since_us);
    query_text(&q, s->host);
    return q;
}

/* False: the slice is over, and there may be more of this step. */
static bool gather_slice(struct store_db *db, struct store_search *s, const char *expression)
{
    struct query q = find(db, s, expression);
    size_t max = RANKED_MAX + (s->step == STORE_SEARCH_TITLES ? s->n_messages : 0);

    while (s->n_hits < max && query_next(&q)) {
        s->before = query_get_int(&q, 0);
        if (!query_is_null(&q, 3))
            gather(s, &q);
        if (sqlite_late(db)) {
            query_end(&q);
            return false;
        }
    }
    query_end(&q);
    return true;
}

/* Choosing */

static int by_conversation(const void *a, const void *b)
{
    const struct store_hit *x = a, *y = b;

    if (x->conversation != y->conversation)
        return x->conversation < y->conversation ? -1 : 1;
    return (x->score < y->score) - (x->score > y->score);
}

static int by_score(const void *a, const void *b)
{
    const struct store_hit *x = a, *y = b;

    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return (x->at_us < y->at_us) - (x->at_us > y->at_us);
}

/* The best message of each conversation stands for it, with the score of its title on top; or the title alone. */
static void choose(struct store_search *s)
{
    size_t n = 0;

    if (s->n_hits == 0)
        return;
    qsort(s->hits, s->n_hits, sizeof(*s->hits), by_conversation);
    for (size_t i = 0, next; i < s->n_hits; i = next) {
        struct store_hit best = s->hits[i];
        double title = 0;
        for (next = i; next < s->n_hits && s->hits[next].conversation == best.conversation; next++) {
            if (s->hits[next].message == 0)
                title = s->hits[next].score;
            else if (best.message == 0)
                best = s->hits[next];
        }
        if (best.message != 0)
            best.score += title;
        s->hits[n++] = best;
    }
    qsort(s->hits, n, sizeof(*s->hits), by_score);
    s->n_hits = n < s->limit ? n : s->limit;
}

/* Showing: the words are looked for in the text again, token by token as FTS5 did. */

struct wanted { /* a word of the query, as tokens that follow each other */
    size_t first, n;
};

struct token {       /* of the query, and how far the text has come to it */
    size_t at, len;  /* in looked.bytes */
    int place, from; /* of the text: the token that was this one last, and where the word began; -1: none was */
};

struct look {
    struct wanted words[SEARCH_WORDS_MAX];
    size_t n_words;
    struct token tokens[TOKENS_MAX];
    size_t n_tokens;
    struct buf bytes; /* the tokens' */
    int place;        /* in the text */
    struct search_range ranges[SEARCH_WORDS_MAX * RANGES_MAX];
    size_t n_ranges;
    unsigned found[SEARCH_WORDS_MAX]; /* ranges of each word */
};

static int on_query_token(void *data, int flags, const char *token, int len, int start, int end)
{
    struct look *l = data;
    (void)flags, (void)start, (void)end;

    if (l->n_tokens == TOKENS_MAX)
        return SQLITE_DONE;
    l->tokens[l->n_tokens++] = (struct token){l->bytes.len, (size_t)len, -1, 0};
    buf_append(&l->bytes, token, (size_t)len);
    return SQLITE_OK;
}

static struct look *look_new(struct store_db *db, const struct search_query *query)
{
    struct look *l = NEW(struct look);

    buf_init(&l->bytes, SIZE_MAX); /* SEARCH_QUERY_MAX bounds it */
    for (size_t i = 0; i < query->n; i++) {
        struct wanted *w = &l->words[l->n_words];
        w->first = l->n_tokens;
        sqlite_tokens(db, true, query->words[i].text, query->words[i].len, on_query_token, l);
        w->n = l->n_tokens - w->first;
        l->n_words += w->n > 0;
    }
    return l;
}

static struct look *look_free(struct look *l)
{
    buf_done(&l->bytes);
    free(l);
    return NULL;
}

static void note_range(struct look *l, size_t word, int from, int to)
{
    if (l->found[word]++ < RANGES_MAX)
        l->ranges[l->n_ranges++] = (struct search_range){(size_t)from, (size_t)to, (unsigned)word};
}

/* From its last token to its first, so that one token of the text is not two of the word. */
static void match(struct look *l, size_t word, const char *token, int len, int start, int end)
{
    const struct wanted *w = &l->words[word];

    for (size_t i = w->n; i-- > 0;) {
        struct token *t = &l->tokens[w->first + i], *before = i > 0 ? t - 1 : NULL;
        if (t->len != (size_t)len || memcmp(l->bytes.data + t->at, token, (size_t)len) != 0)
            continue;
        if (before && before->place != l->place - 1)
            continue;
        t->place = l->place;
        t->from = before ? before->from : start;
        if (i + 1 == w->n)
            note_range(l, word, t->from, end);
    }
}

static int on_text_token(void *data, int flags, const char *token, int len, int start, int end)
{
    struct look *l = data;
    bool more = false;

    if (!(flags & FTS5_TOKEN_COLOCATED))
        l->place++;
    for (size_t i = 0; i < l->n_words; i++) {
        match(l, i, token, len, start, end);
        more = more || l->found[i] < RANGES_MAX;
    }
    return more ? SQLITE_OK : SQLITE_DONE;
}

static void look_at(struct store_db *db, struct look *l, const char *text, size_t len)
{
    l->place = 0;
    l->n_ranges = 0;
    memset(l->found, 0, sizeof(l->found));
    for (size_t i = 0; i < l->n_tokens; i++)
        l->tokens[i].place = -1;
    sqlite_tokens(db, false, text, len, on_text_token, l);
}

static void put_snippet(struct store_db *db, struct look *l, struct buf *out, const struct store_bytes *text)
{
    struct buf line;
    const char *s = text->len > 0 ? (const char *)text->data : "";

    buf_init(&line, SNIPPET_MAX);
    look_at(db, l, s, text->len);
    search_snippet(s, text->len, l->ranges, l->n_ranges, &line);
    mp_put_cstr(out, "snippet");
    mp_put_str(out, buf_cstr(&line), line.len);
    buf_done(&line);
}

/* What has gone since it was found is not shown; its number may be another user's now. */
static void show(struct store_db *db, struct store_job *job, struct look *l, const struct store_hit *h)
{
    struct buf *out = &job->out;
    struct query q = query(db, "SELECT c.id, c.title, m.id, iif(m.num IS NULL, c.title, m.text) FROM conversation c"
                               " LEFT JOIN message m ON m.num = ?2 AND m.conversation = c.num"
                               " WHERE c.num = ?1 AND c.uid = ?3 AND c.state = " CONVERSATION_LIVE
                               " AND (?2 = 0 OR m.num IS NOT NULL)");

    query_int(&q, h->conversation);
    query_int(&q, h->message);
    query_int(&q, job->search.uid);
    if (!query_next(&q))
        return;
    struct store_bytes text = query_get(&q, 3);
    mp_put_map(out, 6);
    mp_put_entry(out, "conversation", query_get_text(&q, 0));
    mp_put_entry(out, "message", query_get_text(&q, 2));
    mp_put_entry(out, "title", query_get_text(&q, 1));
    put_snippet(db, l, out, &text);
    mp_put_cstr(out, "score");
    mp_put_double(out, h->score);
    mp_put_entry_time(out, "created", h->at_us);
    job->n_out++;
    query_end(&q);
}

static enum store_step show_slice(struct store_db *db, struct store_job *job, const struct search_query *query)
{
    struct store_search *s = &job->search;
    struct look *l = look_new(db, query);

    while (s->shown < s->n_hits && db->fault == SQLITE_OK && !job->out.failed) {
        show(db, job, l, &s->hits[s->shown++]);
        if (sqlite_late(db))
            break;
    }
    look_free(l);
    return s->shown < s->n_hits && db->fault == SQLITE_OK && !job->out.failed ? STORE_STEP_MORE : STORE_STEP_DONE;
}

/* The job */

/* The one place that says what comes next. */
static void next_step(struct store_search *s)
{
    s->before = 0;
    switch (s->step) {
    case STORE_SEARCH_MESSAGES:
        s->step = STORE_SEARCH_TITLES;
        s->n_messages = s->n_hits;
        break;
    case STORE_SEARCH_TITLES:
        s->step = STORE_SEARCH_SHOW;
        choose(s);
        break;
    case STORE_SEARCH_SHOW: break;
    }
}

static enum store_step search_slice(struct store_db *db, struct store_job *job, const struct search_query *query)
{
    struct store_search *s = &job->search;
    struct buf expression;
    bool done = true;

    buf_init(&expression, EXPRESSION_MAX);
    search_query_express(query, &expression);
    sqlite_sieve_begin(db, s);
    while (done && s->step != STORE_SEARCH_SHOW && db->fault == SQLITE_OK)
        if ((done = gather_slice(db, s, buf_cstr(&expression))))
            next_step(s);
    sqlite_sieve_end(db);
    buf_done(&expression);
    return done ? show_slice(db, job, query) : STORE_STEP_MORE;
}

enum store_step sqlite_search(struct store_db *db, struct store_job *job)
{
    const struct store_search *s = &job->search;
    struct search_query query;

    job->code = search_query_parse((const char *)s->query.data, s->query.len, &query, &job->error);
    return job->code == ERR_NONE && query.n > 0 ? search_slice(db, job, &query) : STORE_STEP_DONE;
}
