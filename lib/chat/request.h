/* A question: what `chat` was asked, as a value. Owned by the engine from the moment the handler hands it over. */
#ifndef ASKD_CHAT_REQUEST_H
#define ASKD_CHAT_REQUEST_H

#include "lib/chat/gap.h"
#include "lib/chat/message.h"

struct tool {
    char *name;
    char *description;        /* NULL if none */
    struct value *parameters; /* JSON schema as a map, NULL if none */
};

enum reasoning_mode {
    REASONING_DEFAULT,
    REASONING_OFF,
    REASONING_LOW,
    REASONING_MEDIUM,
    REASONING_HIGH,
    REASONING_BUDGET
};
enum tool_choice { TOOL_CHOICE_DEFAULT, TOOL_CHOICE_AUTO, TOOL_CHOICE_NONE, TOOL_CHOICE_REQUIRED, TOOL_CHOICE_NAMED };
enum cache_policy { CACHE_USE, CACHE_REFRESH, CACHE_ONLY, CACHE_OFF };

/* What becomes of a question that outgrows the model's window; CONTEXT_DEFAULT: what the configuration says. */
enum context_policy { CONTEXT_DEFAULT, CONTEXT_ERROR, CONTEXT_DROP_OLDEST, CONTEXT_SUMMARIZE };

/* Where it is asked; NULL: not told. All owned. */
struct chat_place {
    char *directory, *terminal;
    char *host;  /* NULL also where it is the daemon's own machine */
    char *label; /* what it is counted under, besides: the project file's `budget` */
};

void chat_place_done(struct chat_place *p);

struct chat_request {
    char *model;              /* as the client named it, NULL: the default */
    char *system;             /* NULL if none */
    struct message *messages; /* owned array, at least one; none where an answer is regenerated */
    size_t n_messages;
    /* The answer is what goes in there; NULL: none. The messages ask for it in words, for whoever has no other form. */
    struct chat_gap *gap;
    struct tool *tools; /* owned array */
    size_t n_tools;
    enum tool_choice tool_choice;
    char *tool_choice_name; /* for TOOL_CHOICE_NAMED */
    struct value *schema;   /* of the answer, NULL if none */
    struct value *extra;    /* map merged into the provider's body, NULL if none */
    char **stop;            /* owned array of owned strings */
    size_t n_stop;
    bool has_temperature, has_top_p, has_seed, has_max_tokens, has_timeout, has_cache_ttl;
    double temperature, top_p, timeout, cache_ttl; /* timeout and cache_ttl in seconds */
    int64_t seed, max_tokens;
    enum reasoning_mode reasoning;
    int64_t reasoning_budget; /* tokens, for REASONING_BUDGET */
    enum cache_policy cache;
    enum context_policy context_policy;
    char *conversation; /* an id or one of the words below; NULL: none */
    char *parent;       /* id of the message that the question follows, NULL: the conversation's head */
    char *edit;         /* id of a user's message: the question takes its place, as its sibling; NULL: none */
    char *regenerate;   /* id of an answer, or of its question, which is answered once more; NULL: none */
    char *title;        /* of a new conversation until it gets a better one; NULL: its first words */
    bool no_store;      /* store: false */
    struct chat_place place;
    bool stream; /* the asker wants events */
    bool detach;
    bool retry_restart; /* retry: "restart" */
};

#define CONVERSATION_NEW "new"
#define CONVERSATION_LAST "last"
#define CONVERSATION_OF_MESSAGE "" /* not on the wire: that which parent, edit or regenerate is in */

struct chat_request *chat_request_new(void);
struct chat_request *chat_request_free(struct chat_request *r); /* always returns NULL */
struct message *chat_request_add_message(struct chat_request *r, enum role role);
struct tool *chat_request_add_tool(struct chat_request *r);
void chat_request_add_stop(struct chat_request *r, const char *s, size_t len);

#endif
