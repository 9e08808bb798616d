/* What the parts of a session share; for session*.c alone. */
#ifndef CLIENT_TTY_SESSION_STATE_H
#define CLIENT_TTY_SESSION_STATE_H

#include "client/ask/attach.h"
#include "client/ask/turns.h"
#include "client/tty/line.h"
#include "client/tty/session.h"
#include "client/tty/watch.h"

enum { SESSION_PARAMS_MAX = 4096 };

enum session_next { SESSION_GO_ON, SESSION_QUIT };

struct session {
    struct asking asking;             /* its own args, and a handle that is replaced where the daemon went away */
    struct args args;                 /* the command line's, with the model and the instructions of now */
    struct question base;             /* what goes for all questions */
    bool own_ask;                     /* the handle is ours to close, and not our caller's */
    bool connected;                   /* as far as is known */
    char *model, *system;             /* owned; what args has, where it was changed */
    struct attach attached;           /* to the next question */
    struct attach attached_last;      /* to the last one, where nothing is stored */
    struct asked last;                /* what became of the last one */
    struct buf question;              /* its text, where it was asked here */
    struct turns said;                /* where nothing is stored */
    bool said_last;                   /* the last question is among it */
    char conversation[ASKED_ID_SIZE]; /* "" before its first question */
    char message[ASKED_ID_SIZE];      /* the last answer there, by whomever it was asked for; "": none was seen */
    char parent[ASKED_ID_SIZE];       /* the next question follows this message; "": the head */
    char editing[ASKED_ID_SIZE];      /* the next one takes the place of this question; "": of none */
    bool editing_turn;                /* likewise where nothing is stored: of the last one */
    char *put_back;                   /* owned; what the line begins with next */
    int64_t window;                   /* tokens of the last model's window; 0: not known */
    char window_of[ASKED_MODEL_SIZE];
    struct line *line;
    struct watch *watch;
    int status;
};

bool session_keeps(const struct session *s); /* its questions are stored */

/* -- session_ask.c -- */

/* Asks, shows, and goes on from there. */
void session_ask(struct session *s, const char *text, size_t len);
/* The line begins with that question. */
void session_put_back(struct session *s, const char *text, size_t len);
/* The last question once more, beside its answer. */
void session_retry(struct session *s);
/* Asks several models, with commas between, or of a text of no bytes them the last question once more. */
void session_ask_several(struct session *s, const char *models, const char *text, size_t len);
/* From now on the session is in that conversation, "" for a new one. */
void session_go_to(struct session *s, const char *conversation);
/* The connection to the daemon, made anew where it was lost. False where there is none, which was told. */
bool session_connect(struct session *s);
/* Calls a method on it; the caller has initialised *reply and destroys it. False after what went wrong was told. */
bool session_call(struct session *s, const char *method, const struct buf *params, msgpack_unpacked *reply);

/* -- session_commands.c -- */

/* What begins with a slash. */
enum session_next session_command(struct session *s, const char *text);
/* What a command's argument is, for Tab. */
enum session_argument {
    SESSION_NO_ARGUMENT,
    SESSION_MODEL,
    SESSION_MODELS, /* with commas between */
    SESSION_FILE,
    SESSION_MESSAGE,
    SESSION_CONVERSATION,
    SESSION_TEMPLATE, /* a prompt of the library */
    SESSION_WORDS
};
typedef enum session_next session_run_command(struct session *s, const char *argument);
struct session_command {
    const char *name, *takes, *help;
    enum session_argument argument;
    session_run_command *run;
};
extern const struct session_command session_commands[]; /* up to a NULL name */

session_run_command session_model, session_attach, session_retry_last, session_edit, session_branch, session_compare,
    session_copy, session_save, session_usage, session_system, session_open, session_template, session_new,
    session_help, session_quit;

/* -- session_complete.c -- */

/* Tab: the names of commands, and what each takes. */
void session_complete(void *session, const char *text, size_t cursor, struct complete *c);

/* -- session_prompt.c -- */

/* Looks up the window of the model that answered last. */
void session_learn_window(struct session *s);

/* The line's prompt: the model, and how much of its window is used. */
void session_prompt(const struct session *s, struct buf *out);

#endif
