/* The handlers, one file per family; methods.c has their rows. */
#ifndef ASKD_RPC_HANDLERS_H
#define ASKD_RPC_HANDLERS_H

#include "daemon/rpc/dispatch.h"

enum error_code m_hello(struct call *c, struct error *err);
enum error_code m_status(struct call *c, struct error *err);
enum error_code m_reload(struct call *c, struct error *err);
enum error_code m_shutdown(struct call *c, struct error *err);
enum error_code m_keys_test(struct call *c, struct error *err);
enum error_code m_metrics_get(struct call *c, struct error *err);
enum error_code m_models_aliases(struct call *c, struct error *err);
enum error_code m_models_list(struct call *c, struct error *err);
enum error_code m_models_get(struct call *c, struct error *err);
enum error_code m_models_refresh(struct call *c, struct error *err);
enum error_code m_embed(struct call *c, struct error *err);
enum error_code m_estimate(struct call *c, struct error *err);
enum error_code m_chat(struct call *c, struct error *err);
enum error_code m_compare(struct call *c, struct error *err);
enum error_code m_complete(struct call *c, struct error *err);
enum error_code m_answer_get(struct call *c, struct error *err);
enum error_code m_answer_attach(struct call *c, struct error *err);
enum error_code m_answer_cancel(struct call *c, struct error *err);
enum error_code m_answer_list(struct call *c, struct error *err);
enum error_code m_conversation_list(struct call *c, struct error *err);
enum error_code m_conversation_search(struct call *c, struct error *err);
enum error_code m_conversation_get(struct call *c, struct error *err);
enum error_code m_conversation_create(struct call *c, struct error *err);
enum error_code m_conversation_fork(struct call *c, struct error *err);
enum error_code m_conversation_rename(struct call *c, struct error *err);
enum error_code m_conversation_delete(struct call *c, struct error *err);
enum error_code m_conversation_restore(struct call *c, struct error *err);
enum error_code m_conversation_pin(struct call *c, struct error *err);
enum error_code m_conversation_tag(struct call *c, struct error *err);
enum error_code m_conversation_head(struct call *c, struct error *err);
enum error_code m_conversation_watch(struct call *c, struct error *err);
enum error_code m_conversation_unwatch(struct call *c, struct error *err);
enum error_code m_prompt_list(struct call *c, struct error *err);
enum error_code m_prompt_get(struct call *c, struct error *err);
enum error_code m_prompt_render(struct call *c, struct error *err);
enum error_code m_conversation_export(struct call *c, struct error *err);
enum error_code m_conversation_import(struct call *c, struct error *err);
enum error_code m_cache_lookup(struct call *c, struct error *err);
enum error_code m_cache_list(struct call *c, struct error *err);
enum error_code m_cache_clear(struct call *c, struct error *err);
enum error_code m_cache_stats(struct call *c, struct error *err);
enum error_code m_usage_report(struct call *c, struct error *err);
enum error_code m_usage_reprice(struct call *c, struct error *err);
enum error_code m_log_read(struct call *c, struct error *err);
enum error_code m_log_unwatch(struct call *c, struct error *err);
enum error_code m_budget_get(struct call *c, struct error *err);

/* {method: str, args?: array} under "notify", NULL if absent. */
enum error_code m_read_notify(const msgpack_object_map *params, msgpack_object_map *notify, bool *present,
                              struct error *err);

/* "limit", how much of a list is asked for, from 1 to LIST_MAX; `absent` where it is not told. */
#define LIST_MAX 1000
enum error_code m_read_limit(const struct call *c, uint32_t absent, uint32_t *ret, struct error *err);

/* "timeout" in seconds; 0 where it is not told. */
enum error_code m_read_timeout(const struct call *c, double *ret, struct error *err);

/* Where it is asked, as `context` tells; the daemon's own machine is none. */
enum error_code call_read_place(const struct call *c, struct chat_place *ret, struct error *err);
/* If the chat does not say: where the connection's client runs. */
void call_add_context(const struct call *c, struct chat_request *req);

#endif
