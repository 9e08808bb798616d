/* A text, a NUL, and what a model answers: its diff is read and put where it fits. What comes of it has as many lines
 * as the diff says. */
#include "client/ask/diff_apply.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 1 << 20 };

static size_t count_lines(const char *s, size_t len)
{
    size_t n = len > 0 && s[len - 1] != '\n';
    for (size_t i = 0; i < len; i++)
        n += s[i] == '\n';
    return n;
}

static void check_hunk(const struct diff *d, const struct diff_hunk *h, const char *answer, size_t len, size_t *lines)
{
    for (size_t i = 0; i < h->n_lines; i++) {
        const struct diff_line *l = diff_line(d, h, i);
        if (l->text < answer || l->text + l->len > answer + len)
            abort();
        *lines += l->kind == DIFF_ADDED;
        *lines -= l->kind == DIFF_REMOVED;
    }
}

static void check_file(const struct diff *d, const struct diff_file *f, const char *text, size_t len,
                       const char *answer, size_t answer_len)
{
    struct error err = ERROR_INIT;
    struct buf out;
    size_t lines = count_lines(text, len);
    for (size_t i = 0; i < f->n_hunks; i++)
        check_hunk(d, diff_hunk(d, f, i), answer, answer_len, &lines);
    buf_init(&out, ROOM);
    if (diff_apply(d, f, text, len, &out, &err) == ERR_NONE) {
        size_t now = count_lines((const char *)out.data, out.len);
        if (now != lines && now + 1 != lines) /* a last line that is empty and has no end is none */
            abort();
    } else if (err.message[0] == '\0') {
        abort();
    }
    buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data, *nul = memchr(data, '\0', size);
    const size_t len = nul != NULL ? (size_t)(nul - text) : 0;
    const char *answer = nul != NULL ? nul + 1 : text;
    const size_t answer_len = size - (size_t)(answer - text);
    struct error err = ERROR_INIT;
    struct diff d;
    if (diff_read(&d, answer, answer_len, &err) == ERR_NONE)
        for (size_t i = 0; i < diff_n_files(&d); i++)
            check_file(&d, diff_file(&d, i), text, len, answer, answer_len);
    else if (err.message[0] == '\0')
        abort();
    diff_done(&d);
    return 0;
}
