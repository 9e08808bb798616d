/* What is made from the rows of command lines, and from the header of libask. */
#include "doc/commands.h"
#include "doc/header.h"
#include "doc/mdoc.h"
#include "doc/rows.h"
#include <ctype.h>
#include <string.h>

static void put_words(const struct option_row *row, FILE *out)
{
    if (row->letter != 0)
        fprintf(out, " Fl %c ,", row->letter);
    fprintf(out, " Fl -%s", row->name);
    if (row->value != NULL && row->value[0] == '[') {
        char value[32];
        snprintf(value, sizeof value, "%.*s", (int)strcspn(row->value + 1, "]"), row->value + 1);
        fprintf(out, " Ns Op = Ns");
        mdoc_arguments(value, out);
    } else if (row->value != NULL) {
        mdoc_arguments(row->value, out);
    }
}

void commands_sentence(const char *help, FILE *out)
{
    char text[1024];
    snprintf(text, sizeof text, "%s.", help);
    text[0] = (char)toupper((unsigned char)text[0]);
    mdoc_text(text, out);
}

void commands_title(const char *title, FILE *out)
{
    fprintf(out, ".Ss %c%s\n", toupper((unsigned char)title[0]), title + 1);
}

void commands_option(const struct option_row *row, FILE *out)
{
    fputs(".It", out);
    put_words(row, out);
    fputc('\n', out);
    if (row->text != NULL)
        mdoc_text(row->text, out);
    else
        commands_sentence(row->help, out);
}

const struct rows_block rows_blocks[] = {
    {"ask-options", rows_ask_options, NULL, NULL},
    {"askctl-verbs", rows_askctl_verbs, NULL, NULL},
    {"askctl-options", rows_askctl_options, NULL, NULL},
    {"askd-options", rows_askd_options, NULL, NULL},
    {"libask-functions", NULL, header_functions, "../lib/ask/ask.h"},
    {"libask-types", NULL, header_types, "../lib/ask/ask.h"},
    {"libask-statuses", NULL, header_statuses, "../lib/ask/ask.h"},
    {NULL, NULL, NULL, NULL},
};
