#include "daemon/engine/window.h"
#include "lib/base/alloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define uthash_fatal(msg) abort()
#include <uthash.h>

static const char summary_head[] = "[What was said before, summarized because it no longer fits:]\n";
static const char summary_end[] = "\n[End of the summary.]\n\n";

void window_question_init(struct window_question *q, const struct chat_request *chat)
{
    *q = (struct window_question){.chat = chat, .at_most = tokens_at_most(chat)};
}

void window_question_done(struct window_question *q)
{
    for (size_t f = 0; f < TOKEN_FAMILIES; f++)
        free(q->milli[f]);
    free(q->turns);
    *q = (struct window_question){0};
}

/* -- counting -- */

static int64_t to_tokens(int64_t milli)
{
    return (milli + TOKENS_MILLI / 2) / TOKENS_MILLI;
}

static void count(struct window_question *q, enum token_family f)
{
    if (q->milli[f])
        return;
    q->milli[f] = xcalloc(q->chat->n_messages, sizeof *q->milli[f]);
    q->sum[f] = tokens_milli_around(f, q->chat);
    for (size_t i = 0; i < q->chat->n_messages; i++) {
        q->milli[f][i] = tokens_milli_of_message(f, &q->chat->messages[i]);
        q->sum[f] += q->milli[f][i];
    }
}

static bool stays(const struct message *m)
{
    return m->role == ROLE_SYSTEM;
}

/* Thousandths of a token of those that stay behind where the first that stays is message `to`. */
static int64_t left_behind(const struct window_question *q, enum token_family f, size_t from, size_t to)
{
    int64_t milli = 0;
    for (size_t i = from; i < to; i++)
        milli += stays(&q->chat->messages[i]) ? 0 : q->milli[f][i];
    return milli;
}

static int64_t of_summary(const struct window_question *q, enum token_family f)
{
    return q->summary ? tokens_of_text(f, summary_head, strlen(summary_head)) +
                            tokens_of_text(f, q->summary, strlen(q->summary)) +
                            tokens_of_text(f, summary_end, strlen(summary_end))
                      : 0;
}

/* -- turns -- */

struct call {
    const char *id;
    size_t at;
    UT_hash_handle hh;
};

static size_t count_calls(const struct chat_request *chat)
{
    size_t n = 0;
    for (size_t i = 0; i < chat->n_messages; i++)
        for (size_t j = 0; j < chat->messages[i].n_parts; j++)
            n += chat->messages[i].parts[j].kind == PART_TOOL_CALL;
    return n;
}

/* depth[i]: by how much the number of calls that wait for a result changes from message i - 1 to i, as far as a result
 * comes. A cut there would part them. */
static void find_pairs(const struct chat_request *chat, int *depth)
{
    struct call *calls = NULL, *found, *all = xcalloc(count_calls(chat) + 1, sizeof *all);
    size_t n = 0;
    for (size_t i = 0; i < chat->n_messages; i++) {
        for (size_t j = 0; j < chat->messages[i].n_parts; j++) {
            const struct part *p = &chat->messages[i].parts[j];
            if (!p->id || (p->kind != PART_TOOL_CALL && p->kind != PART_TOOL_RESULT))
                continue;
            HASH_FIND(hh, calls, p->id, strlen(p->id), found);
            if (p->kind == PART_TOOL_CALL && found) {
                found->at = i;
            } else if (p->kind == PART_TOOL_CALL) {
                struct call *c = &all[n++];
                *c = (struct call){.id = p->id, .at = i};
                HASH_ADD_KEYPTR(hh, calls, c->id, strlen(c->id), c);
            } else if (found) {
                depth[found->at + 1]++;
                depth[i + 1]--;
            }
        }
    }
    HASH_CLEAR(hh, calls);
    free(all);
}

static bool is_asking(const struct message *m)
{
    for (size_t i = 0; m->role == ROLE_USER && i < m->n_parts; i++)
        if (m->parts[i].kind != PART_TOOL_RESULT)
            return true;
    return false;
}

static void find_turns(struct window_question *q)
{
    const struct chat_request *chat = q->chat;
    if (q->turns)
        return;
    q->turns = xcalloc(chat->n_messages, sizeof *q->turns);
    int *depth = xcalloc(chat->n_messages + 1, sizeof *depth);
    find_pairs(chat, depth);
    bool asking = false; /* what the user says in several messages is one turn */
    int open = 0;
    for (size_t i = 0; i < chat->n_messages; i++) {
        const struct message *m = &chat->messages[i];
        open += depth[i];
        q->turns[i] = is_asking(m) && !asking && open == 0;
        asking = stays(m) ? asking : is_asking(m);
    }
    free(depth);
}

/* The first turn from message `from` on; SIZE_MAX: there is none. */
static size_t next_turn(const struct window_question *q, size_t from)
{
    for (size_t i = from; i < q->chat->n_messages; i++)
        if (q->turns[i])
            return i;
    return SIZE_MAX;
}

/* -- what fits -- */

/* Of an answer that may take all of a window nothing could be asked: half of it is left to the question. */
static int64_t reserve(const struct chat_request *chat, int64_t window, int64_t max_output)
{
    int64_t most = chat->has_max_tokens ? window / 2 : window / 4;
    int64_t want = chat->has_max_tokens ? chat->max_tokens : WINDOW_RESERVE;
    if (max_output > 0 && max_output < want)
        want = max_output;
    return want < most ? want : most;
}

static int64_t margin(int64_t tokens)
{
    return tokens * WINDOW_MARGIN / 100;
}

static bool fits(int64_t tokens, int64_t room)
{
    return tokens + margin(tokens) <= room;
}

/* Whatever the estimate's error. What the answer may take counts where the asker has said it. */
static bool outgrows(const struct window_question *q, const struct window_model *m, int64_t tokens)
{
    int64_t answer = q->chat->has_max_tokens ? reserve(q->chat, m->window, m->max_output) : 0;
    return tokens - margin(tokens) + answer > m->window;
}

static bool is_full(int64_t tokens, int64_t window, unsigned warn)
{
    return warn > 0 && tokens >= window * (int64_t)warn / 100;
}

bool window_easy(const struct window_question *q, int64_t window, unsigned warn)
{
    return window == 0 || (q->at_most < window && fits(q->at_most, window - reserve(q->chat, window, 0)) &&
                           !is_full(q->at_most, window, warn));
}

/* -- cutting -- */

struct cutting {
    struct window_question *q;
    const struct window_model *m;
    int64_t room; /* tokens */
};

static int64_t rest(const struct cutting *c, size_t first, bool with_summary)
{
    enum token_family f = c->m->family;
    return to_tokens(c->q->sum[f] - left_behind(c->q, f, 0, first)) + (with_summary ? of_summary(c->q, f) : 0);
}

/* The first turn from message `from` to `most` with which the rest fits, else the last one; SIZE_MAX: there is none. */
static size_t find_place(const struct cutting *c, size_t from, size_t most, bool with_summary)
{
    enum token_family f = c->m->family;
    size_t last = SIZE_MAX, at = 0;
    int64_t extra = with_summary ? of_summary(c->q, f) : 0, kept = c->q->sum[f];
    for (size_t t = next_turn(c->q, from); t <= most && t != SIZE_MAX; t = next_turn(c->q, t + 1)) {
        kept -= left_behind(c->q, f, at, t);
        at = last = t;
        if (fits(to_tokens(kept) + extra, c->room))
            break;
    }
    return last;
}

static size_t count_left(const struct chat_request *chat, size_t first)
{
    size_t n = 0;
    for (size_t i = 0; i < first; i++)
        n += !stays(&chat->messages[i]);
    return n;
}

static void cut_at(const struct cutting *c, size_t first, bool with_summary, struct window_cut *ret)
{
    const struct window_question *q = c->q;
    ret->first = first;
    ret->left_out = count_left(q->chat, first);
    ret->summarized = with_summary ? count_left(q->chat, q->reach) : 0;
    ret->estimated = rest(c, first, with_summary);
    ret->left_tokens = to_tokens(left_behind(q, c->m->family, 0, first));
    ret->verdict = outgrows(q, c->m, ret->estimated) ? WINDOW_OUTGROWN : WINDOW_CUT;
}

/* False: there is nothing that could stay behind. */
static bool cut(const struct cutting *c, bool summarize, struct window_cut *ret)
{
    bool with_summary = summarize && c->q->summary;
    find_turns(c->q);
    size_t first = find_place(c, with_summary ? c->q->reach : 1, SIZE_MAX, with_summary);
    if (with_summary && (first == SIZE_MAX || !fits(rest(c, first, true), c->room))) {
        with_summary = false;
        first = find_place(c, 1, SIZE_MAX, false);
    }
    if (first == SIZE_MAX || count_left(c->q->chat, first) == 0)
        return false;
    cut_at(c, first, with_summary, ret);
    return true;
}

static struct cutting cutting_of(struct window_question *q, const struct window_model *m)
{
    return (struct cutting){q, m, m->window - reserve(q->chat, m->window, m->max_output)};
}

void window_decide(struct window_question *q, const struct window_model *m, enum context_policy policy, unsigned warn,
                   struct window_cut *ret)
{
    *ret = (struct window_cut){.verdict = WINDOW_FITS, .window = m->window, .estimated = -1};
    if (window_easy(q, m->window, warn))
        return;
    count(q, m->family);
    const struct cutting c = cutting_of(q, m);
    ret->estimated = to_tokens(q->sum[m->family]);
    if (policy != CONTEXT_ERROR && !fits(ret->estimated, c.room) && cut(&c, policy == CONTEXT_SUMMARIZE, ret))
        return;
    if (outgrows(q, m, ret->estimated))
        ret->verdict = WINDOW_OUTGROWN;
    else if (is_full(ret->estimated, m->window, warn))
        ret->verdict = WINDOW_FULL;
}

size_t window_reach(struct window_question *q, const struct window_model *m, const struct window_cut *made, size_t most)
{
    struct cutting c = cutting_of(q, m);
    if (made->verdict != WINDOW_CUT || (made->summarized && made->first == q->reach))
        return 0;
    c.room = c.room * WINDOW_HALF / 100;
    size_t found = find_place(&c, q->reach + 1, most, false);
    return found == SIZE_MAX ? 0 : found;
}

/* -- what is sent -- */

/* The summary goes into the message that it stands before: several templates take no two messages of the user in a
 * row. */
static void put_summary(struct window_view *v, struct message *first, const char *summary)
{
    bool joins = first->n_parts > 0 && first->parts[0].kind == PART_TEXT;
    const struct part *old = joins ? &first->parts[0] : NULL;
    size_t head = strlen(summary_head), middle = strlen(summary), end = strlen(summary_end);
    size_t own = old ? old->text_len : 0, n = first->n_parts + (joins ? 0 : 1);
    char *at = v->text = xcalloc(head + middle + end + own + 1, 1);
    at = mempcpy(at, summary_head, head);
    at = mempcpy(at, summary, middle);
    at = mempcpy(at, summary_end, end);
    if (own)
        memcpy(at, old->text, own);
    v->parts = xcalloc(n, sizeof *v->parts);
    memcpy(v->parts + (joins ? 0 : 1), first->parts, first->n_parts * sizeof *v->parts);
    v->parts[0].kind = PART_TEXT;
    v->parts[0].text = v->text;
    v->parts[0].text_len = head + middle + end + own;
    first->parts = v->parts;
    first->n_parts = n;
}

struct window_view *window_view_new(const struct window_question *q, const struct window_cut *cut)
{
    const struct chat_request *chat = q->chat;
    struct window_view *v = NEW(struct window_view);
    size_t n = 0;
    v->chat = *chat;
    v->chat.messages = xcalloc(chat->n_messages, sizeof *v->chat.messages);
    for (size_t i = 0; i < chat->n_messages; i++) {
        if (i < cut->first && !stays(&chat->messages[i]))
            continue;
        v->chat.messages[n++] = chat->messages[i];
        if (i == cut->first && cut->summarized)
            put_summary(v, &v->chat.messages[n - 1], q->summary);
    }
    v->chat.n_messages = n;
    return v;
}

struct window_view *window_view_free(struct window_view *v)
{
    if (!v)
        return NULL;
    free(v->chat.messages);
    free(v->parts);
    free(v->text);
    free(v);
    return NULL;
}

/* -- what is said -- */

#define FIGURE_MAX 32

/* "9,100": an estimate's last digits tell nothing. */
static const char *figure(int64_t n, bool exact, char ret[FIGURE_MAX])
{
    char digits[24];
    int64_t step = exact || n < 1000 ? 1 : n < 100000 ? 100 : 1000;
    int len = snprintf(digits, sizeof digits, "%lld", (long long)((n + step / 2) / step * step)), at = 0;
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            ret[at++] = ',';
        ret[at++] = digits[i];
    }
    ret[at] = 0;
    return ret;
}

enum error_code window_error(const struct window_cut *cut, const char *model, enum context_policy policy,
                             struct error *err)
{
    char tokens[FIGURE_MAX], window[FIGURE_MAX];
    bool whole = cut->left_out == 0;
    const char *help = policy == CONTEXT_ERROR
                           ? "ask in a new conversation, or with a context_policy of drop_oldest or summarize"
                           : "ask for less at once";
    return error_set(err, ERR_CONTEXT_LENGTH_EXCEEDED,
                     "%s about %s tokens, and %s has a window of %s for it and its answer: %s, or take a model with a "
                     "larger window",
                     whole ? "this is" : "without what was said before it is still",
                     figure(cut->estimated, false, tokens), model, figure(cut->window, true, window), help);
}

static const char *messages(size_t n)
{
    return n == 1 ? "message" : "messages";
}

static void say_cut(const struct window_cut *cut, const char *model, char *said)
{
    char tokens[FIGURE_MAX], window[FIGURE_MAX], only[64] = "";
    size_t more = cut->left_out - cut->summarized;
    if (cut->summarized && more)
        snprintf(only, sizeof only, " (the last %zu of them: nothing does)", more);
    snprintf(said, WINDOW_SAID_MAX, "%s the %zu oldest %s%s, about %s tokens: all of it outgrows %.128s's window of %s",
             cut->summarized ? "a summary stands for" : "left out", cut->left_out, messages(cut->left_out), only,
             figure(cut->left_tokens, false, tokens), model, figure(cut->window, true, window));
}

void window_say(const struct window_cut *cut, const char *model, char said[WINDOW_SAID_MAX])
{
    said[0] = 0;
    if (cut->verdict == WINDOW_CUT)
        say_cut(cut, model, said);
    else if (cut->verdict == WINDOW_FULL)
        snprintf(said, WINDOW_SAID_MAX, "this conversation fills %lld %% of %.128s's window",
                 (long long)(cut->estimated * 100 / cut->window), model);
}
