/* A unified diff as a language model writes it. It is read tolerantly: words and code fences around it are passed over,
 * counts of lines are not believed, an empty line is one of context, as is one without a mark. Whether it fits a text
 * is for diff_apply.h, which believes nothing.
 *
 * Pure. What is read are views of the text, which has to live as long. */
#ifndef CLIENT_ASK_DIFF_H
#define CLIENT_ASK_DIFF_H

#include "lib/base/buf.h"
#include "lib/base/error.h"

#define DIFF_BYTES_MAX ((size_t)8 << 20) /* of the text */
#define DIFF_FILES_MAX 128u
#define DIFF_HUNKS_MAX 4096u   /* of all files */
#define DIFF_LINES_MAX 100000u /* of all hunks */

enum diff_kind { DIFF_KEPT, DIFF_REMOVED, DIFF_ADDED };

struct diff_line {
    enum diff_kind kind;
    bool open;        /* it is said to have no line's end */
    bool bare;        /* it is empty and has not even a mark */
    const char *text; /* without mark and line's end */
    size_t len;
};

struct diff_hunk {
    size_t start; /* the line of the old text where it is said to begin, from 1; 0: not said */
    size_t first, n_lines;
};

struct diff_name { /* as it stands there, with a/ or b/ */
    const char *s;
    size_t len;
};

struct diff_file {
    struct diff_name before, after;
    size_t first, n_hunks;
};

struct diff {
    struct buf files, hunks, lines; /* arrays of the structs above */
};

/* ERR_NOT_FOUND: there is no diff in it. ERR_INVALID_REQUEST: one that asks for what is not done (another name or mode,
 * binary files), or a change that belongs to no file. ERR_TOO_LARGE. diff_done frees in any case. */
enum error_code diff_read(struct diff *d, const char *text, size_t len, struct error *err);
void diff_done(struct diff *d);

size_t diff_n_files(const struct diff *d);
const struct diff_file *diff_file(const struct diff *d, size_t i);
const struct diff_hunk *diff_hunk(const struct diff *d, const struct diff_file *f, size_t i);
const struct diff_line *diff_line(const struct diff *d, const struct diff_hunk *h, size_t i);

#endif
