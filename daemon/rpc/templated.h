/* `template` and `vars` of the methods that take what chat takes (METHOD_TEMPLATE): the prompt of the library is filled
 * in before anything else looks at the question, and what their handlers see is `prompt` and `system` as they are sent.
 */
#ifndef ASKD_RPC_TEMPLATED_H
#define ASKD_RPC_TEMPLATED_H

#include "daemon/prompt/prompt.h"
#include "daemon/prompt/set.h"
#include "daemon/rpc/dispatch.h"

/* Calls the method's handler: at once where there is no template, else once the library is known. */
enum error_code templated_call(struct call *c, const struct method *m, struct error *err);

/* A prompt filled in by the parameters: `field` names it, `vars` and `input` (the name of a field, too) are its values.
 * The bufs, with a max of TEMPLATED_MAX, are the caller's to be done with in any case. */
#define TEMPLATED_MAX ((size_t)64 << 20) /* bytes of a question, and of instructions */
struct templated {
    const struct prompt *prompt;
    struct buf system, question;
};
enum error_code templated_render(const msgpack_object_map *params, const struct prompt_set *set, const char *field,
                                 const char *input, struct templated *ret, struct error *err);
void templated_done(struct templated *t);

/* The prompt that `field` names. ERR_NOT_FOUND, ERR_INVALID_REQUEST: err->param is the field. */
enum error_code templated_find(const msgpack_object_map *params, const struct prompt_set *set, const char *field,
                               const struct prompt **ret, struct error *err);

#endif
