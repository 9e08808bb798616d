#include "daemon/cache/cache.h"
#include "daemon/cache/cache_internal.h"

#define KIB 1024ll
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define SECOND 1000ll
#define DAY (86400 * SECOND)

const char *const cache_backend_names[] = {
    [CACHE_SQLITE] = "sqlite", [CACHE_REDIS] = "redis", [CACHE_NONE] = "none", NULL};

const struct config_option cache_option_rows[] = {
    {"backend", CONFIG_ENUM, offsetof(struct cache_options, backend), 0, 0, "sqlite", cache_backend_names, 0,
     "What keeps answers and vectors beyond memory and a restart: sqlite, a database in the cache folder; redis, a "
     "server that several machines may share; or none. Only memory is used where [store] keep is none."},
    {"memory", CONFIG_SIZE, offsetof(struct cache_options, memory), 0, INT64_MAX, "64 MiB", NULL, CONFIG_RELOAD,
     "Bytes of answers and vectors kept in memory; what was not used for longest leaves first. One that needs more "
     "than an eighth of it is not kept there."},
    {"size", CONFIG_SIZE, offsetof(struct cache_options, size), MIB, INT64_MAX, "1 GiB", NULL, 0,
     "Bytes of answers and vectors kept by the backend; what was not used for longest leaves first. One that is larger "
     "than an eighth of it is not given to the backend."},
    {"ttl", CONFIG_DURATION, offsetof(struct cache_options, ttl_ms), SECOND, 3650 * DAY, "7 d", NULL, CONFIG_RELOAD,
     "How long an answer that was kept is given again. It holds for what is kept from then on."},
    {"max_entry", CONFIG_SIZE, offsetof(struct cache_options, max_entry), KIB, 256 * MIB, "16 MiB", NULL, CONFIG_RELOAD,
     "Bytes of one answer or vector; a larger one is not kept."},
    {"timeout", CONFIG_DURATION, offsetof(struct cache_options, timeout_ms), 1, 10 * SECOND, "20 ms", NULL, 0,
     "How long Redis may take for one operation; after it a question counts as not answered before."},
    {"namespace", CONFIG_STRING, offsetof(struct cache_options, name_space), 0, 0, NULL, NULL, 0,
     "All who name the same one share what is kept: the users of this daemon and, through Redis, of other machines. "
     "Without it each user has what was kept for that user; in Redis a user is the number (uid), on whatever machine."},
    {"url", CONFIG_SECRET, offsetof(struct cache_options, url), 0, 0, NULL, NULL, 0,
     "Where Redis is: redis://HOST:PORT, or unix:///PATH for its Unix socket, with :PASSWORD@ before these where it "
     "wants one. It "
     "may hold a password, so it is not shown, and the file that has it must not be readable by others."},
    {"secret", CONFIG_SECRET, offsetof(struct cache_options, secret), 0, 0, NULL, NULL, 0,
     "What is kept in Redis is signed with it, and what another secret signed is not given to anybody: whoever may "
     "write there cannot forge an answer. The same on all machines that share a namespace."},
    {0},
};
