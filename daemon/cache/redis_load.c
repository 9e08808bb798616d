#include "daemon/cache/redis_load.h"
#include "lib/base/paths.h"
#include "lib/base/version.h"
#include <string.h>
#include <unistd.h>

#define MODULE "cache-redis.so"

/* It is not there: because it was not installed, or cannot be. */
static void set_missing(struct error *err, const char *path)
{
#ifdef HAVE_HIREDIS
    error_set(err, ERR_UNAVAILABLE, "%s is missing: install askd with it", path);
#else
    (void)path;
    error_set(err, ERR_UNAVAILABLE,
              "this askd was built without Redis: build it where hiredis is (Debian: libhiredis-dev)");
#endif
}

static const struct tier_ops *take(uv_lib_t *lib, const char *path, struct error *err)
{
    void *symbol = NULL;
    if (uv_dlsym(lib, "askd_tier_module", &symbol) != 0) {
        error_set(err, ERR_UNAVAILABLE, "%s is no module of askd", path);
        return NULL;
    }
    const struct tier_module *module = symbol;
    if (strcmp(module->version, askd_version) != 0) {
        error_set(err, ERR_UNAVAILABLE, "%s is of askd %s, and this is %s: install both anew", path, module->version,
                  askd_version);
        return NULL;
    }
    return module->ops;
}

const struct tier_ops *redis_tier_load(struct error *err)
{
    static const struct tier_ops *loaded;
    char path[4096];
    uv_lib_t lib;
    if (loaded || paths_helper(MODULE, path, sizeof path, err) != ERR_NONE)
        return loaded;
    if (access(path, R_OK) != 0) {
        set_missing(err, path);
        return NULL;
    }
    if (uv_dlopen(path, &lib) == 0)
        loaded = take(&lib, path, err);
    else /* most likely libhiredis is missing, and it says so */
        error_set(err, ERR_UNAVAILABLE, "the cache's module for Redis cannot be loaded: %s", uv_dlerror(&lib));
    if (!loaded)
        uv_dlclose(&lib);
    return loaded;
}
