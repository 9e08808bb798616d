/* Answers as lines of JSON, one for each event: {"answer": id, "seq": n, "event": {…}}. For programs that read along.
 */
#ifndef CLIENT_VIEW_JSON_H
#define CLIENT_VIEW_JSON_H

#include "client/common/view.h"

/* NULL where memory is out. */
struct view *view_json_new(struct out *out);

#endif
