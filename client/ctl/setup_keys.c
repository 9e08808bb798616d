/* Each provider's key: stored, then tried. One that is refused is taken back, and what was there before is there again.
 */
#include "client/common/signals.h"
#include "client/ctl/hidden.h"
#include "client/ctl/key_change.h"
#include "client/ctl/key_store.h"
#include "client/ctl/setup.h"
#include "lib/base/secret.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int fail(struct setup *s, const struct error *err)
{
    exit_print(s->c->program, "%s", err->message);
    return exit_status_for(err->code);
}

static bool is_ours(const struct setup *s, const struct setup_provider *p)
{
    return p->source[0] == '\0' || key_change_is_ours(s->folder.path, p->name, p->source);
}

static enum key_place place_of(const struct setup *s)
{
    return (s->c->given & CTL_SECRET_SERVICE) != 0 ? KEY_IN_SERVICE : KEY_IN_FILE;
}

/* -- stored -- */

/* What the daemon makes of it. */
static int reload(struct setup *s, const struct setup_provider *p)
{
    const int status = setup_reload(s);
    if (status == EXIT_OK && !is_ours(s, p))
        setup_say(s, "%s: the daemon goes on with the key from %s, which comes first", p->name, p->source);
    return status;
}

static int store(struct setup *s, struct setup_provider *p, const struct key_former *former, const char *key,
                 size_t len)
{
    struct error err = ERROR_INIT;
    const enum key_place place = place_of(s);
    if (former->place == place && former->len == len && memcmp(former->key, key, len) == 0) {
        setup_say(s, "%s: that key is stored already", p->name);
        return EXIT_OK;
    }
    if (key_store_put(&s->folder, place, p->name, key, len, &err) != ERR_NONE)
        return fail(s, &err);
    p->stored = true;
    if (place == KEY_IN_SERVICE)
        setup_say(s, "%s: stored in the secret service", p->name);
    else
        setup_say(s, "%s: stored in %s/%s", p->name, s->folder.path, p->name);
    return reload(s, p);
}

static int take_back(struct setup *s, struct setup_provider *p, const struct key_former *former)
{
    struct error err = ERROR_INIT;
    if (!p->stored)
        return EXIT_OK;
    p->stored = false;
    if (key_store_restore(&s->folder, p->name, former, &err) != ERR_NONE)
        return fail(s, &err);
    setup_say(s, "%s: that key is not kept%s", p->name, former->place != KEY_NOWHERE ? ", the one before is" : "");
    return setup_reload(s);
}

/* -- tried -- */

static int store_and_try(struct setup *s, struct setup_provider *p, const char *key, size_t len)
{
    struct key_former former;
    struct error err = ERROR_INIT;
    int status = EXIT_OK;
    if (key_store_look(&s->folder, p->name, &former, &err) != ERR_NONE && err.code != ERR_NOT_FOUND)
        status = fail(s, &err);
    if (status == EXIT_OK)
        status = store(s, p, &former, key, len);
    if (status == EXIT_OK)
        status = setup_try(s, p);
    const bool ours = is_ours(s, p);
    if (status > 128 || (status == EXIT_OK && p->outcome == SETUP_REFUSED && ours)) {
        signals_clear(); /* how it ends is known, and this is still to be done */
        const int taken = take_back(s, p, &former);
        status = status == EXIT_OK ? taken : status;
    }
    key_former_done(&former);
    return status;
}

/* -- asked for -- */

static void make_prompt(const struct setup *s, const struct setup_provider *p, char *prompt, size_t size)
{
    const char *what = p->source[0] != '\0'                        ? "keep the one it has"
                       : key_list_find(&s->given, p->name) != NULL ? "the one in this environment"
                                                                   : "skip it";
    if (p->outcome == SETUP_REFUSED)
        what = "skip it";
    (void)snprintf(prompt, size, "%s of %s (unseen; Enter: %s): ", p->outcome == SETUP_REFUSED ? "Another key" : "Key",
                   p->name, what);
}

/* What an empty line means. */
static int go_on_without(struct setup *s, struct setup_provider *p)
{
    const struct key_given *here = key_list_find(&s->given, p->name);
    if (p->outcome == SETUP_REFUSED) { /* and it stays so */
        setup_say(s, "%s: skipped", p->name);
        return EXIT_OK;
    }
    if (p->source[0] != '\0')
        return setup_try(s, p);
    if (here != NULL)
        return store_and_try(s, p, here->key, here->len);
    p->outcome = SETUP_SKIPPED;
    setup_say(s, "%s: skipped", p->name);
    return EXIT_OK;
}

/* One key that is typed. *again: it was none, or was refused. */
static int ask_once(struct setup *s, struct setup_provider *p, bool *again)
{
    char text[KEY_FOLDER_KEY_MAX + 1], prompt[SETUP_LINE];
    const bool first = p->outcome != SETUP_REFUSED;
    make_prompt(s, p, prompt, sizeof(prompt));
    const ssize_t n = hidden_read(STDIN_FILENO, prompt, text, sizeof(text));
    const char *key = text;
    size_t len = n > 0 ? (size_t)n : 0;
    int status = n < 0 ? (signals_pending() != 0 ? 128 + signals_pending() : (int)EXIT_IO) : EXIT_OK;
    const bool good = status == EXIT_OK && key_trim(&key, &len);
    *again = n != 0;
    if (status == EXIT_OK && n == 0) {
        status = go_on_without(s, p);
        *again = p->outcome == SETUP_REFUSED && first;
    } else if (status == EXIT_OK && !good) {
        setup_say(s, "%s: that is no key: it must be one word of at most %d bytes", p->name, KEY_FOLDER_KEY_MAX);
    } else if (status == EXIT_OK) {
        status = store_and_try(s, p, key, len);
        *again = p->outcome == SETUP_REFUSED;
    }
    secret_wipe(text, sizeof(text));
    return status;
}

static int ask_for(struct setup *s, struct setup_provider *p)
{
    int status = EXIT_OK;
    for (bool again = true; again && status == EXIT_OK;)
        status = ask_once(s, p, &again);
    return status;
}

/* -- by options -- */

static int take_given(struct setup *s, struct setup_provider *p)
{
    const struct key_given *here = key_list_find(&s->given, p->name);
    if (here != NULL)
        return store_and_try(s, p, here->key, here->len);
    if (p->source[0] != '\0') {
        setup_say(s, "%s: has a key: %s", p->name, p->source);
        return setup_try(s, p);
    }
    p->outcome = SETUP_FAILED;
    (void)snprintf(p->error, sizeof(p->error), "no key of it is given: askctl setup %s --keys-from - reads one",
                   p->name);
    setup_complain(s, "%s: %s", p->name, p->error);
    return EXIT_OK;
}

/* A key that is not ours to replace is where somebody put it. */
static bool is_elsewhere(const struct setup *s, const struct setup_provider *p)
{
    return !is_ours(s, p) && strncmp(p->source, "environment", strlen("environment")) != 0;
}

static int set_up(struct setup *s, struct setup_provider *p)
{
    if (p->local)
        return setup_try(s, p);
    if (is_elsewhere(s, p)) {
        setup_say(s, "%s: has a key: %s", p->name, p->source);
        return setup_try(s, p);
    }
    return s->talks ? ask_for(s, p) : take_given(s, p);
}

int setup_keys(struct setup *s)
{
    int status = EXIT_OK;
    bool good = true, any = false;
    for (size_t i = 0; i < s->n && status == EXIT_OK; i++) {
        struct setup_provider *p = &s->providers[i];
        if (!p->chosen)
            continue;
        if (s->talks)
            setup_say(s, "%s", "");
        status = set_up(s, p);
        any = any || p->outcome == SETUP_WORKS;
        good = good && p->outcome == SETUP_WORKS;
    }
    if (status != EXIT_OK)
        return status;
    if (!any)
        setup_complain(s, "no provider works yet: see to what is told above, then run askctl setup again");
    return (s->talks ? any : good) ? EXIT_OK : SETUP_FAULT;
}
