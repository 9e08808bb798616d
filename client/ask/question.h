/* What ask sends as the params of `chat`, and of `compare`. */
#ifndef CLIENT_ASK_QUESTION_H
#define CLIENT_ASK_QUESTION_H

#include "lib/base/buf.h"

struct again;
struct attach;
struct turns;

/* Borrowed strings, NULL where not given. */
struct question {
    const char *prompt;
    size_t prompt_len;
    const char *model, *system, *cache;
    const char *const *models; /* those that are compared: instead of the model */
    unsigned n_models;
    const char *conversation; /* NULL: neither question nor answer is stored, but where there is a parent */
    const char *parent;       /* the message there that it follows; alone it says in which conversation */
    const char *edit;         /* the question there whose place it takes, as its sibling */
    const char *regenerate;   /* the answer there that is given once more; there is no prompt then */
    const struct turns *said; /* what went before, where nothing is stored */
    const char *template;     /* a prompt of the library, of which the prompt is the input then */
    const char *const *vars;  /* its values, each NAME=VALUE */
    unsigned n_vars;
    const char *budget;               /* a name for the ledger */
    const struct buf *schema;         /* a packed map that the answer is to fit */
    const struct again *again;        /* what was answered to the prompt, and is asked then; where nothing is stored */
    const struct attach *attachments; /* NULL: none */
    bool detach;                      /* the reply is the answer's id, at once; else events come */
};

/* Appends the params, with where we run. */
void question_put(struct buf *b, const struct question *q);

/* Appends the params of `prompt.render`, which tells what the template makes of the prompt. */
void question_put_render(struct buf *b, const struct question *q);

/* Appends the prompt with what is attached as a message. */
void question_put_message(struct buf *b, const struct question *q);

#endif
