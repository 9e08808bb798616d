/* What an address in a question leads to, fetched for those who do not take addresses. http and https only; unless
 * allow_private_urls the address that is connected to has to be public, also after each redirect. No proxy of the
 * environment is asked, no cookie, name, password or key is sent. */
#ifndef ASKD_ENGINE_ATTACH_URL_H
#define ASKD_ENGINE_ATTACH_URL_H

#include "daemon/engine/engine_internal.h"

struct attach_url;

/* done is called once and later: the part has data then, and the type and name that it was told with where it had none;
 * or err says why not. */
struct attach_url *attach_url_start(struct engine *e, struct part *p,
                                    void (*done)(void *data, struct part *p, const struct error *err), void *data);
/* Always returns NULL; NULL is fine. */
struct attach_url *attach_url_cancel(struct attach_url *u);

#endif
