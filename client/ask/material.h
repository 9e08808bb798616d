/* What is read for a question besides the command line: the prompt, the schema, what is attached, the project file and
 * sets of context. */
#ifndef CLIENT_ASK_MATERIAL_H
#define CLIENT_ASK_MATERIAL_H

#include "client/ask/args.h"
#include "client/ask/attach.h"
#include "client/ask/edit_files.h"
#include "client/ask/editor.h"
#include "client/ask/question.h"
#include "client/common/project_file.h"

struct material {
    struct buf prompt, schema;
    struct attach attached;
    struct project_file project;
    struct edit_files edited; /* with --edit, and the one value of its prompt: their names */
    struct buf edit_var;
    const char *edit_vars[1];
    bool no_prompt;            /* prompts come later, and sets of context with each; to be set before it is read */
    struct editor_draft draft; /* of a prompt that is written in an editor */
    int status;                /* how to exit where it could not be read */
};

void material_init(struct material *m);
void material_done(struct material *m);

/* Reads all of it, and fills q, which borrows from both. On an error nothing can be asked with what was given;
 * m->status tells how to exit. ERR_CANCELLED: a signal came meanwhile, and there is nothing to tell. */
enum error_code material_read(struct material *m, const struct args *args, const char *program, struct question *q,
                              struct error *err);

/* What becomes of a prompt that was written in an editor: it is kept, and where it is told, unless asking went well. */
void material_settle(struct material *m, const char *program, int status);

#endif
