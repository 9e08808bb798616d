/* Imports under way: what conversation.import has begun, piece after piece. Each belongs to the connection that began
 * it, and ends with it, or where no piece comes for import_timeout.
 *
 * A piece is read on a worker (daemon/archive), and what comes of it goes to the store a batch at a time, so that an
 * import holds one piece, one entry and one batch, however much there is. */
#ifndef ASKD_RPC_IMPORT_H
#define ASKD_RPC_IMPORT_H

#include "daemon/archive/reader.h"
#include "daemon/rpc/dispatch.h"
#include <sys/queue.h>

#define IMPORT_ENTRIES_MAX 100000 /* of one import: ids and reasons are kept until its end */

struct server;
struct later;
struct import;
TAILQ_HEAD(import_list, import);

/* ERR_OVERLOADED: this user's imports are max_imports already. */
enum error_code import_begin(struct server *s, struct peer *p, enum archive_format format, struct import **ret,
                             struct error *err);
/* One of this connection's. NULL: there is none such. */
struct import *import_find(struct peer *p, const char *id, size_t len);
/* Takes a piece. ERR_INVALID_REQUEST: the one before is still being read, or the form is another. ERR_TOO_LARGE (over
 * max_import), ERR_OVERLOADED (no memory for it): the import has ended. Otherwise the call is answered later. */
enum error_code import_piece(struct import *im, struct call *c, enum archive_format format, bool more,
                             struct error *err);
/* For peer.c: its peer goes. */
void import_hang_up(struct peer *p);

#endif
