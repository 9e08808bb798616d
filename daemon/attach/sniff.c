#include "daemon/attach/sniff.h"
#include "lib/base/alloc.h"
#include <magic.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define LIBRARY "libmagic.so.1"

/* The functions that are used; the header is there for their types, the library is not linked. */
#define FUNCTIONS(X) X(magic_open) X(magic_load) X(magic_buffer) X(magic_error) X(magic_close)

static struct functions {
#define X(name) __typeof__(&(name)) name;
    FUNCTIONS(X)
#undef X
} functions;
static char why_not[256]; /* "" once they are there */

struct sniff {
    magic_t cookie;
};

static void load(void)
{
    uv_lib_t lib;
    bool ok = uv_dlopen(LIBRARY, &lib) == 0;
#define X(name)                                                                                                        \
    if (ok) {                                                                                                          \
        void *found = NULL;                                                                                            \
        ok = uv_dlsym(&lib, #name, &found) == 0;                                                                       \
        memcpy(&functions.name, &found, sizeof(found));                                                                \
    }
    FUNCTIONS(X)
#undef X
    if (!ok) {
        (void)snprintf(why_not, sizeof(why_not), "%s", uv_dlerror(&lib));
        uv_dlclose(&lib);
    }
}

struct sniff *sniff_new(struct error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, load);
    if (why_not[0]) {
        error_set(err, ERR_UNAVAILABLE, "the type of an attachment is not known without libmagic (%s): install it",
                  why_not);
        return NULL;
    }
    struct sniff *m = NEW(struct sniff);
    m->cookie = functions.magic_open(MAGIC_MIME | MAGIC_NO_CHECK_COMPRESS);
    if (m->cookie && functions.magic_load(m->cookie, NULL) == 0)
        return m;
    const char *why = m->cookie ? functions.magic_error(m->cookie) : NULL;
    error_set(err, ERR_UNAVAILABLE, "libmagic cannot read its database: %s", why ? why : "no memory");
    return sniff_free(m);
}

struct sniff *sniff_free(struct sniff *m)
{
    if (m && m->cookie)
        functions.magic_close(m->cookie);
    free(m);
    return NULL;
}

enum error_code sniff_name(struct sniff *m, const void *data, size_t len, char mime[SNIFF_NAME_MAX],
                           char charset[SNIFF_NAME_MAX], struct error *err)
{
    static const char mark[] = "; charset=";
    const char *told = functions.magic_buffer(m->cookie, data, len);
    if (!told) {
        const char *why = functions.magic_error(m->cookie);
        return error_set(err, ERR_INTERNAL, "libmagic cannot tell what an attachment is: %s", why ? why : "?");
    }
    const char *at = strstr(told, mark);
    error_text(mime, SNIFF_NAME_MAX, told, at ? (size_t)(at - told) : strlen(told));
    const char *set = at ? at + strlen(mark) : "binary";
    error_text(charset, SNIFF_NAME_MAX, set, strlen(set));
    return ERR_NONE;
}
