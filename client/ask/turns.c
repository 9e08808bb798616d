#include "client/ask/turns.h"
#include "lib/proto/mp.h"

void said_turns_init(struct turns *t)
{
    *t = (struct turns){.n = 0};
    buf_init(&t->messages, TURNS_MAX);
}

void said_turns_done(struct turns *t)
{
    buf_done(&t->messages);
}

void said_turns_clear(struct turns *t)
{
    buf_clear(&t->messages);
    t->n = 0;
    t->before = 0;
}

bool said_turns_add(struct turns *t, const struct buf *question, const struct buf *answer)
{
    const size_t before = t->messages.len;
    (void)buf_append(&t->messages, question->data, question->len);
    mp_put_map(&t->messages, 2);
    mp_put_entry(&t->messages, "role", "assistant");
    mp_put_cstr(&t->messages, "content");
    mp_put_str(&t->messages, answer->len > 0 ? (const char *)answer->data : "", answer->len);
    if (t->messages.failed) {
        t->messages.len = before;
        t->messages.failed = false;
        return false;
    }
    t->before = before;
    t->n += 2;
    return true;
}

void said_turns_drop_last(struct turns *t)
{
    if (t->n == 0 || t->before == t->messages.len)
        return;
    t->messages.len = t->before;
    t->n -= 2;
}
