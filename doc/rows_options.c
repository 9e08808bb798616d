#include "daemon/catalog/catalog.h"
#include "daemon/core/config.h"
#include "daemon/provider/openai_dialects.h"
#include "daemon/provider/provider.h"
#include "daemon/rooms.h"
#include "doc/rows.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 80 /* of comments and of the manual's lines */
#define RANGE_SIZE 256

/* True for the first of the rooms that share a section. */
static bool begins_section(size_t room)
{
    for (size_t i = 0; i < room; i++)
        if (strcmp(rooms[i]->section, rooms[room]->section) == 0)
            return false;
    return true;
}

/* Calls each for every option of the section that room begins; one without a text is told of by another's. */
static void each_option(size_t room, void (*each)(const struct config_option *o, FILE *out), FILE *out)
{
    for (size_t i = room; rooms[i]; i++)
        if (strcmp(rooms[i]->section, rooms[room]->section) == 0)
            for (const struct config_option *o = rooms[i]->options; o->key; o++)
                if (o->text)
                    each(o, out);
}

/* What it may be, as the beginning of a sentence; "" where there is nothing to say. */
static void range_of(const struct config_option *o, char range[RANGE_SIZE])
{
    config_describe(o, range, RANGE_SIZE);
    range[0] = (char)toupper((unsigned char)range[0]);
}

/* -- the sample -- */

/* What stands for the sections that have names. */
static const struct example {
    const char *section, *what, *name;
    const char *key, *value; /* an option that it cannot do without; NULL if there is none */
} examples[] = {
    {"provider", "provider; here one that is known without any", "openai", NULL, NULL},
    {"alias", "alias", "smart", "models", "claude-sonnet-4-5, gpt-4.1, deepseek/deepseek-chat"},
    {"budget", "budget", "month", "limit", "20 usd"},
    {"context", "set of context, which ask -x NAME takes along", "build", "command", "make 2>&1 | tail -n 200"},
};

static const struct example *example_of(const char *section)
{
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
        if (strcmp(examples[i].section, section) == 0)
            return &examples[i];
    abort(); /* a new room with names needs a row */
}

static const char *example_value(const char *key)
{
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
        if (examples[i].key && strcmp(examples[i].key, key) == 0)
            return examples[i].value;
    return NULL;
}

static void put_sample_option(const struct config_option *o, FILE *out)
{
    char range[RANGE_SIZE];
    const char *def = config_default(o) ? config_default(o) : example_value(o->key),
               *later = o->flags & CONFIG_RELOAD ? "" : " Takes effect at the next start.";
    range_of(o, range);
    fputc('\n', out);
    rows_wrap(o->text, "# ", WIDTH, false, out);
    if (range[0] || later[0])
        fprintf(out, "# %s%s%s\n", range, range[0] ? "." : "", range[0] ? later : later + 1);
    if (def)
        fprintf(out, "#%s = %s\n", o->key, def);
    else
        fprintf(out, "# %s = ...\n", o->key);
}

void rows_sample(FILE *out)
{
    fputs("# A sample of askd.conf, see askd.conf(5): every option there is.\n"
          "#\n"
          "# A line such as \"#key = value\" tells the default: take the \"#\" away to\n"
          "# change it. One such as \"# key = ...\" has no default. askd --check-config says\n"
          "# whether a file is good, askd --print-config what is in force and where it came\n"
          "# from.\n",
          out);
    for (size_t i = 0; rooms[i]; i++) {
        if (!begins_section(i))
            continue;
        if (rooms[i]->named) {
            const struct example *e = example_of(rooms[i]->section);
            fprintf(out, "\n\n# A section for each %s.\n#[%s \"%s\"]\n", e->what, e->section, e->name);
        } else {
            fprintf(out, "\n\n[%s]\n", rooms[i]->section);
        }
        each_option(i, put_sample_option, out);
    }
    fputs("\n\n# A provider that askd knows, with the key in a file of mode 0600:\n"
          "#\n"
          "# [provider \"deepseek\"]\n"
          "# key_file = /home/me/.config/askd/deepseek.key\n"
          "\n# Any other that speaks one of the APIs:\n"
          "#[provider \"lan\"]\n"
          "#api = openai-chat\n"
          "#base_url = https://models.example.org/v1\n"
          "#key_env = LAN_API_KEY\n"
          "#header = X-Team: docs\n"
          "#header = X-Purpose: reading along\n",
          out);
}

/* -- the manual page -- */

/* Text of a row for mdoc, where a backslash, and a point or a quote at the beginning of a line, mean something. */
static void put_mdoc(const char *text, FILE *out)
{
    char escaped[1024];
    size_t n = 0;
    for (; *text && n + 4 < sizeof escaped; text++) {
        bool begins = n == 0 || escaped[n - 1] == ' ';
        if (*text == '\\' || (begins && (*text == '.' || *text == '\'')))
            escaped[n++] = '\\';
        if (begins && (*text == '.' || *text == '\''))
            escaped[n++] = '&';
        escaped[n++] = *text == '\\' ? 'e' : *text;
    }
    escaped[n] = '\0';
    rows_wrap(escaped, "", WIDTH, true, out);
}

static void put_manual_option(const struct config_option *o, FILE *out)
{
    char range[RANGE_SIZE];
    const char *def = config_default(o);
    range_of(o, range);
    fprintf(out, ".It Ic %s\n", o->key);
    put_mdoc(o->text, out);
    if (range[0])
        fprintf(out, "%s.\n", range);
    if (def)
        fprintf(out, "Default:\n.Li \"%s\" .\n", def);
    if (o->flags & CONFIG_DESTINATION)
        fputs("Decides where a key goes.\n", out);
    if (!(o->flags & CONFIG_RELOAD))
        fputs("Takes effect at the next start.\n", out);
}

void rows_options(FILE *out)
{
    for (size_t i = 0; rooms[i]; i++) {
        if (!begins_section(i))
            continue;
        if (rooms[i]->named)
            fprintf(out, ".Ss Sections %s \\(dqNAME\\(dq\n", rooms[i]->section);
        else
            fprintf(out, ".Ss Section %s\n", rooms[i]->section);
        fputs(".Bl -tag -width Ds\n", out);
        each_option(i, put_manual_option, out);
        fputs(".El\n", out);
    }
}

void rows_models(FILE *out)
{
    fputs(".Bl -tag -width Ds\n", out);
    for (const struct config_option *o = model_room.options; o->key; o++)
        put_manual_option(o, out);
    fputs(".El\n", out);
}

void rows_apis(FILE *out)
{
    fputs(".Bl -tag -width \"openai-responses\" -compact\n", out);
    for (size_t i = 0; provider_adapters[i]; i++) {
        const struct provider_ops *ops = provider_adapters[i];
        fprintf(out, ".It Cm %s\n.Pa %s", ops->api, ops->path);
        if (ops->usual_url)
            fprintf(out, " ,\nusually of \\%%%s", ops->usual_url);
        fputc('\n', out);
    }
    fputs(".El\n", out);
}

void rows_dialects(FILE *out)
{
    const char *name;
    for (size_t i = 0; (name = openai_dialect_name(i)); i++)
        fprintf(out, "%s%s\n", name, openai_dialect_name(i + 1) ? "," : ".");
}

void rows_providers(FILE *out)
{
    fputs(".Bl -column \"openrouter\" \"OPENROUTER_API_KEY\" \"openai-chat\" \"openrouter\"\n"
          ".It Sy name Ta Sy variable Ta Sy api Ta Sy dialect\n",
          out);
    for (const struct provider_builtin *b = provider_builtins; b->name; b++)
        fprintf(out, ".It %s Ta %s Ta %s Ta %s\n", b->name, b->env ? b->env : "(local)", b->api,
                b->dialect ? b->dialect : "\\(em");
    fputs(".El\n", out);
}
