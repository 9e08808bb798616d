# All of the daemon but its wiring, so that tests, fuzzers and benchmarks link the same objects.
noinst_LIBRARIES += libaskd.a
libaskd_a_SOURCES = \
	daemon/core/account.c daemon/core/account.h daemon/core/config.c daemon/core/config.h \
	daemon/core/config_change.c daemon/core/config_internal.h daemon/core/config_merge.c daemon/core/config_read.c \
	daemon/core/config_value.c daemon/core/database.c daemon/core/database.h daemon/core/endpoint.c \
	daemon/core/endpoint.h daemon/core/log.c daemon/core/log.h daemon/core/log_journal.c daemon/core/log_journal.h \
	daemon/core/log_ring.c daemon/core/log_ring.h daemon/core/logfile.c daemon/core/logfile.h \
	daemon/core/process.c daemon/core/process.h daemon/core/service.c daemon/core/service.h daemon/core/timer.c \
	daemon/core/timer.h daemon/core/worker.c daemon/core/worker.h daemon/answer/answer.c daemon/answer/answer.h \
	daemon/answer/answer_internal.h daemon/answer/cursor.c daemon/answer/cursor.h daemon/answer/fold.c \
	daemon/answer/fold.h daemon/answer/log.c daemon/answer/log.h daemon/answer/table.c daemon/answer/table.h \
	daemon/attach/kind.c daemon/attach/kind.h daemon/attach/sniff.c daemon/attach/sniff.h daemon/attach/text.c \
	daemon/attach/text.h daemon/attach/work.c daemon/attach/work.h daemon/archive/chatgpt.c \
	daemon/archive/chatgpt.h daemon/archive/chatgpt_content.c daemon/archive/conversation.c \
	daemon/archive/conversation.h daemon/archive/json.c daemon/archive/json.h daemon/archive/llm.c \
	daemon/archive/llm.h daemon/archive/llm_internal.h daemon/archive/llm_row.c daemon/archive/map.c \
	daemon/archive/markdown.h daemon/archive/markdown_mark.c daemon/archive/markdown_read.c \
	daemon/archive/markdown_write.c daemon/archive/pages.c daemon/archive/pages.h daemon/archive/reader.c \
	daemon/archive/reader.h daemon/archive/split.c daemon/archive/split.h daemon/archive/spool.c \
	daemon/archive/spool.h daemon/archive/stamp.c daemon/archive/stamp.h daemon/cache/cache.c daemon/cache/cache.h \
	daemon/cache/cache_internal.h daemon/cache/item.c daemon/cache/item.h daemon/cache/item_internal.h \
	daemon/cache/key.c daemon/cache/key.h daemon/cache/keyset.c daemon/cache/keyset.h daemon/cache/memory.c \
	daemon/cache/memory.h daemon/cache/options.c daemon/cache/redis_load.c daemon/cache/redis_load.h \
	daemon/cache/sqlite.c daemon/cache/sqlite_db.c daemon/cache/sqlite_internal.h daemon/cache/sqlite_room.c \
	daemon/cache/sqlite_rows.c daemon/cache/sqlite_thread.c daemon/cache/tier.h daemon/catalog/alias.c \
	daemon/catalog/alias.h daemon/catalog/catalog.c daemon/catalog/catalog.h daemon/catalog/facts.c \
	daemon/catalog/index.c daemon/catalog/index.h daemon/catalog/lists.c daemon/catalog/lists.h \
	daemon/catalog/lists_file.c daemon/catalog/model.c daemon/catalog/model.h daemon/catalog/model_lists.c \
	daemon/catalog/model_room.c daemon/catalog/tokens.c daemon/catalog/tokens.h daemon/catalog/tokens_json.c \
	daemon/catalog/tokens_json.h daemon/catalog/tokens_names.c daemon/catalog/tokens_scan.c \
	daemon/catalog/tokens_scan.h daemon/catalog/tokens_table.h daemon/key/env_keys.c daemon/key/env_keys.h \
	daemon/key/key.c daemon/key/key.h daemon/key/key_command.c daemon/key/key_command.h daemon/key/key_internal.h \
	daemon/key/key_run.c daemon/key/key_run.h daemon/key/key_sources.c daemon/key/key_sources.h \
	daemon/ledger/amount.c daemon/ledger/amount.h daemon/ledger/budget_need.c daemon/ledger/budget_need.h \
	daemon/ledger/budget_room.c daemon/ledger/budget_room.h daemon/ledger/budget_words.c \
	daemon/ledger/budget_words.h daemon/ledger/budgets.c daemon/ledger/budgets.h daemon/ledger/currency.c \
	daemon/ledger/currency.h daemon/ledger/period.c daemon/ledger/period.h daemon/ledger/rates.c \
	daemon/ledger/rates.h daemon/ledger/today.c daemon/ledger/today.h daemon/provider/adapters.c \
	daemon/provider/anthropic.c daemon/provider/anthropic.h daemon/provider/anthropic_parse.c \
	daemon/provider/base64.c daemon/provider/base64.h daemon/provider/build.c daemon/provider/build.h \
	daemon/provider/builtins.c daemon/provider/calls.c daemon/provider/calls.h daemon/provider/cohere.c \
	daemon/provider/cohere.h daemon/provider/cohere_parse.c daemon/provider/dashscope.c \
	daemon/provider/dashscope.h daemon/provider/dashscope_parse.c daemon/provider/embed.c daemon/provider/embed.h \
	daemon/provider/error_map.c daemon/provider/error_map.h daemon/provider/gap.c daemon/provider/gap.h \
	daemon/provider/gap_cut.c daemon/provider/gap_cut.h daemon/provider/gap_ends.c daemon/provider/gap_ends.h \
	daemon/provider/gap_parse.c daemon/provider/gemini.c daemon/provider/gemini.h daemon/provider/gemini_embed.c \
	daemon/provider/gemini_parse.c daemon/provider/jsonx.c daemon/provider/jsonx.h daemon/provider/jsonx_dump.c \
	daemon/provider/list.c daemon/provider/list.h daemon/provider/list_price.c daemon/provider/media.c \
	daemon/provider/media.h daemon/provider/ollama.c daemon/provider/ollama.h daemon/provider/ollama_parse.c \
	daemon/provider/opaque.c daemon/provider/opaque.h daemon/provider/openai_chat.c daemon/provider/openai_chat.h \
	daemon/provider/openai_details.c daemon/provider/openai_details.h daemon/provider/openai_dialects.c \
	daemon/provider/openai_dialects.h daemon/provider/openai_embed.c daemon/provider/openai_lists.c \
	daemon/provider/openai_lists.h daemon/provider/openai_messages.c daemon/provider/openai_messages.h \
	daemon/provider/openai_parse.c daemon/provider/openai_request.c daemon/provider/openai_responses.c \
	daemon/provider/openai_responses.h daemon/provider/openai_responses_parse.c daemon/provider/parser.c \
	daemon/provider/parser.h daemon/provider/provider.h daemon/provider/rate_limits.c \
	daemon/provider/rate_limits.h daemon/provider/scan.c daemon/provider/scan.h daemon/provider/schema.c \
	daemon/provider/schema.h daemon/provider/sse.c daemon/provider/sse.h daemon/provider/think.c \
	daemon/provider/think.h daemon/provider/vectors.c daemon/http/address.c daemon/http/address.h \
	daemon/http/breaker.c daemon/http/breaker.h daemon/http/bucket.c daemon/http/bucket.h daemon/http/host.c \
	daemon/http/host.h daemon/http/pool.c daemon/http/pool.h daemon/http/retry.c daemon/http/retry.h \
	daemon/http/transfer.c daemon/http/transfer.h daemon/http/url.c daemon/http/url.h daemon/store/backend.h \
	daemon/store/indexer.c daemon/store/indexer.h daemon/store/job.c daemon/store/job.h \
	daemon/store/ledger_groups.c daemon/store/ledger_groups.h daemon/store/null.c daemon/store/rows.c \
	daemon/store/rows.h daemon/store/search_query.c daemon/store/search_query.h daemon/store/search_snippet.c \
	daemon/store/search_snippet.h daemon/store/search_text.c daemon/store/search_text.h daemon/store/sqlite.c \
	daemon/store/sqlite_answer.c daemon/store/sqlite_attach.c daemon/store/sqlite_change.c \
	daemon/store/sqlite_conversation.c daemon/store/sqlite_expire.c daemon/store/sqlite_facts.c \
	daemon/store/sqlite_half.c daemon/store/sqlite_import.c daemon/store/sqlite_index.c \
	daemon/store/sqlite_internal.h daemon/store/sqlite_ledger.c daemon/store/sqlite_ledger.h \
	daemon/store/sqlite_list.c daemon/store/sqlite_path.c daemon/store/sqlite_query.c daemon/store/sqlite_read.c \
	daemon/store/sqlite_reprice.c daemon/store/sqlite_rollup.c daemon/store/sqlite_scan.c \
	daemon/store/sqlite_schema.c daemon/store/sqlite_search.c daemon/store/sqlite_speed.c \
	daemon/store/sqlite_summary.c daemon/store/sqlite_tokenizer.c daemon/store/sqlite_usage.c daemon/store/store.c \
	daemon/store/store.h daemon/store/store_internal.h daemon/store/threads.c daemon/prompt/folder.c \
	daemon/prompt/front.c daemon/prompt/front.h daemon/prompt/library.c daemon/prompt/library.h \
	daemon/prompt/prompt.c daemon/prompt/prompt.h daemon/prompt/set.c daemon/prompt/set.h \
	daemon/prompt/set_internal.h daemon/prompt/template.c daemon/prompt/template.h daemon/engine/aside.c \
	daemon/engine/aside.h daemon/engine/ask.c daemon/engine/ask.h daemon/engine/ask_internal.h \
	daemon/engine/ask_known.c daemon/engine/ask_summary.c daemon/engine/attach.c daemon/engine/attach.h \
	daemon/engine/attach_url.c daemon/engine/attach_url.h daemon/engine/attempt.c daemon/engine/attempt.h \
	daemon/engine/books.c daemon/engine/books.h daemon/engine/complete.c daemon/engine/complete.h \
	daemon/engine/context.c daemon/engine/context.h daemon/engine/discover.c daemon/engine/discover.h \
	daemon/engine/embed.c daemon/engine/embed.h daemon/engine/engine.c daemon/engine/engine.h \
	daemon/engine/engine_internal.h daemon/engine/estimate.c daemon/engine/estimate.h daemon/engine/fault.c \
	daemon/engine/fault.h daemon/engine/fetch.c daemon/engine/fetch.h daemon/engine/figures.c \
	daemon/engine/figures.h daemon/engine/fit.c daemon/engine/fit.h daemon/engine/flight.c daemon/engine/flight.h \
	daemon/engine/flight_internal.h daemon/engine/flight_spend.c daemon/engine/gap_trim.c daemon/engine/gap_trim.h \
	daemon/engine/gap_words.c daemon/engine/gap_words.h daemon/engine/gate.c daemon/engine/gate.h \
	daemon/engine/health.c daemon/engine/health.h daemon/engine/keep.c daemon/engine/keep.h \
	daemon/engine/keep_message.c daemon/engine/key_test.c daemon/engine/key_test.h daemon/engine/lookup.c \
	daemon/engine/lookup.h daemon/engine/meter.c daemon/engine/meter.h daemon/engine/metrics.c \
	daemon/engine/metrics.h daemon/engine/metrics_take.c daemon/engine/metrics_text.c daemon/engine/metrics_text.h \
	daemon/engine/offers.c daemon/engine/offers.h daemon/engine/place.c daemon/engine/place.h \
	daemon/engine/premium.c daemon/engine/premium.h daemon/engine/providers.c daemon/engine/providers.h \
	daemon/engine/purse.c daemon/engine/purse.h daemon/engine/recall.c daemon/engine/refresh.c \
	daemon/engine/refresh.h daemon/engine/report.c daemon/engine/report.h daemon/engine/reprice.c \
	daemon/engine/reprice.h daemon/engine/route.c daemon/engine/route.h daemon/engine/slow.c daemon/engine/slow.h \
	daemon/engine/spend.c daemon/engine/spend.h daemon/engine/spending.c daemon/engine/spending.h \
	daemon/engine/suggest.c daemon/engine/suggest.h daemon/engine/summary.c daemon/engine/summary.h \
	daemon/engine/tally.c daemon/engine/tally.h daemon/engine/titling.c daemon/engine/titling.h \
	daemon/engine/tried.c daemon/engine/tried.h daemon/engine/tries.c daemon/engine/tries.h \
	daemon/engine/tries_internal.h daemon/engine/tries_lane.c daemon/engine/turns.c daemon/engine/turns.h \
	daemon/engine/vector_read.c daemon/engine/vector_read.h daemon/engine/vectors_known.c \
	daemon/engine/vectors_known.h daemon/engine/warm.c daemon/engine/warm.h daemon/engine/window.c \
	daemon/engine/window.h daemon/engine/windows.c daemon/engine/windows.h daemon/rpc/budget_map.c \
	daemon/rpc/budget_map.h daemon/rpc/cache_map.c daemon/rpc/cache_map.h daemon/rpc/conversation_call.c \
	daemon/rpc/conversation_call.h daemon/rpc/conversation_watch.c daemon/rpc/conversation_watch.h \
	daemon/rpc/dispatch.c daemon/rpc/dispatch.h daemon/rpc/handlers.h daemon/rpc/held.c daemon/rpc/held.h \
	daemon/rpc/import.c daemon/rpc/import.h daemon/rpc/import_job.c daemon/rpc/import_job.h daemon/rpc/later.c \
	daemon/rpc/later.h daemon/rpc/log_watch.c daemon/rpc/log_watch.h daemon/rpc/m_aliases.c daemon/rpc/m_answer.c \
	daemon/rpc/m_archive.c daemon/rpc/m_cache.c daemon/rpc/m_chat.c daemon/rpc/m_compare.c daemon/rpc/m_complete.c \
	daemon/rpc/m_conversation.c daemon/rpc/m_conversation_change.c daemon/rpc/m_conversation_create.c \
	daemon/rpc/m_embed.c daemon/rpc/m_keys.c daemon/rpc/m_log.c daemon/rpc/m_metrics.c daemon/rpc/m_models.c \
	daemon/rpc/m_prompt.c daemon/rpc/m_service.c daemon/rpc/m_status.c daemon/rpc/m_usage.c daemon/rpc/methods.c \
	daemon/rpc/methods_conversation.c daemon/rpc/methods_conversation.h daemon/rpc/methods_log.c \
	daemon/rpc/methods_log.h daemon/rpc/methods_models.c daemon/rpc/methods_models.h daemon/rpc/methods_prompt.c \
	daemon/rpc/methods_prompt.h daemon/rpc/methods_usage.c daemon/rpc/methods_usage.h daemon/rpc/notify.c \
	daemon/rpc/notify.h daemon/rpc/outq.c daemon/rpc/outq.h daemon/rpc/params.c daemon/rpc/peer.c \
	daemon/rpc/peer.h daemon/rpc/schema.c daemon/rpc/schema.h daemon/rpc/server.c daemon/rpc/server.h \
	daemon/rpc/shapes.c daemon/rpc/shapes.h daemon/rpc/stream.c daemon/rpc/stream.h daemon/rpc/templated.c \
	daemon/rpc/templated.h daemon/rpc/watch.c daemon/rpc/watch.h
DAEMON_CFLAGS = $(UV_CFLAGS) $(CURL_CFLAGS) $(INIH_CFLAGS) $(JANSSON_CFLAGS) $(CRYPTO_CFLAGS) \
	$(SSL_CFLAGS) $(SQLITE_CFLAGS) $(SYSTEMD_CFLAGS)
libaskd_a_CFLAGS = $(AM_CFLAGS) $(DAEMON_CFLAGS)
DAEMON_LIBS = $(MSGPACK_LIBS) $(UV_LIBS) $(CURL_LIBS) $(INIH_LIBS) $(JANSSON_LIBS) $(CRYPTO_LIBS) $(SSL_LIBS) \
	$(SQLITE_LIBS) $(SYSTEMD_LIBS) -lm

bin_PROGRAMS += daemon/askd
daemon_askd_SOURCES = daemon/main.c daemon/app.c daemon/app.h daemon/options.c daemon/options.h daemon/reload.c daemon/reload.h daemon/rooms.c daemon/rooms.h \
	daemon/settings.c daemon/settings.h
daemon_askd_CFLAGS = $(libaskd_a_CFLAGS)
daemon_askd_LDADD = libaskd.a libaskbase.a $(DAEMON_LIBS)
daemon_askd_LDFLAGS = $(AM_LDFLAGS) $(PROGRAM_SYMBOLS)
EXTRA_daemon_askd_DEPENDENCIES = daemon/cache/redis/program.syms

# The prompt cache in Redis: the one thing that is linked with hiredis, loaded where it is configured. What it needs of
# ours it takes from the program that loads it; -export-dynamic would export everything, and so stand in the way of
# symbols of the same name in libraries.
PROGRAM_SYMBOLS = -Wl,--dynamic-list=$(srcdir)/daemon/cache/redis/program.syms
EXTRA_DIST += daemon/cache/redis/program.syms
if HAVE_REDIS
moduledir = $(pkglibexecdir)
module_LTLIBRARIES = daemon/cache-redis.la
daemon_cache_redis_la_SOURCES = daemon/cache/redis/command.c daemon/cache/redis/command.h daemon/cache/redis/conn.c \
	daemon/cache/redis/conn.h daemon/cache/redis/internal.h daemon/cache/redis/link.c daemon/cache/redis/link.h \
	daemon/cache/redis/redis.c daemon/cache/redis/scan.c daemon/cache/redis/url.c daemon/cache/redis/url.h \
	daemon/cache/redis/value.c daemon/cache/redis/value.h
daemon_cache_redis_la_CFLAGS = $(AM_CFLAGS) $(UV_CFLAGS) $(CRYPTO_CFLAGS) $(HIREDIS_CFLAGS)
daemon_cache_redis_la_LIBADD = $(HIREDIS_LIBS) $(CRYPTO_LIBS) $(UV_LIBS)
daemon_cache_redis_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -export-symbols-regex '^askd_tier_module$$'

# Nobody links with a module.
install-exec-hook:
	rm -f $(DESTDIR)$(moduledir)/cache-redis.la
uninstall-hook:
	rm -f $(DESTDIR)$(moduledir)/cache-redis.so
endif
