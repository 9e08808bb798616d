/* Who is asked where no model is named: a line of askd.conf. */
#include "client/common/call.h"
#include "client/common/signals.h"
#include "client/ctl/conf_edit.h"
#include "client/ctl/conf_file.h"
#include "client/ctl/setup.h"
#include "client/ctl/typed.h"
#include "lib/proto/mp.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECTION "daemon"
#define KEY "default_model"

enum { PARAMS_MAX = 8192 };

/* -- which one -- */

/* Asks nobody, and goes the way of a question as far as that. Tells why not. */
static int check(struct setup *s, const char *model, bool *good)
{
    struct buf params;
    msgpack_unpacked reply;
    bool refused = false;
    char why[1024];
    buf_init(&params, PARAMS_MAX);
    mp_put_map(&params, 2);
    mp_put_entry(&params, "model", model);
    mp_put_entry(&params, "prompt", "Say yes.");
    msgpack_unpacked_init(&reply);
    const int status = call_try(s->c->program, s->ask, "answer.estimate", &params, &reply, &refused);
    if (refused) {
        (void)exit_describe(why, sizeof(why), &reply.data);
        setup_complain(s, "%s cannot be the default model: %s", model, why);
    }
    *good = !refused;
    msgpack_unpacked_destroy(&reply);
    buf_done(&params);
    return status;
}

static const struct setup_provider *working(const struct setup *s, size_t nth)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->providers[i].outcome == SETUP_WORKS && nth-- == 0)
            return &s->providers[i];
    return NULL;
}

/* A number of those that were shown, or a name as it is. */
static void take_line(const struct setup *s, const char *line, char model[SETUP_MODEL_SIZE])
{
    char *end;
    const unsigned long n = strtoul(line, &end, 10);
    const struct setup_provider *p = *end == '\0' && n >= 1 && n <= SETUP_PROVIDERS_MAX ? working(s, n - 1) : NULL;
    (void)snprintf(model, SETUP_MODEL_SIZE, "%s", p != NULL ? p->model : line);
}

/* present: what the file says, "" for nothing. */
static int ask_which(struct setup *s, const char *present, char model[SETUP_MODEL_SIZE])
{
    char line[SETUP_MODEL_SIZE], question[SETUP_MODEL_SIZE + 128];
    const struct setup_provider *p;
    const char *usual = present[0] != '\0' ? present : working(s, 0)->model;
    int status = EXIT_OK;
    bool good = false;
    setup_say(s, "\nWhich model is to be asked where none is named?");
    for (size_t i = 0; (p = working(s, i)) != NULL; i++)
        setup_say(s, "%4zu  %s", i + 1, p->model);
    (void)snprintf(question, sizeof(question), "Number, or a name of askctl models (Enter: %s): ", usual);
    while (!good && status == EXIT_OK) {
        const ssize_t n = typed_line(question, line, sizeof(line));
        if (n < 0)
            return signals_pending() != 0 ? 128 + signals_pending() : (int)EXIT_OTHER;
        take_line(s, n > 0 ? line : usual, model);
        status = n > 0 ? check(s, model, &good) : EXIT_OK;
        good = good || n == 0;
    }
    return status;
}

/* "" where nothing is to be written. */
static int choose(struct setup *s, const char *present, char model[SETUP_MODEL_SIZE])
{
    bool good;
    model[0] = '\0';
    if ((s->c->given & CTL_DEFAULT_MODEL) != 0) {
        (void)snprintf(model, SETUP_MODEL_SIZE, "%s", s->c->default_model);
        const int status = check(s, model, &good);
        return status == EXIT_OK && !good ? (int)EXIT_DATA : status;
    }
    if (working(s, 0) == NULL)
        return EXIT_OK;
    if (s->talks)
        return ask_which(s, present, model);
    if (present[0] == '\0' && (s->c->given & CTL_YES) != 0)
        (void)snprintf(model, SETUP_MODEL_SIZE, "%s", working(s, 0)->model);
    return EXIT_OK;
}

/* -- written -- */

/* A file that the daemon does not take is not left behind. */
static int reload(struct setup *s, struct conf_file *f, const struct buf *before)
{
    struct error err = ERROR_INIT;
    const int status = setup_reload(s);
    if (status != EXIT_OK && conf_file_write(f, before, &err) != ERR_NONE)
        exit_print(s->c->program, "%s", err.message);
    return status;
}

static int write_model(struct setup *s, struct conf_file *f, const char *model)
{
    struct buf text, before;
    struct error err = ERROR_INIT;
    int status = EXIT_OK;
    buf_init(&text, f->content.max);
    buf_init(&before, f->content.max);
    (void)buf_append(&before, f->content.data, f->content.len);
    enum error_code code = conf_set(&f->content, SECTION, KEY, model, &text, &err);
    if (code == ERR_NONE)
        code = conf_file_write(f, &text, &err);
    if (code != ERR_NONE) {
        exit_print(s->c->program, "%s", err.message);
        status = exit_status_for(code);
    } else {
        setup_say(s, "%s is the default model now, in %s", model, f->path);
        status = reload(s, f, &before);
    }
    if (status == EXIT_OK && strcmp(s->default_model, model) != 0)
        setup_complain(s, "the daemon goes on with %s: another file of its configuration says so",
                       s->default_model[0] != '\0' ? s->default_model : "none");
    conf_wipe(&text);
    conf_wipe(&before);
    return status;
}

static int set(struct setup *s, struct conf_file *f)
{
    struct buf present;
    char model[SETUP_MODEL_SIZE];
    buf_init(&present, SETUP_MODEL_SIZE);
    (void)conf_get(&f->content, SECTION, KEY, &present);
    int status = choose(s, buf_cstr(&present), model);
    if (status == EXIT_OK && model[0] != '\0' && strcmp(buf_cstr(&present), model) != 0)
        status = write_model(s, f, model);
    else if (status == EXIT_OK && s->default_model[0] != '\0')
        setup_say(s, "%s is the default model%s", s->default_model,
                  present.len > 0 ? "" : ", since no other is chosen: --default-model MODEL writes one down");
    buf_done(&present);
    return status;
}

int setup_model(struct setup *s)
{
    struct conf_file f;
    struct error err = ERROR_INIT;
    int status;
    const enum error_code code = conf_file_read(&f, &err);
    if (code == ERR_NONE) {
        status = set(s, &f);
    } else {
        exit_print(s->c->program, "%s", err.message);
        status = exit_status_for(code);
    }
    conf_file_done(&f);
    return status;
}
