#include "client/ask/options.h"
#include "doc/commands.h"
#include "doc/mdoc.h"
#include <stdbool.h>

#define ALL ((UINT64_C(1) << OPT_END) - 1)

static option_set set_of(size_t option)
{
    return UINT64_C(1) << option;
}

/* It goes with so few others that these are told. */
static bool is_choosy(size_t option)
{
    return __builtin_popcountll(ask_option_rows[option].excludes & ALL) > OPT_END / 2;
}

/* Both directions of what rows say of each other, but that of choosy ones, which nobody expects to go with it. */
static option_set excluded_by(size_t option)
{
    option_set set = ask_option_rows[option].excludes;
    for (size_t i = 0; i < OPT_END; i++)
        if (!is_choosy(i) && (ask_option_rows[i].excludes & set_of(option)) != 0)
            set |= set_of(i);
    return set & ALL & ~set_of(option);
}

/* "Not with `--json`, `--copy` or `--code`." */
static void put_set(const char *before, option_set set, const char *after, FILE *out)
{
    char text[2048];
    size_t n = (size_t)snprintf(text, sizeof text, "%s", before);
    const char *sep = " ";
    for (size_t i = 0; i < OPT_END; i++) {
        if ((set & set_of(i)) == 0)
            continue;
        n += (size_t)snprintf(text + n, sizeof text - n, "%s`--%s`", sep, ask_option_rows[i].row.name);
        sep = __builtin_popcountll(set >> (i + 1)) == 1 ? " or " : ", ";
    }
    (void)snprintf(text + n, sizeof text - n, "%s", after);
    if (set != 0)
        mdoc_text(text, out);
}

static void put_ask_option(size_t option, FILE *out)
{
    const struct ask_option_row *o = &ask_option_rows[option];
    const option_set excluded = excluded_by(option);
    commands_option(&o->row, out);
    put_set("Only with", o->needs, ".", out);
    if (is_choosy(option))
        put_set("With no other option than", ~excluded & ALL & ~set_of(option), ".", out);
    else
        put_set("Not with", excluded, ".", out);
    if (o->one_model)
        mdoc_text("With one model only.", out);
}

void rows_ask_options(FILE *out)
{
    for (unsigned t = 0; t < TOPICS; t++) {
        commands_title(ask_topics[t].title, out);
        fputs(".Bl -tag -width Ds\n", out);
        for (size_t i = 0; i < OPT_END; i++)
            if (ask_option_rows[i].topic == t)
                put_ask_option(i, out);
        fputs(".El\n", out);
    }
}
