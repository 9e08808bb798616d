/* Inside of key/: what keys are made of. key.c has those that are there, key_command.c those that a command brings. */
#ifndef ASKD_KEY_INTERNAL_H
#define ASKD_KEY_INTERNAL_H

#include "daemon/key/key.h"
#include "lib/base/key_folder.h"

#define KEY_MAX KEY_FOLDER_KEY_MAX /* bytes of a key */
#define KEYS_MAX 64                /* of one provider */
#define REMEMBER_S 10              /* that a command failed, or that what it printed was refused */
#define RUN_S 30                   /* for a command */
#define SECOND_US 1000000ll

struct ring_key {
    struct secret *secret;  /* reference */
    char *source;           /* owned */
    enum error_code why;    /* it was refused last */
    int64_t aside_until_us; /* monotonic, 0: not set aside */
};

struct key_command {
    char **argv;           /* owned, NULL-ended */
    char *source;          /* owned */
    struct secret *secret; /* reference; NULL: not fetched yet, or it was refused */
    int64_t refused_us;    /* monotonic: when a key of its was last refused, 0: never */
    struct error failure;  /* stands until failed_until_us, monotonic */
    int64_t failed_until_us;
};

/* One of both: a command's key comes alone. */
struct keys {
    unsigned refs;
    struct ring_key *ring;       /* owned */
    size_t n, next;              /* next: whose turn it is */
    struct key_command *command; /* owned, NULL if none */
    char *source;                /* owned: of all; NULL while there is none */
};

struct keys *keys_new(void);
/* Takes the reference and the source over. ERR_TOO_LARGE over KEYS_MAX. */
enum error_code keys_add(struct keys *k, struct secret *secret, char *source, struct error *err);
/* Takes argv and source over. */
void keys_set_command(struct keys *k, char **argv, char *source);

/* What is known of a command: a key, a failure that is remembered, or neither. */
bool command_failed(const struct key_command *c, struct error *ret);
void command_brought(struct key_command *c, struct secret *secret); /* takes the reference */
void command_fails(struct key_command *c, const struct error *err);

#endif
