/* Lists of models: where an API has its own, and where in it stands what struct listed holds. A form is a table; the
 * code in list.c knows none of the providers.
 *
 * A path of members has dots: "top_provider.max_completion_tokens". Where there are several, the first that holds
 * something of the right type counts. */
#ifndef ASKD_PROVIDER_LIST_H
#define ASKD_PROVIDER_LIST_H

#include "daemon/provider/jsonx.h"
#include "daemon/provider/provider.h"

#define LIST_PATHS 6         /* with the NULL at their end */
#define LIST_NAME_MAX 256    /* bytes of a model's name: a longer one is none, a longer title is cut */
#define LIST_PAGE_MAX 2048   /* bytes of what the next page is asked for by; a longer one is none */
#define LIST_OVERRIDES_MAX 8 /* conditional prices of a model; those behind them are not read */

/* What a member tells: a flag by its truth; where there is a word, a string by being it, a list by holding it. */
enum list_fact {
    LIST_TOOLS,
    LIST_REASONING,
    LIST_INPUT, /* bits of enum modality; who is told to take them or not takes text in any case */
    LIST_OUTPUT /* likewise, but for the text */
};

struct list_mark {
    const char *path; /* NULL ends the table */
    const char *word; /* NULL: a flag */
    enum list_fact fact;
    unsigned bits; /* for LIST_INPUT and LIST_OUTPUT */
};

/* What a price has rates for; tables of their names have this order. */
enum list_rate {
    LIST_RATE_INPUT,
    LIST_RATE_OUTPUT,
    LIST_RATE_CACHED,
    LIST_RATE_WRITE,
    LIST_RATE_REQUEST,
    LIST_RATE_IMAGE,
    LIST_RATE_AUDIO_IN,
    LIST_RATE_AUDIO_OUT,
    LIST_RATES
};

struct list_prices { /* in US dollars */
    const char *at;  /* the object that holds them; NULL: the row itself */
    unsigned places; /* decimal places behind a rate as told that make it billionths for a million tokens */
    const char *rates[LIST_RATES]; /* members, NULL: not told; request and image are of one each */
    const char *overrides;         /* a list of others with their conditions (list_price.c); NULL if there is none */
    const char *above;             /* how long a prompt must be for the rates below; NULL: for any */
    const char *long_rates[LIST_RATES];
};

struct list_form {
    const char *path; /* with its query: pages as large as they may be */
    const char *key;  /* of the list; a bare list is one too */
    const char *page; /* field of the query that asks for a further page; NULL: there are no pages */
    const char *next; /* member that tells its value */
    const char *more; /* a flag that there is a further page; NULL: where next is told */
    const char *id;
    const char *prefix; /* taken off the id; NULL if none */
    const char *title;
    const char *context_window[LIST_PATHS], *max_output[LIST_PATHS];
    const char *input, *output;       /* lists of modalities by their names */
    const struct list_mark *marks;    /* NULL if there are none */
    const struct list_prices *prices; /* likewise */
};

/* Appends the rows of prices that a model's row tells. */
void list_price_read(const struct list_prices *form, const json_t *row, struct listed *l);

#endif
