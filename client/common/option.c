#include "client/common/option.h"
#include <stdio.h>
#include <string.h>

enum { INDENT = 25, WIDTH = 80 };

/* "  -m, --model MODEL", padded to where help begins; where it is longer than that, by two blanks. */
static size_t put_head(struct out *o, const struct option_row *row)
{
    char letter[8] = "", head[64 + INDENT];
    const char *value = row->value != NULL ? row->value : "", *before = value[0] != '\0' ? " " : "";
    if (row->letter != 0)
        (void)snprintf(letter, sizeof(letter), "-%c,", row->letter);
    if (value[0] == '[') {
        before = "[=";
        value++;
    }
    int n = snprintf(head, sizeof(head) - INDENT, "  %-3s --%s%s%s", letter, row->name, before, value);
    for (size_t blanks = 0; blanks < 2 || n < INDENT; blanks++)
        head[n++] = ' ';
    (void)out_write(o, head, (size_t)n);
    return (size_t)n;
}

void option_print(struct out *o, const struct option_row *row)
{
    size_t column = put_head(o, row);
    for (const char *text = row->help; *text != '\0'; column = INDENT) {
        size_t len = strlen(text);
        if (len > WIDTH - column)
            for (len = WIDTH - column; text[len] != ' ';)
                len--;
        if (text != row->help)
            (void)out_write(o, "                         ", INDENT);
        (void)out_write(o, text, len);
        (void)out_puts(o, "\n");
        text += len + (text[len] == ' ');
    }
}
