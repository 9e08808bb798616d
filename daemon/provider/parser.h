/* What all adapters' parsers share: the body is cut into payloads, errors are told from answers, and pieces become
 * events. An adapter brings a grammar: what its JSON means.
 *
 *   SNIFF --> STREAM  server-sent events or lines; each payload: scan_chunk, or jsonx_parse and grammar->chunk
 *         --> WHOLE   collected; at the end jsonx_parse and grammar->whole
 *   ERROR             collected; at the end provider_map_error
 *
 * The body's content type decides between them, whatever was asked for. Reading ends by parser_conclude or parser_fail,
 * whichever comes first; what comes later is ignored. */
#ifndef ASKD_PROVIDER_PARSER_H
#define ASKD_PROVIDER_PARSER_H

#include "daemon/provider/calls.h"
#include "daemon/provider/jsonx.h"
#include "daemon/provider/provider.h"
#include "daemon/provider/scan.h"
#include "daemon/provider/sse.h"
#include "daemon/provider/think.h"

#define PARSER_SET_MAX 1024

enum parser_framing { FRAMING_SSE, FRAMING_LINES };

/* Each function may end the parser; none is called after that. */
struct grammar {
    enum parser_framing framing;
    const struct scan_rule *hot; /* what a chunk looks like that need not become a document */
    bool done_mark;              /* "[DONE]" is how it ends */
    bool begun_calls;            /* a call's arguments follow its beginning; others are not the client's */
    /* A hot chunk was taken; may be NULL. */
    void (*hot_taken)(struct provider_parser *p, enum scan_kind kind, const struct scan_found *found);
    /* One payload of a stream; `event` is its name ("message" where it has none). root is any JSON but an error. */
    void (*chunk)(struct provider_parser *p, const char *event, const json_t *root);
    /* A body that does not stream; root is an object or a list. Afterwards the answer has ended. */
    void (*whole)(struct provider_parser *p, const json_t *root);
    void (*end)(struct provider_parser *p); /* what is to be said before the end; may be NULL */
    /* True for JSON that is an error though the status is good; NULL: by parser_is_error. */
    bool (*is_error)(const json_t *root, const char *event);
};

enum parser_mode { MODE_SNIFF, MODE_STREAM, MODE_WHOLE, MODE_ERROR };
enum parser_phase { PHASE_RUNNING, PHASE_DONE, PHASE_FAILED };

struct cost_form; /* openai_dialects.h */

struct provider_parser {
    const struct grammar *grammar;
    const struct openai_dialect *dialect; /* never NULL */
    struct response_head head;
    char host[128]; /* of the base URL: whose opaque parts these are */
    event_sink sink;
    void *data;
    enum parser_mode mode;
    enum parser_phase phase; /* changed by parser_conclude and set_failed only */
    struct error error;      /* for PHASE_FAILED */
    struct sse sse;          /* FRAMING_SSE */
    struct buf body;         /* MODE_WHOLE, MODE_ERROR; a line that has not ended */
    struct buf scratch;      /* an unescaped string, a packed value */
    struct think think;
    struct calls calls;
    struct usage usage;
    bool begun;    /* the stream has its first byte */
    bool known;    /* a chunk had what every chunk of the API has */
    bool strange;  /* a chunk had not */
    bool spoke;    /* anything was emitted */
    bool refused;  /* a refusal's text was emitted */
    bool finished; /* the provider gave a finish reason */
    enum finish_reason finish;
    /* An adapter's own small state. */
    json_t *kept; /* owned; NULL at first; bounded by parser_keep */
    size_t kept_bytes;
    int64_t counts[8];  /* -1 at first */
    struct parser_set { /* of numbers below PARSER_SET_MAX; empty at first */
        uint64_t bits[PARSER_SET_MAX / 64];
    } seen[6];
};

/* The answer has ended: usage and done are emitted. */
void parser_conclude(struct provider_parser *p);
void parser_fail(struct provider_parser *p, enum error_code code, const char *message);
/* Counts what was added to p->kept; over PROVIDER_EVENT_MAX in all the answer is too large. */
void parser_keep(struct provider_parser *p, size_t bytes);
/* By what an error inside a 200 tells. */
void parser_fail_inside(struct provider_parser *p, const json_t *root);

void parser_text(struct provider_parser *p, const char *text, size_t len);
void parser_reasoning(struct provider_parser *p, const char *text, size_t len);
void parser_refusal(struct provider_parser *p, const char *text, size_t len);
/* The member's string, if it is one. */
void parser_text_in(struct provider_parser *p, const json_t *obj, const char *key);
void parser_reasoning_in(struct provider_parser *p, const json_t *obj, const char *key);
/* What goes back to the provider with the reasoning, the text or the call. `opaque` gets the host's name put in; it is
 * dropped where it is nested too deep to be kept. */
void parser_opaque_reasoning(struct provider_parser *p, const char *signature, json_t *opaque);
void parser_opaque_text(struct provider_parser *p, const char *text, size_t len, json_t *opaque);
void parser_call(struct provider_parser *p, struct call_piece piece, json_t *opaque);
/* Base64 of an image; what cannot be decoded is left out. */
void parser_image(struct provider_parser *p, const char *mime, size_t mime_len, const char *text, size_t len,
                  json_t *opaque);

/* The finish reason by its name in the table (ended by a NULL name); another is FINISH_OTHER. NULL and "" are none. */
struct finish_word {
    const char *name;
    enum finish_reason finish;
};
void parser_finish(struct provider_parser *p, const struct finish_word *words, const char *reason);

/* Takes a count that is there, from 0 on. */
bool parser_count(const json_t *obj, const char *key, int64_t *into);
/* Where a figure stands in the usage: "input_tokens_details.cached_tokens". A table of them ends by a NULL path; of
 * several for one figure, the last that is there counts. */
struct usage_path {
    const char *path;
    size_t offset; /* of the figure in struct usage */
};
#define USAGE_PATH(where, figure)                                                                                      \
    {                                                                                                                  \
        (where), offsetof(struct usage, figure)                                                                        \
    }
/* Figures that are not there stay as they are. */
void parser_usage(const json_t *usage, const struct usage_path *paths, struct usage *to);
/* What it cost, by the provider's own word; a form without a path tells nothing. */
void parser_cost(const json_t *usage, const struct cost_form *form, struct usage *to);
/* Counts that cannot be become the largest that can. */
void parser_bound(struct usage *u);
/* a + b where both are known and sane, else the one that is known. */
int64_t parser_sum(int64_t a, int64_t b);

/* {error: ...} that is not null, false, "" or {}, or an event named error. */
bool parser_is_error(const json_t *root, const char *event);
/* The same, as the API has it. */
bool grammar_is_error(const struct grammar *g, const json_t *root, const char *event);

#endif
