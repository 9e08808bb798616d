/* Keys that stood in the environment. Each leaves it when it is first asked for, so that no child and no
 * /proc/PID/environ of ours shows it, and is kept here for the loads of the configuration that follow.
 *
 * One thread at a time: whichever load is under way has it. The environment itself (the array of pointers) is changed
 * only until env_keys_seal, which is called before a second thread exists; afterwards a key is overwritten where it
 * stands and its name stays behind, empty. So other threads may call getenv while a load runs. */
#ifndef ASKD_KEY_ENV_KEYS_H
#define ASKD_KEY_ENV_KEYS_H

#include "lib/base/secret.h"

struct env_keys;

struct env_keys *env_keys_new(void);
struct env_keys *env_keys_free(struct env_keys *k); /* always returns NULL */
void env_keys_seal(struct env_keys *k);

/* A reference to the key that variable `name` held, now or when it was first asked for. NULL: it is not set, empty or
 * longer than ENV_KEY_MAX. */
struct secret *env_keys_take(struct env_keys *k, const char *name);

enum { ENV_KEY_MAX = 4096 };

#endif
