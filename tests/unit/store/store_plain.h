/* A backend of a test's own that has no state to open, begin or undo: what is asked of it goes to one function. */
#ifndef ASKD_TESTS_STORE_PLAIN_H
#define ASKD_TESTS_STORE_PLAIN_H

#include "daemon/store/store_internal.h"

struct store_db {
    int unused;
};

static inline enum error_code plain_open(const struct store_place *place, struct store_db **ret, struct error *err)
{
    static struct store_db db;
    (void)place;
    (void)err;
    *ret = &db;
    return ERR_NONE;
}

static inline enum error_code plain_open_reader(const struct store_place *place, struct store_db **ret,
                                                struct error *err)
{
    (void)place;
    (void)ret;
    return error_set(err, ERR_NOT_FOUND, "one handle");
}

static inline struct store_db *plain_close(struct store_db *db)
{
    (void)db;
    return NULL;
}

static inline enum error_code plain_transaction(struct store_db *db, struct error *err)
{
    (void)db;
    (void)err;
    return ERR_NONE;
}

static inline void plain_rollback(struct store_db *db)
{
    (void)db;
}

#define PLAIN_BACKEND(run_function)                                                                                    \
    {                                                                                                                  \
        .name = "fake", .stores = true, .open = plain_open, .open_reader = plain_open_reader, .close = plain_close,    \
        .begin = plain_transaction, .commit = plain_transaction, .rollback = plain_rollback, .run = run_function       \
    }

#endif
