#include "client/ask/input.h"
#include "lib/base/fd.h"
#include "lib/base/utf8.h"
#include <string.h>
#include <unistd.h>

static enum error_code too_large(struct error *err)
{
    return error_set(err, ERR_TOO_LARGE, "the prompt is larger than %zu MiB: send less", INPUT_MAX >> 20);
}

static enum error_code read_all(struct buf *out, int fd, struct error *err)
{
    enum error_code code = fd_read_all(fd, "standard input", out, err);
    return code == ERR_TOO_LARGE ? too_large(err) : code;
}

bool input_is_blank(const struct buf *b)
{
    for (size_t i = 0; i < b->len; i++)
        if (strchr(" \t\n\v\f\r", b->data[i]) == NULL || b->data[i] == '\0')
            return false;
    return true;
}

enum error_code input_check(const struct buf *prompt, struct error *err)
{
    if (input_is_blank(prompt))
        return error_set(err, ERR_NOT_FOUND, "no prompt: write it behind ask, or pipe it in");
    if (!utf8_valid(prompt->data, prompt->len))
        return error_set(err, ERR_INVALID_REQUEST, "the prompt is not UTF-8 text: convert it, for instance with iconv");
    return ERR_NONE;
}

/* The next place at or behind s; *escaped: a backslash stands before it, which is where it points then. */
static const char *next_place(const char *s, bool *escaped)
{
    const char *place = strstr(s, INPUT_PLACE);
    *escaped = place != NULL && place > s && place[-1] == '\\';
    return *escaped ? place - 1 : place;
}

static bool has_place(const char *text)
{
    bool escaped;
    return next_place(text, &escaped) != NULL;
}

/* Puts what was piped in into the places of the words. */
static void fill_places(struct buf *out, const char *words, const struct buf *piped)
{
    bool escaped;
    for (const char *place; (place = next_place(words, &escaped)) != NULL;) {
        (void)buf_append(out, words, (size_t)(place - words));
        if (escaped)
            (void)buf_puts(out, INPUT_PLACE);
        else
            (void)buf_append(out, piped->data, piped->len);
        words = place + escaped + strlen(INPUT_PLACE);
    }
    (void)buf_puts(out, words);
}

/* Of words that have places. */
static enum error_code read_into_places(struct buf *out, int fd, struct error *err)
{
    struct buf piped, words;
    buf_init(&piped, INPUT_MAX);
    enum error_code code = read_all(&piped, fd, err);
    while (piped.len > 0 && (piped.data[piped.len - 1] == '\n' || piped.data[piped.len - 1] == '\r'))
        piped.len--;
    words = *out;
    buf_init(out, words.max);
    if (code == ERR_NONE)
        fill_places(out, buf_cstr(&words), &piped);
    buf_done(&words);
    buf_done(&piped);
    return code;
}

static enum error_code read_behind(struct buf *out, int fd, struct error *err)
{
    const size_t asked = out->len;
    if (asked > 0)
        (void)buf_puts(out, "\n\n");
    const size_t before = out->len;
    enum error_code code = read_all(out, fd, err);
    if (code == ERR_NONE && out->len == before)
        out->len = asked; /* nothing came: no blank line either */
    return code;
}

enum error_code input_read(struct buf *out, char *const *words, int n_words, int fd, struct error *err)
{
    enum error_code code = ERR_NONE;
    for (int i = 0; i < n_words; i++) {
        if (i > 0)
            (void)buf_putc(out, ' ');
        (void)buf_puts(out, words[i]);
    }
    if (fd >= 0 && isatty(fd) == 0)
        code = has_place(buf_cstr(out)) ? read_into_places(out, fd, err) : read_behind(out, fd, err);
    if (code == ERR_NONE && out->failed)
        code = too_large(err);
    return code == ERR_NONE ? input_check(out, err) : code;
}
