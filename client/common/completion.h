/* What a shell offers for the word that is being typed. The shell runs `ask --completion WORD...` with the words behind
 * the program's name up to the cursor; the last one is being typed, and may be empty. The first line of the output says
 * what the shell itself offers besides: nothing, files or folders. Each further one is a word that could stand there in
 * its place, and behind a tab what it is.
 *
 * What the daemon has is asked only of one that runs already, and within COMPLETION_MS, or $ASKD_COMPLETION_MS: after that, and where anything
 * goes wrong, there is nothing to offer, and nothing is said. */
#ifndef CLIENT_COMMON_COMPLETION_H
#define CLIENT_COMMON_COMPLETION_H

#include "client/common/offers.h"
#include "client/common/option.h"
#include "client/common/out.h"

enum { COMPLETION_MS = 40, COMPLETION_MS_MAX = 60000 };

/* Is the program asked what to offer? The words are argv + 2, argc - 2 of them. */
bool completion_wanted(int argc, char **argv);

/* The options of a program, by their number; false behind the last one. */
typedef bool completion_row(const void *data, size_t i, struct option_row *ret);

enum completion_at { COMPLETION_OPTION, COMPLETION_VALUE, COMPLETION_ARGUMENT };

struct completion {
    struct out *out;
    completion_row *row;
    const void *row_data;
    enum completion_at at;
    struct option_row option; /* whose value is typed */
    const char *word;         /* what of the last word is being typed */
    size_t kept;              /* bytes of it that stand before what is offered: "--model=" */
    const char *typed;        /* the last word */
    int n_args;               /* words before it that are neither options nor their values */
    char **args;
    const char *socket; /* as --socket says; NULL: it says nothing */
};

/* Reads the words, which it puts in another order. */
void completion_read(struct completion *c, struct out *out, completion_row *row, const void *row_data, int n,
                     char **words);

/* -- what can be offered; one of these is called, once -- */

void completion_offer_nothing(struct completion *c);
/* Options with that beginning; only those for which takes is true. NULL: all. */
void completion_offer_options(struct completion *c, bool (*takes)(const void *data, size_t i));
/* What the value of an option is, or an argument, by the name it has in the usage: "MODEL". */
void completion_offer_value(struct completion *c, const char *option, const char *value);
void completion_offer_from(struct completion *c, enum offers kind);
/* "a, b, c"; list: of which several may be typed, with commas between. */
void completion_offer_words(struct completion *c, const char *words, bool list);

/* Or some words: first this, then each; about may be NULL. */
void completion_begin(struct completion *c, const char *besides);
void completion_add(struct completion *c, const char *value, const char *about);

#endif
