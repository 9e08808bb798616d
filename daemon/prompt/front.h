/* The front block of a prompt's file: what the prompt is asked with. Pure.
 *
 *     ---
 *     description: A commit message for what is staged
 *     model: deepseek/deepseek-chat
 *     temperature: 0.2
 *     reasoning: low
 *     ---
 *
 * The first line of the file is `---`, and so is the block's last one. In between stand lines `key: value`; a value
 * may stand in quotes, which are taken off. Blank lines and those that begin with `#` say nothing, and neither does
 * ` #` with what follows it. Other tools' keys are skipped with the lines that belong to them: those that are indented
 * or begin with `- `. Such lines go on with a description; the other values take one line. */
#ifndef ASKD_PROMPT_FRONT_H
#define ASKD_PROMPT_FRONT_H

#include "lib/base/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRONT_SIZE_MAX 16384      /* bytes of a block */
#define FRONT_DESCRIPTION_MAX 500 /* bytes of a description; in place of what is over stands "…" */
#define FRONT_MODEL_MAX 256       /* bytes of a model's name */

struct front {
    char *description, *model; /* owned, NULL where not told */
    bool has_temperature;
    double temperature;
    const char *reasoning;    /* off, low, medium, high; NULL where not told */
    int64_t reasoning_budget; /* instead of such a word, tokens; 0: not told */
};

/* Reads the block at the front of a file, which is UTF-8. *body: where the file's own text begins, behind the block and
 * the blank lines that follow it. Without a block *ret is empty. ERR_INVALID_REQUEST: the message begins with the line
 * at fault, "line 3: ". *ret is to be done with in that case too. */
enum error_code front_read(const char *text, size_t len, struct front *ret, size_t *body, struct error *err);
void front_done(struct front *f); /* fine for {0} */

#endif
