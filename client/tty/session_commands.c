/* The commands of a session: what there is, and those that are about the session itself. */
#include "client/common/exit.h"
#include "client/common/field.h"
#include "client/tty/session_state.h"
#include "client/tty/slash.h"
#include <stdlib.h>
#include <string.h>

const struct session_command session_commands[] = {
    {"model", "[NAME]", "ask that model from now on, or say which it is", SESSION_MODEL, session_model},
    {"system", "[TEXT]", "instructions from now on (- for none), or say them", SESSION_WORDS, session_system},
    {"attach", "FILE", "a file, URL or folder for the next question", SESSION_FILE, session_attach},
    {"prompt", "NAME [TEXT]", "a prompt of the library, with that input", SESSION_TEMPLATE, session_template},
    {"retry", "", "ask the last question again", SESSION_NO_ARGUMENT, session_retry_last},
    {"edit", "", "change the last question and ask that instead", SESSION_NO_ARGUMENT, session_edit},
    {"branch", "[MESSAGE]", "go on from there, or list what there is", SESSION_MESSAGE, session_branch},
    {"compare", "A,B [TEXT]", "ask several models that, or the last question", SESSION_MODELS, session_compare},
    {"copy", "", "the last answer to the clipboard, through the terminal", SESSION_NO_ARGUMENT, session_copy},
    {"save", "FILE", "write the conversation to a file, as Markdown", SESSION_FILE, session_save},
    {"usage", "", "what today and this conversation cost", SESSION_NO_ARGUMENT, session_usage},
    {"open", "CONVERSATION", "go on with that conversation", SESSION_CONVERSATION, session_open},
    {"new", "", "begin another conversation", SESSION_NO_ARGUMENT, session_new},
    {"help", "", "list these commands and keys", SESSION_NO_ARGUMENT, session_help},
    {"quit", "", "end the session, as Ctrl-D does", SESSION_NO_ARGUMENT, session_quit},
    {0},
};
enum { COMMANDS = sizeof(session_commands) / sizeof(session_commands[0]) - 1 };

static const char keys[] = "\n"
                           "  Enter                ask; in a block of code (```) a new line\n"
                           "  Alt-Enter, \\ Enter   a new line\n"
                           "  Ctrl-C               clear the line, or stop the answer\n"
                           "  Ctrl-R, Up           what was asked before; Tab completes\n"
                           "  //                   begins a question that begins with a slash\n";

static const struct session_command *find(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(session_commands[i].name, name) == 0)
            return &session_commands[i];
    return NULL;
}

static void tell_unknown(const char *name)
{
    const char *names[COMMANDS];
    for (size_t i = 0; i < COMMANDS; i++)
        names[i] = session_commands[i].name;
    const char *nearest = slash_nearest(name, names, COMMANDS);
    if (nearest != NULL)
        exit_print(ASKING_PROGRAM, "there is no /%s: /%s is the nearest, /help lists all, // begins a question", name,
                   nearest);
    else
        exit_print(ASKING_PROGRAM, "there is no /%s: /help lists what there is, // begins a question", name);
}

enum session_next session_command(struct session *s, const char *text)
{
    struct slash slash;
    slash_read(text, &slash);
    const struct session_command *c = find(slash.name);
    if (c == NULL) {
        tell_unknown(slash.name);
        return SESSION_GO_ON;
    }
    char *argument = strndup(slash.argument, slash.argument_len);
    enum session_next next = SESSION_GO_ON;
    if (argument == NULL)
        exit_print(ASKING_PROGRAM, "out of memory");
    else if (c->argument == SESSION_NO_ARGUMENT && argument[0] != '\0')
        exit_print(ASKING_PROGRAM, "/%s takes nothing behind it", c->name);
    else if (argument[0] == '\0' && c->takes[0] != '\0' && c->takes[0] != '[')
        exit_print(ASKING_PROGRAM, "/%s needs more: /%s %s", c->name, c->name, c->takes);
    else
        next = c->run(s, argument);
    free(argument);
    return next;
}

/* -- those about the session -- */

static void replace(char **value, const char *with)
{
    free(*value);
    *value = strdup(with);
}

/* One that nobody has is told at once, and not with the next question. */
static bool is_model(struct session *s, const char *name)
{
    const struct question q = {.prompt = "", .model = name};
    struct buf params;
    msgpack_unpacked reply;
    msgpack_unpacked_init(&reply);
    const bool known = asking_encode(&q, &params) == EXIT_OK && session_call(s, "answer.estimate", &params, &reply);
    msgpack_unpacked_destroy(&reply);
    buf_done(&params);
    return known;
}

enum session_next session_model(struct session *s, const char *argument)
{
    const char *now = s->model != NULL ? s->model : s->base.model;
    if (strchr(argument, ',') != NULL) {
        exit_print(ASKING_PROGRAM, "/model takes one model: /compare asks several");
    } else if (argument[0] != '\0') {
        if (is_model(s, argument)) {
            replace(&s->model, argument);
            s->args.model = s->model;
        }
    } else if (s->last.model[0] != '\0') {
        exit_print(ASKING_PROGRAM, "%s; the last answer came from %s", now != NULL ? now : "the default model",
                   s->last.model);
    } else {
        exit_print(ASKING_PROGRAM, "%s", now != NULL ? now : "the default model");
    }
    return SESSION_GO_ON;
}

enum session_next session_system(struct session *s, const char *argument)
{
    const char *now = s->system != NULL ? s->system : s->base.system;
    if (argument[0] != '\0')
        replace(&s->system, strcmp(argument, "-") == 0 ? "" : argument);
    else
        exit_print(ASKING_PROGRAM, "%s", now != NULL && now[0] != '\0' ? now : "no instructions were given here");
    return SESSION_GO_ON;
}

enum session_next session_new(struct session *s, const char *argument)
{
    (void)argument;
    session_go_to(s, "");
    if (session_keeps(s))
        s->base.conversation = "new";
    s->message[0] = s->parent[0] = s->editing[0] = '\0';
    s->editing_turn = s->said_last = false;
    s->last.tokens = 0;
    said_turns_clear(&s->said);
    buf_clear(&s->question);
    return SESSION_GO_ON;
}

enum session_next session_open(struct session *s, const char *argument)
{
    char title[128], id[ASKED_ID_SIZE];
    struct buf params;
    msgpack_unpacked reply;
    msgpack_object_map map;
    if (!session_keeps(s)) {
        exit_print(ASKING_PROGRAM, "nothing is stored of this session: end it, and ask --conversation %s", argument);
        return SESSION_GO_ON;
    }
    buf_init(&params, SESSION_PARAMS_MAX);
    msgpack_unpacked_init(&reply);
    mp_put_map(&params, 1);
    mp_put_entry(&params, "conversation", argument);
    if (session_call(s, "conversation.get", &params, &reply) && mp_map(&reply.data, &map) &&
        field_copy(&map, "conversation", id, sizeof(id))) {
        (void)session_new(s, "");
        session_go_to(s, id);
        exit_print(ASKING_PROGRAM, "in: %s", field_line(&map, "title", title, sizeof(title)));
    }
    msgpack_unpacked_destroy(&reply);
    buf_done(&params);
    return SESSION_GO_ON;
}

enum session_next session_help(struct session *s, const char *argument)
{
    struct buf text;
    (void)argument;
    buf_init(&text, SESSION_PARAMS_MAX);
    for (size_t i = 0; i < COMMANDS; i++) {
        const struct session_command *c = &session_commands[i];
        const int pad = 20 - (int)strlen(c->name) - (int)strlen(c->takes);
        (void)buf_printf(&text, "  /%s %s%*s%s\n", c->name, c->takes, pad > 0 ? pad : 1, "", c->help);
    }
    (void)out_write(s->asking.out, text.data, text.len);
    (void)out_puts(s->asking.out, keys);
    (void)out_flush(s->asking.out);
    buf_done(&text);
    return SESSION_GO_ON;
}

enum session_next session_quit(struct session *s, const char *argument)
{
    (void)s;
    (void)argument;
    return SESSION_QUIT;
}
