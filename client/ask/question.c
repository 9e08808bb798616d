#include "client/ask/question.h"
#include "client/ask/again.h"
#include "client/ask/attach.h"
#include "client/ask/turns.h"
#include "client/common/where.h"
#include "lib/proto/mp.h"
#include <string.h>

/* How many entries that are. */
static uint32_t put_keeping(struct buf *b, const struct question *q)
{
    if (q->conversation != NULL) {
        mp_put_entry(b, "conversation", q->conversation);
    } else if (q->parent == NULL && q->edit == NULL && q->regenerate == NULL) { /* which alone say where it is kept */
        mp_put_cstr(b, "store");
        mp_put_bool(b, false);
    } else {
        return 0;
    }
    return 1;
}

static void put_message(struct buf *b, const char *role, const char *text, size_t len)
{
    mp_put_map(b, 2);
    mp_put_entry(b, "role", role);
    mp_put_cstr(b, "content");
    mp_put_str(b, text, len);
}

/* With what was attached, as the daemon makes it of prompt and attachments. */
void question_put_message(struct buf *b, const struct question *q)
{
    const struct attach *a = q->attachments;
    if (a == NULL || a->n == 0) {
        put_message(b, "user", q->prompt, q->prompt_len);
        return;
    }
    mp_put_map(b, 2);
    mp_put_entry(b, "role", "user");
    mp_put_cstr(b, "content");
    mp_put_array(b, a->n + (q->prompt_len > 0));
    (void)buf_append(b, a->parts.data, a->parts.len);
    if (q->prompt_len == 0)
        return;
    mp_put_map(b, 2);
    mp_put_entry(b, "type", "text");
    mp_put_cstr(b, "text");
    mp_put_str(b, q->prompt, q->prompt_len);
}

/* All that was said goes before the prompt; that makes messages of both. */
static void put_asked(struct buf *b, const struct question *q)
{
    const struct again *again = q->again;
    const uint32_t before = q->said != NULL ? q->said->n : 0;
    if (again == NULL && before == 0) {
        mp_put_cstr(b, "prompt");
        mp_put_str(b, q->prompt, q->prompt_len);
        return;
    }
    mp_put_cstr(b, "messages");
    mp_put_array(b, before + (again != NULL ? 3 : 1));
    if (before > 0)
        (void)buf_append(b, q->said->messages.data, q->said->messages.len);
    question_put_message(b, q);
    if (again == NULL)
        return;
    put_message(b, "assistant", (const char *)again->answer.data, again->answer.len);
    put_message(b, "user", (const char *)again->prompt.data, again->prompt.len);
}

/* They are named where the prompt is; in messages they stand already. */
static bool names_attachments(const struct question *q)
{
    return q->attachments != NULL && q->attachments->n > 0 && q->again == NULL && (q->said == NULL || q->said->n == 0);
}

static void put_models(struct buf *b, const struct question *q)
{
    mp_put_cstr(b, "models");
    mp_put_array(b, q->n_models);
    for (unsigned i = 0; i < q->n_models; i++)
        mp_put_cstr(b, q->models[i]);
}

static void put_vars(struct buf *b, const struct question *q)
{
    mp_put_cstr(b, "vars");
    mp_put_map(b, q->n_vars);
    for (unsigned i = 0; i < q->n_vars; i++) {
        const char *is = strchr(q->vars[i], '=');
        mp_put_str(b, q->vars[i], (size_t)(is - q->vars[i]));
        mp_put_cstr(b, is + 1);
    }
}

void question_put(struct buf *b, const struct question *q)
{
    const struct {
        const char *key, *value;
    } given[] = {{"model", q->model},   {"system", q->system}, {"cache", q->cache},
                 {"parent", q->parent}, {"edit", q->edit},     {"regenerate", q->regenerate}};
    enum { GIVEN = sizeof(given) / sizeof(given[0]), ALWAYS = 2 };
    struct where where;
    uint32_t n = ALWAYS;
    where_find(&where);
    size_t at = mp_open_map(b);
    mp_put_cstr(b, "context");
    where_put(b, &where, q->budget);
    n += put_keeping(b, q);
    if (q->regenerate == NULL) {
        put_asked(b, q);
        n++;
    }
    mp_put_cstr(b, q->detach ? "detach" : "stream"); /* the first event tells whom to cancel */
    mp_put_bool(b, true);
    for (size_t i = 0; i < GIVEN; i++) {
        if (given[i].value == NULL)
            continue;
        mp_put_entry(b, given[i].key, given[i].value);
        n++;
    }
    if (q->n_models > 0) {
        put_models(b, q);
        n++;
    }
    if (q->template != NULL) {
        mp_put_entry(b, "template", q->template);
        put_vars(b, q);
        n += 2;
    }
    if (q->schema != NULL) {
        mp_put_cstr(b, "schema");
        (void)buf_append(b, q->schema->data, q->schema->len);
        n++;
    }
    if (q->regenerate == NULL && names_attachments(q)) {
        mp_put_cstr(b, "attachments");
        attach_put(b, q->attachments);
        n++;
    }
    mp_close_map(b, at, n);
}

void question_put_render(struct buf *b, const struct question *q)
{
    mp_put_map(b, q->prompt_len > 0 ? 3 : 2);
    mp_put_entry(b, "name", q->template);
    put_vars(b, q);
    if (q->prompt_len == 0)
        return;
    mp_put_cstr(b, "input");
    mp_put_str(b, q->prompt, q->prompt_len);
}
