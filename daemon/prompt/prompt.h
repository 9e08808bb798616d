/* A prompt of the library: its text, what it is asked with, and the question that it makes of an input. Pure.
 *
 * It comes from one file, NAME.md, whose text is the question; or from a folder, NAME/, whose system.md holds the
 * instructions that go before the question, and whose user.md, where there is one, is the question. {{input}} takes
 * what is piped in or written behind the name; in a text without it the input follows the question after a blank line.
 * Instructions never hold the input, which anybody may have written: a system.md with {{input}} in it is the front of
 * the question. */
#ifndef ASKD_PROMPT_PROMPT_H
#define ASKD_PROMPT_PROMPT_H

#include "daemon/prompt/front.h"
#include "daemon/prompt/template.h"

#define PROMPT_NAME_MAX 200 /* bytes */
#define PROMPT_INPUT "input"

struct prompt {
    char *name;  /* "commit"; in a sub-folder "team/commit" */
    char *path;  /* of its file, or of its folder's system.md */
    char *error; /* why it cannot be used; NULL: it can, and what follows is told */
    struct front front;
    struct template *system;             /* NULL for a file */
    struct template *user;               /* the question; NULL where a folder has none */
    struct template_variable *variables; /* of both, without the input; their texts are the templates' */
    size_t n_variables;
    bool needs_input; /* nothing would be asked without one */
};

struct prompt *prompt_new(const char *name, const char *path);
struct prompt *prompt_free(struct prompt *p); /* NULL is fine; always returns NULL */

/* Reads a prompt's texts; user is NULL for a file and where a folder has none. What is wrong with them becomes the
 * prompt's error, and names the file. */
void prompt_read_file(struct prompt *p, const char *text, size_t len);
void prompt_read_folder(struct prompt *p, const char *system, size_t system_len, const char *user, size_t user_len);
void prompt_refuse(struct prompt *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* ERR_INVALID_REQUEST for what no prompt can be called: it would begin or end with a slash, have an empty or a hidden
 * step ("..", ".git"), a control character, or be too long. `param` is the field it came in. */
enum error_code prompt_check_name(const char *name, size_t len, const char *param, struct error *err);

/* What a prompt is filled with. */
struct prompt_input {
    const struct template_value *vars; /* of two with one name the last one holds */
    size_t n_vars;
    const char *text; /* the input, NULL if there is none */
    size_t len;
    const char *field; /* what the input is called where it is missed: "prompt" */
};

/* Appends the instructions, where it has any, and the question. ERR_INVALID_REQUEST: it has an error, a variable has no
 * value, or a value no variable: err->param is "vars.NAME", or the input's field. ERR_TOO_LARGE: over a buf's max. */
enum error_code prompt_render(const struct prompt *p, const struct prompt_input *in, struct buf *system,
                              struct buf *question, struct error *err);

#endif
