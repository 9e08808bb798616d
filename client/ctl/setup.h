/* askctl setup: its steps, each in a file of its own, and what they share. Each step can be repeated: what is there
 * already is said and left alone. They ask only where `talks`; else the options decide. Each returns how to exit, after
 * what is wrong was told; SETUP_FAULT where the next step can go on all the same. */
#ifndef CLIENT_CTL_SETUP_H
#define CLIENT_CTL_SETUP_H

#include "client/ctl/ctl.h"
#include "client/ctl/key_file.h"
#include "client/ctl/key_list.h"

enum {
    SETUP_PROVIDERS_MAX = 128, /* those that are built in, and the user's own */
    SETUP_LINE = 256,
    SETUP_MODEL_SIZE = 512,
    SETUP_FAULT = EXIT_OTHER,
};

enum setup_outcome { SETUP_UNTRIED, SETUP_WORKS, SETUP_REFUSED, SETUP_FAILED, SETUP_SKIPPED };

struct setup_provider {
    char name[KEY_FOLDER_NAME_MAX + 1];
    char source[SETUP_LINE]; /* where the daemon's key comes from, "" where it has none */
    bool local;              /* a server on this machine, which wants no key */
    bool runs;               /* and was found */
    bool chosen, stored;     /* stored: its key was, now */
    enum setup_outcome outcome;
    char model[SETUP_MODEL_SIZE]; /* that would be asked of it, "" where none is known */
    char error[1024];             /* why it does not work */
};

struct setup {
    struct ctl *c;
    struct ask *ask;
    bool talks; /* somebody is there to be asked */
    struct key_folder folder;
    struct key_list given; /* keys that are at hand */
    struct setup_provider providers[SETUP_PROVIDERS_MAX];
    size_t n;
    char default_model[SETUP_MODEL_SIZE];
    const char *units, *linger; /* what became of these, for --json */
};

/* -- the steps, in order -- */

int setup_find(struct setup *s);   /* who is there: known to the daemon, with a key at hand, running here */
int setup_choose(struct setup *s); /* which of them one has */
int setup_keys(struct setup *s);   /* each one's key, stored and tried */
int setup_model(struct setup *s);  /* who is asked where no model is named */
int setup_units(struct setup *s);  /* systemd's, and lingering */
int setup_question(struct setup *s);

/* -- what they share -- */

/* A line of what goes on, on standard output; nothing with --json. */
void setup_say(struct setup *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A line of what is wrong: on standard error where a script reads along. */
void setup_complain(struct setup *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Without a line's end, unless a terminal has no room for what comes of it; shown at once. */
void setup_begin_line(struct setup *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

struct setup_provider *setup_provider(struct setup *s, const char *name); /* NULL: unknown */
bool setup_any_works(const struct setup *s);
/* Learns anew from the daemon where keys come from. */
int setup_look(struct setup *s);
/* Has the daemon read its configuration, then looks. */
int setup_reload(struct setup *s);

/* Asks p for one token, and fills in its model, outcome and error, of which it tells. */
int setup_try(struct setup *s, struct setup_provider *p);

#endif
