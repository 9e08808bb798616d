#include "client/ctl/shell_word.h"
#include "client/common/escape.h"
#include <stdio.h>
#include <string.h>

static bool is_plain(const char *word)
{
    static const char others[] = "/._-+:@%,=~";
    if (word[0] == '\0' || word[0] == '~')
        return false;
    for (; *word != '\0'; word++) {
        const char c = *word;
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr(others, c) != NULL))
            return false;
    }
    return true;
}

/* Within them nothing means anything but the quote itself. */
void shell_quote(struct buf *b, const char *word)
{
    (void)buf_putc(b, '\'');
    for (; *word != '\0'; word++) {
        if (*word == '\'')
            (void)buf_puts(b, "'\\''");
        else
            (void)buf_putc(b, *word);
    }
    (void)buf_putc(b, '\'');
}

/* What would be no text on a terminal is named; shells that people type into know this form. */
static void put_named(struct buf *b, const char *word)
{
    (void)buf_puts(b, "$'");
    for (; *word != '\0'; word++) {
        const unsigned char c = (unsigned char)*word;
        if (c < ' ' || c >= 0x7f)
            (void)buf_printf(b, "\\x%02x", c);
        else if (c == '\'' || c == '\\')
            (void)buf_printf(b, "\\%c", c);
        else
            (void)buf_putc(b, (char)c);
    }
    (void)buf_putc(b, '\'');
}

const char *shell_word(char out[SHELL_WORD_SIZE], const char *word)
{
    struct buf b;
    buf_init(&b, SHELL_WORD_SIZE - 1);
    if (is_plain(word))
        (void)buf_puts(&b, word);
    else if (escape_harmless(word, strlen(word), "") == strlen(word))
        shell_quote(&b, word);
    else
        put_named(&b, word);
    (void)snprintf(out, SHELL_WORD_SIZE, "%s", b.failed ? "…" : buf_cstr(&b));
    buf_done(&b);
    return out;
}
