/* How a line of a program and of ours is laid out, where programs speak JSON with the daemon:
 *
 *     JSON lines: {"id": 1, "method": "status", "params": {}}  ->  {"id": 1, "result": {...}} or {"id": 1, "error":
 * {...}} Vim:        [1, {"method": "status", "params": {}}], or [1, ["status", {}]]  ->  [1, {"result": {...}}] or [1,
 * {"error": {...}}]
 *
 * What the daemon tells unasked is {"method": "answer.event", "params": [...]}, for Vim [0, {"method": ...}]. Pure. */
#ifndef CLIENT_CTL_BRIDGE_FORM_H
#define CLIENT_CTL_BRIDGE_FORM_H

#include "client/common/out.h"
#include "lib/base/error.h"
#include <msgpack.h>

struct bridge_request {
    const msgpack_object *id; /* NULL: nobody waits for a reply */
    const char *method;       /* no NUL behind it */
    size_t method_len;
    msgpack_object_map params;
};

struct bridge_form;
extern const struct bridge_form bridge_json, bridge_vim;

/* Reads a line that was unpacked. False with *why where it is no request; id is there where one could be read. */
bool bridge_read(const struct bridge_form *form, const msgpack_object *line, struct bridge_request *ret,
                 const char **why);

/* A line for a reply; what: "result" or "error". Without an id it is answered to whoever listens. */
void bridge_put_reply(const struct bridge_form *form, struct out *out, const msgpack_object *id, const char *what,
                      const msgpack_object *value);
/* The same for an error of ours. */
void bridge_put_error(const struct bridge_form *form, struct out *out, const msgpack_object *id, enum error_code code,
                      const char *message);
void bridge_put_push(const struct bridge_form *form, struct out *out, const char *method, size_t len,
                     const msgpack_object *params);

#endif
