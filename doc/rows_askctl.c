#include "client/ctl/options.h"
#include "client/ctl/verbs.h"
#include "doc/askctl_texts.h"
#include "doc/commands.h"
#include "doc/mdoc.h"
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

/* What the page says of a verb beyond its row; NULL: nothing. */
static const char *text_of(const char *group, const char *name)
{
    char words[64];
    snprintf(words, sizeof words, "%s%s%s", group, group[0] != '\0' ? " " : "", name);
    for (const struct askctl_text *t = askctl_texts; t->verb != NULL; t++)
        if (strcmp(t->verb, words) == 0)
            return t->text;
    return NULL;
}

static void put_takes(ctl_options takes, FILE *out)
{
    struct option_row row;
    ctl_options bit;
    for (size_t i = 0; (bit = options_row(i, &row)) != 0; i++) {
        if ((takes & bit) == 0)
            continue;
        fprintf(out, "\n.Op Fl -%s", row.name);
        if (row.value != NULL)
            mdoc_arguments(row.value, out);
    }
}

static void put_verb(const char *group, const struct ctl_verb *v, FILE *out)
{
    const char *text = text_of(group, v->name);
    fprintf(out, ".It Xo\n.Cm %s%s%s", group, group[0] != '\0' ? " " : "", v->name);
    mdoc_arguments(v->args, out);
    put_takes(v->takes, out);
    fputs("\n.Xc\n", out);
    commands_sentence(v->summary, out);
    if (text != NULL)
        mdoc_more(text, out);
}

static void put_verbs(const struct ctl_verb *v, FILE *out)
{
    if (v->verbs == NULL) {
        put_verb("", v, out);
        return;
    }
    for (const struct ctl_verb *own = v->verbs; own->name != NULL; own++)
        put_verb(v->name, own, out);
}

/* A text for what is no verb is a mistake in it, or of a verb that went away. */
static void check_texts(void)
{
    for (const struct askctl_text *t = askctl_texts; t->verb != NULL; t++) {
        char words[64];
        snprintf(words, sizeof words, "%s", t->verb);
        char *own = strchr(words, ' ');
        if (own != NULL)
            *own++ = '\0';
        const struct ctl_verb *v = verbs_find(ctl_verbs, words);
        if (v != NULL && (own == NULL) == (v->verbs == NULL) && (own == NULL || verbs_find(v->verbs, own) != NULL))
            continue;
        fprintf(stderr, "rows: doc/askctl_texts.c tells of '%s', which is no verb\n", t->verb);
        exit(EX_DATAERR);
    }
}

void rows_askctl_verbs(FILE *out)
{
    const char *title;
    check_texts();
    for (unsigned t = 0; (title = verbs_theme(t)) != NULL; t++) {
        size_t n = 0;
        for (const struct ctl_verb *v = ctl_verbs; v->name != NULL; v++) {
            if (v->theme != t)
                continue;
            if (n++ == 0) {
                commands_title(title, out);
                fputs(".Bl -tag -width Ds\n", out);
            }
            put_verbs(v, out);
        }
        if (n > 0)
            fputs(".El\n", out);
    }
}

void rows_askctl_options(FILE *out)
{
    struct option_row row;
    fputs(".Bl -tag -width Ds\n", out);
    for (size_t i = 0; options_row(i, &row) != 0; i++) {
        commands_option(&row, out);
    }
    fputs(".El\n", out);
}
