/* askctl setup: providers, their keys, a default model, systemd's units, and a first question. Nothing is left half
 * done by a signal: it is looked at between steps, and a key that was being tried is taken back. */
#include "client/common/signals.h"
#include "client/ctl/key_store.h"
#include "client/ctl/setup.h"
#include "lib/base/fd.h"
#include "lib/proto/mp.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

static int given_fail(struct setup *s, const struct error *err)
{
    exit_print(s->c->program, "%s", err->message);
    return exit_status_for(err->code);
}

/* What --keys-from names; without it the environment, which is also where somebody who is asked may take keys from. */
static int read_given(struct setup *s)
{
    const char *from = (s->c->given & CTL_KEYS_FROM) != 0 ? s->c->keys_from : "env";
    const char *only = s->c->n_args == 1 ? s->c->args[0] : NULL;
    struct error err = ERROR_INIT;
    enum error_code code;
    if (strcmp(from, "env") == 0)
        code = key_list_of_environment(&s->given, &err);
    else if (strcmp(from, "-") == 0)
        code = fd_read_all(STDIN_FILENO, "standard input", &s->given.text, &err);
    else
        code = fd_read_file(from, true, &s->given.text, &err);
    if (code == ERR_NONE && strcmp(from, "env") != 0)
        code = key_list_parse(&s->given, strcmp(from, "-") == 0 ? "standard input" : from, only, &err);
    return code == ERR_NONE ? EXIT_OK : given_fail(s, &err);
}

/* -- the result as JSON -- */

static void put_provider(struct buf *b, const struct setup_provider *p)
{
    static const char *const words[] = {[SETUP_UNTRIED] = "untried",
                                        [SETUP_WORKS] = "works",
                                        [SETUP_REFUSED] = "refused",
                                        [SETUP_FAILED] = "failed",
                                        [SETUP_SKIPPED] = "skipped"};
    mp_put_map(b, 6);
    mp_put_entry(b, "provider", p->name);
    mp_put_entry(b, "outcome", words[p->outcome]);
    mp_put_cstr(b, "stored");
    mp_put_bool(b, p->stored);
    mp_put_entry(b, "key_source", p->source[0] != '\0' ? p->source : NULL);
    mp_put_entry(b, "model", p->model[0] != '\0' ? p->model : NULL);
    mp_put_entry(b, "error", p->error[0] != '\0' ? p->error : NULL);
}

static void put_result(struct buf *b, const struct setup *s)
{
    uint32_t n = 0;
    for (size_t i = 0; i < s->n; i++)
        n += s->providers[i].chosen;
    mp_put_map(b, 4);
    mp_put_cstr(b, "providers");
    mp_put_array(b, n);
    for (size_t i = 0; i < s->n; i++)
        if (s->providers[i].chosen)
            put_provider(b, &s->providers[i]);
    mp_put_entry(b, "default_model", s->default_model[0] != '\0' ? s->default_model : NULL);
    mp_put_entry(b, "units", s->units);
    mp_put_entry(b, "linger", s->linger);
}

static int print_result(struct setup *s)
{
    struct buf b;
    msgpack_unpacked all;
    int status = EXIT_SOFTWARE;
    buf_init(&b, 1 << 20);
    put_result(&b, s);
    msgpack_unpacked_init(&all);
    if (!b.failed && msgpack_unpack_next(&all, (const char *)b.data, b.len, NULL) == MSGPACK_UNPACK_SUCCESS)
        status = ctl_print_json(s->c, &all.data);
    msgpack_unpacked_destroy(&all);
    buf_done(&b);
    return status;
}

/* -- the steps -- */

static int run(struct setup *s)
{
    static int (*const steps[])(struct setup * s) = {setup_find,  setup_choose, setup_keys,
                                                     setup_model, setup_units,  setup_question};
    int all = EXIT_OK;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        int status = steps[i](s);
        if (status == EXIT_OK && !s->c->json)
            status = ctl_flush(s->c);
        if (signals_pending() != 0)
            return 128 + signals_pending();
        if (status != EXIT_OK && status != SETUP_FAULT)
            return status;
        all = status == SETUP_FAULT ? SETUP_FAULT : all;
    }
    const int told = s->c->json ? print_result(s) : ctl_flush(s->c);
    return told == EXIT_OK ? all : told;
}

/* Of a signal nobody needs to be told by words but of what stays. */
static int end(struct setup *s, int status)
{
    if (status > 128 && s->talks)
        exit_print(s->c->program, "ended: what was stored before stays, and askctl setup goes on from there");
    return status;
}

int cmd_setup(struct ctl *c)
{
    struct error err = ERROR_INIT;
    static struct setup s; /* large, and there is one */
    s = (struct setup){.c = c, .folder = {.fd = -1}};
    s.talks = !c->json && (c->given & CTL_YES) == 0 && isatty(STDIN_FILENO) != 0 && isatty(STDERR_FILENO) != 0;
    if (c->json && (c->given & CTL_QUESTION) != 0 && strcmp(c->question, "none") != 0) {
        exit_print(c->program, "setup --json asks no question: leave --question away");
        return EXIT_USAGE;
    }
    signals_catch();
    signals_stay(NULL);
    key_list_init(&s.given);
    int status = read_given(&s);
    if (status == EXIT_OK && key_folder_open(&s.folder, true, &err) != ERR_NONE)
        status = given_fail(&s, &err);
    if (status == EXIT_OK)
        status = end(&s, run(&s));
    ask_close(s.ask);
    key_folder_close(&s.folder);
    key_list_done(&s.given);
    return status;
}
