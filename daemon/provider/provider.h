/* Adapters: one per API. Pure: values and bytes in, values and events out; no sockets, no clock, no globals.
 *
 * An adapter is a row of `struct provider_ops`: a request builder (on build.h) and a grammar (on parser.h). A dialect
 * of openai-chat is a row of openai_dialects.c. Adding either touches no other file but the table in adapters.c.
 *
 * A parser is fed a response's body in any pieces and emits events into a sink while it runs; the events' strings live
 * for the call only. It ends in exactly one EVENT_DONE (the last event, after any EVENT_USAGE) or an error value, never
 * both; the error is not emitted, it is returned by feed or finish, and the caller decides about retries. */
#ifndef ASKD_PROVIDER_PROVIDER_H
#define ASKD_PROVIDER_PROVIDER_H

#include "lib/base/exchange.h"
#include "lib/chat/embed.h"
#include "lib/chat/event.h"
#include "lib/chat/listed.h"
#include "lib/chat/request.h"

struct secret;

#define PROVIDER_EVENT_MAX (16u << 20) /* bytes of one provider event, or of a whole answer that does not stream */

/* Where a question goes, as the configuration tells. All borrowed for the call. */
struct provider_target {
    const char *base_url;
    const char *dialect;        /* name of a dialect row, NULL: generic */
    const char *model;          /* the provider's own name of the model */
    struct secret *key;         /* NULL if the provider wants none */
    const char *const *headers; /* "Name: value", NULL-ended; may be NULL */
    const struct gap_form *gap; /* the form that a gap is asked for in; NULL: the question goes out as a chat */
    const char *conversation;   /* its id, NULL if the question is in none */
};

struct embed_form;
struct gap_form;
struct grammar;
struct list_form;
struct provider_parser;

struct provider_ops {
    const char *api;           /* "openai-chat" */
    bool dialects;             /* the rows of openai_dialects.c say more */
    const char *usual_dialect; /* whose the usual address is, where there are dialects */
    const char *usual_url;     /* where it is mostly found; NULL if there is no such place */
    const char *path;          /* what a base URL stands before: that of a question, or its beginning */
    const char *accept;
    const char *key_header;         /* the key goes into it as it is; NULL: "Authorization: Bearer KEY" */
    const char *token_mark;         /* a base URL that holds this takes a bearer token instead; NULL if there is none */
    const char *const *headers;     /* "Name: value" on every request, NULL-ended; may be NULL */
    const struct list_form *list;   /* how its models are listed; a dialect may have another */
    const struct embed_form *embed; /* how it is asked for vectors; NULL: it has none */
    const struct gap_form
        *gaps; /* how it is asked for what goes into a gap; a dialect may have others; NULL: in words */
    const struct grammar *grammar;

    /* chat request to HTTP request. Fills *x (initialized by the caller, who ends it also on failure). Always asks for
     * a stream. left_out (may be NULL) gets the names of what was asked for and is not sent, since the API does not
     * take it: "seed, stop". */
    enum error_code (*build)(const struct provider_target *t, const struct chat_request *r, struct exchange *x,
                             struct buf *left_out, struct error *err);
};

/* The request for the provider's list of models, as many at once as it gives. page: NULL for the first, else what the
 * reading of the one before it told. */
enum error_code provider_build_list(const struct provider_ops *ops, const struct provider_target *t, const char *page,
                                    struct exchange *x, struct error *err);
/* Its reading: calls each for every model, in order; what it is given lives for the call only. What a row has in a form
 * that nobody expects is passed over, a row without a name too. *next (may be NULL): what to ask for the next page by,
 * the caller's to free; NULL where there is none, and after an error. Nothing keeps a provider from telling of another
 * page for ever: it is the caller who ends that. */
enum error_code provider_read_list(const struct provider_ops *ops, const struct provider_target *t, const uint8_t *body,
                                   size_t len, void (*each)(void *data, const struct listed *l), void *data,
                                   char **next, struct error *err);

#define PROVIDER_DIMENSION_MAX 65536   /* numbers of a vector */
#define PROVIDER_NUMBERS_MAX (1 << 24) /* of all vectors of an answer together */

/* Texts to HTTP request, for their vectors; t tells the model. Fills *x as ops->build does. ERR_INVALID_REQUEST where
 * the API has no vectors. */
enum error_code provider_build_embed(const struct provider_ops *ops, const struct provider_target *t,
                                     const struct embed_request *r, struct exchange *x, struct error *err);
/* The answer with status 200: calls each for every one of the n_input vectors, in the order of the texts; it lives for
 * the call only. All are finite numbers and equally many of them, else ERR_BAD_RESPONSE, and what each was told before
 * that is void. *usage (may be NULL) gets what it tells. An error inside is told as ever. */
enum error_code provider_read_vectors(const struct provider_ops *ops, const struct provider_target *t,
                                      const uint8_t *body, size_t len, size_t n_input,
                                      void (*each)(void *data, size_t index, const double *vector, size_t n),
                                      void *data, struct usage *usage, struct error *err);

/* head tells status and content type; the parser chooses stream, JSON or error reading by them (a type that tells
 * nothing is judged by the first byte that is not blank). */
struct provider_parser *provider_parser_new(const struct provider_ops *ops, const struct provider_target *t,
                                            const struct response_head *head, event_sink sink, void *data);
/* After an error or after done, further bytes are ignored and the same value comes back. */
enum error_code provider_feed(struct provider_parser *p, const uint8_t *bytes, size_t len, struct error *err);
/* The body has ended, cleanly or not. ERR_UNAVAILABLE: it ended before its terminator (worth another try). */
enum error_code provider_finish(struct provider_parser *p, bool clean, struct error *err);
bool provider_done(const struct provider_parser *p); /* EVENT_DONE was emitted */
void provider_parser_free(struct provider_parser *p);

/* How much of the API's own path the base URL ends with already, as ".../v1" with anthropic's "/v1/messages"; mostly 0.
 */
size_t provider_path_given(const struct provider_ops *ops, const char *base_url);

/* The adapter of that name, NULL if there is none. */
const struct provider_ops *provider_find(const char *api);
/* Every adapter, NULL-ended. */
extern const struct provider_ops *const provider_adapters[];
/* True if `name` is a dialect that the API knows. */
bool provider_dialect_known(const char *api, const char *name);

/* An HTTP error status with its body, to the daemon's error (code by the table Errors of doc/protocol.md, message of
 * the provider's own, status, retry_after as in head, else as the body says). */
enum error_code provider_map_error(const struct response_head *head, const uint8_t *body, size_t len,
                                   struct error *err);

/* What is ready without configuration. Whom such a provider is asked for by default, the catalogue tells. */
struct provider_builtin {
    const char *name;
    const char *env; /* usual environment variable, NULL for a local server */
    const char *api, *dialect, *base_url;
    int port; /* usual loopback port of a local server, 0 if none */
};
extern const struct provider_builtin provider_builtins[]; /* ended by a NULL name; in order of preference */
const struct provider_builtin *provider_builtin_find(const char *name, size_t len); /* NULL if there is none */

#endif
