# Unit tests mirror the source's paths; each is a program of its own that speaks TAP.
TEST_EXTENSIONS = .py
TAP_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
LOG_DRIVER = $(TAP_DRIVER)
LOG_COMPILER = $(top_srcdir)/tests/run-unit
PY_LOG_DRIVER = $(TAP_DRIVER)
PY_LOG_COMPILER = $(top_srcdir)/tests/run-python $(PYTHON3)
AM_TESTS_ENVIRONMENT = CMOCKA_MESSAGE_OUTPUT=TAP; export CMOCKA_MESSAGE_OUTPUT; \
	ASKD_BUILDDIR='$(abs_builddir)'; export ASKD_BUILDDIR; ASKD_SRCDIR='$(abs_srcdir)'; export ASKD_SRCDIR;

unit_tests = \
	tests/unit/answer/test_compact tests/unit/answer/test_fold tests/unit/answer/test_log \
	tests/unit/answer/test_runs tests/unit/answer/test_table tests/unit/archive/test_marks \
	tests/unit/archive/test_split tests/unit/ask/test_age tests/unit/ask/test_args tests/unit/ask/test_args_shown \
	tests/unit/ask/test_arms tests/unit/ask/test_base64 tests/unit/ask/test_call tests/unit/ask/test_diff_apply \
	tests/unit/ask/test_diff_property tests/unit/ask/test_edit_apply tests/unit/ask/test_edit_files \
	tests/unit/ask/test_editor tests/unit/ask/test_escape tests/unit/ask/test_explain_cut \
	tests/unit/ask/test_figures tests/unit/ask/test_json_print tests/unit/ask/test_judge \
	tests/unit/ask/test_locate tests/unit/ask/test_paths tests/unit/ask/test_schema_short \
	tests/unit/ask/test_shell_answer tests/unit/ask/test_shell_show tests/unit/ask/test_turns \
	tests/unit/ask/test_view_text tests/unit/ask/test_where tests/unit/attach/test_kind tests/unit/base/test_buf \
	tests/unit/base/test_clock tests/unit/base/test_decimal tests/unit/base/test_error \
	tests/unit/base/test_exchange tests/unit/base/test_fd tests/unit/base/test_id tests/unit/base/test_secret \
	tests/unit/base/test_utf8 tests/unit/base/test_value tests/unit/base/test_version tests/unit/base/test_words \
	tests/unit/cache/test_cache tests/unit/cache/test_cache_bounds tests/unit/cache/test_cache_clear \
	tests/unit/cache/test_item tests/unit/cache/test_key tests/unit/cache/test_key_form \
	tests/unit/cache/test_keyset tests/unit/cache/test_memory tests/unit/cache/test_redis \
	tests/unit/cache/test_redis_faults tests/unit/cache/test_redis_scan tests/unit/cache/test_redis_url \
	tests/unit/cache/test_sqlite tests/unit/cache/test_sqlite_file tests/unit/catalog/test_alias \
	tests/unit/catalog/test_catalog tests/unit/catalog/test_lists tests/unit/catalog/test_tokens \
	tests/unit/chat/test_event tests/unit/chat/test_ledger_row tests/unit/chat/test_message \
	tests/unit/chat/test_price tests/unit/chat/test_request tests/unit/chat/test_schema_check \
	tests/unit/chat/test_title tests/unit/chat/test_usage tests/unit/core/test_config \
	tests/unit/core/test_config_lines tests/unit/core/test_log tests/unit/core/test_log_journal \
	tests/unit/core/test_log_ring tests/unit/core/test_logfile tests/unit/core/test_worker \
	tests/unit/ctl/test_bars tests/unit/ctl/test_cells tests/unit/ctl/test_conf_edit tests/unit/ctl/test_csv \
	tests/unit/ctl/test_key_list tests/unit/doc/test_mdoc tests/unit/engine/test_context \
	tests/unit/engine/test_discover tests/unit/engine/test_fault tests/unit/engine/test_fetch \
	tests/unit/engine/test_figures tests/unit/engine/test_gap_trim tests/unit/engine/test_gate \
	tests/unit/engine/test_gate_limits tests/unit/engine/test_health tests/unit/engine/test_keep \
	tests/unit/engine/test_meter tests/unit/engine/test_metrics tests/unit/engine/test_offers \
	tests/unit/engine/test_place tests/unit/engine/test_premium tests/unit/engine/test_providers \
	tests/unit/engine/test_report tests/unit/engine/test_route tests/unit/engine/test_slow \
	tests/unit/engine/test_spend tests/unit/engine/test_suggest tests/unit/engine/test_titling \
	tests/unit/engine/test_turns tests/unit/engine/test_window tests/unit/http/test_address \
	tests/unit/http/test_breaker tests/unit/http/test_bucket tests/unit/http/test_bucket_day \
	tests/unit/http/test_host tests/unit/http/test_pool tests/unit/http/test_pool_faults \
	tests/unit/http/test_retry tests/unit/key/test_env_keys tests/unit/key/test_key \
	tests/unit/key/test_key_command tests/unit/key/test_key_sources tests/unit/ledger/test_amount \
	tests/unit/ledger/test_budget_room tests/unit/ledger/test_budgets tests/unit/ledger/test_budgets_life \
	tests/unit/ledger/test_budgets_model tests/unit/ledger/test_period tests/unit/ledger/test_rates \
	tests/unit/ledger/test_today tests/unit/prompt/test_front tests/unit/prompt/test_set \
	tests/unit/prompt/test_template tests/unit/proto/test_codec tests/unit/proto/test_codec_event \
	tests/unit/proto/test_frame tests/unit/proto/test_mp tests/unit/proto/test_mp_walk \
	tests/unit/provider/test_anthropic tests/unit/provider/test_error_map tests/unit/provider/test_gap \
	tests/unit/provider/test_gap_cut tests/unit/provider/test_gemini tests/unit/provider/test_jsonx \
	tests/unit/provider/test_list tests/unit/provider/test_media tests/unit/provider/test_openai_parse \
	tests/unit/provider/test_openai_request tests/unit/provider/test_openai_responses \
	tests/unit/provider/test_rate_limits tests/unit/provider/test_recordings tests/unit/provider/test_scan \
	tests/unit/provider/test_small_adapters tests/unit/provider/test_sse tests/unit/provider/test_usage \
	tests/unit/provider/test_vectors tests/unit/rpc/test_cache_map tests/unit/rpc/test_outq \
	tests/unit/rpc/test_schema tests/unit/store/test_backend_answers tests/unit/store/test_backend_changes \
	tests/unit/store/test_backend_ledger tests/unit/store/test_backend_search tests/unit/store/test_backend_trees \
	tests/unit/store/test_backends tests/unit/store/test_rows tests/unit/store/test_search_text \
	tests/unit/store/test_sqlite tests/unit/store/test_sqlite_facts tests/unit/store/test_store \
	tests/unit/store/test_store_states
terminal_tests = \
	tests/unit/tty/test_beside tests/unit/tty/test_cell tests/unit/tty/test_closing tests/unit/tty/test_column \
	tests/unit/tty/test_complete tests/unit/tty/test_highlight tests/unit/tty/test_line_history \
	tests/unit/tty/test_line_layout tests/unit/tty/test_line_open tests/unit/tty/test_live tests/unit/tty/test_md \
	tests/unit/tty/test_md_blocks tests/unit/tty/test_md_code tests/unit/tty/test_md_live \
	tests/unit/tty/test_md_promises tests/unit/tty/test_md_speed tests/unit/tty/test_prose \
	tests/unit/tty/test_slash tests/unit/tty/test_spinner tests/unit/tty/test_style
if HAVE_CMOCKA
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
if HAVE_TERMINAL
check_PROGRAMS += $(terminal_tests)
TESTS += $(terminal_tests)
unit_terminal = libasktty.a
unit_terminal_libs = $(TERMINAL_LIBS)
endif
endif
# A unit is one file, and takes what it needs of all that there is.
tests/unit/%.$(OBJEXT): AM_CFLAGS += $(DAEMON_CFLAGS) $(CMOCKA_CFLAGS) -Wno-write-strings
LDADD = $(unit_terminal) libaskcmd.a libaskd.a libaskctl.a libaskcli.a libaskclient.a libaskbase.a $(CMOCKA_LIBS) $(DAEMON_LIBS) \
	$(unit_terminal_libs) -ldl -lpthread
tests_unit_doc_test_mdoc_SOURCES = tests/unit/doc/test_mdoc.c doc/mdoc.c doc/mdoc_page.c

# These load the module, so they have to have, and to export, what it takes.
MODULE_HOST = $(AM_LDFLAGS) $(PROGRAM_SYMBOLS) -Wl,-u,secret_new -Wl,-u,log_write -Wl,-u,timer_new
tests_unit_cache_test_redis_LDFLAGS = $(MODULE_HOST)
tests_unit_cache_test_redis_faults_LDFLAGS = $(MODULE_HOST)
tests_unit_cache_test_redis_scan_LDFLAGS = $(MODULE_HOST)

# The daemon with another version, for the test of the hand-over.
check_PROGRAMS += tests/old/askd-old
tests_old_askd_old_SOURCES = daemon/main.c daemon/app.c daemon/app.h daemon/options.c daemon/options.h \
	daemon/reload.c daemon/reload.h daemon/rooms.c daemon/rooms.h daemon/settings.c daemon/settings.h tests/old/version.c
tests_old_askd_old_CFLAGS = $(libaskd_a_CFLAGS)
tests_old_askd_old_LDADD = libaskd.a libaskbase.a $(DAEMON_LIBS)

# Estimates of tokens, for the recorded questions.
check_PROGRAMS += tests/replay/estimate
tests_replay_estimate_SOURCES = tests/replay/estimate.c
tests_replay_estimate_CFLAGS = $(libaskd_a_CFLAGS)
tests_replay_estimate_LDADD = libaskd.a libaskbase.a $(DAEMON_LIBS)

# Prices, of the recorded exchanges and of every row.
check_PROGRAMS += tests/replay/price
tests_replay_price_SOURCES = tests/replay/price.c
tests_replay_price_CFLAGS = $(libaskd_a_CFLAGS)
tests_replay_price_LDADD = libaskd.a libaskbase.a $(DAEMON_LIBS)

# The real daemon, from outside.
# Recordings take the longest, and come first, so that they are not waited for alone at the end.
python_tests = \
	tests/replay/test_tokens.py tests/replay/test_requests.py tests/replay/test_recordings.py \
	tests/replay/test_prices.py tests/replay/test_embeddings.py tests/layers.py tests/rpc/test_archive.py \
	tests/rpc/test_attachments.py tests/rpc/test_branch.py tests/rpc/test_breaker.py tests/rpc/test_bridge.py \
	tests/rpc/test_bridge_vim.py tests/rpc/test_budgets.py tests/rpc/test_cache.py tests/rpc/test_cache_bounds.py \
	tests/rpc/test_cache_conversations.py tests/rpc/test_cache_disk.py tests/rpc/test_cache_embed.py \
	tests/rpc/test_cache_kept.py tests/rpc/test_cache_redis.py tests/rpc/test_cache_rpc.py \
	tests/rpc/test_cache_scopes.py tests/rpc/test_chat.py tests/rpc/test_client.py tests/rpc/test_compare.py \
	tests/rpc/test_compare_conversations.py tests/rpc/test_complete.py tests/rpc/test_conversation.py \
	tests/rpc/test_edit.py tests/rpc/test_embed.py tests/rpc/test_estimate.py tests/rpc/test_fault_next.py \
	tests/rpc/test_fault_table.py tests/rpc/test_faults.py tests/rpc/test_fidelity.py tests/rpc/test_frames.py \
	tests/rpc/test_handover.py tests/rpc/test_hello_status.py tests/rpc/test_key_commands.py \
	tests/rpc/test_keys.py tests/rpc/test_kill.py tests/rpc/test_leave.py tests/rpc/test_ledger.py \
	tests/rpc/test_ledger_figures.py tests/rpc/test_ledger_kept.py tests/rpc/test_library.py \
	tests/rpc/test_lifecycle.py tests/rpc/test_log.py tests/rpc/test_metrics.py tests/rpc/test_models.py \
	tests/rpc/test_models_refresh.py tests/rpc/test_premium.py tests/rpc/test_prompts.py \
	tests/rpc/test_prompts_folders.py tests/rpc/test_queue.py tests/rpc/test_race.py tests/rpc/test_reload.py \
	tests/rpc/test_restart.py tests/rpc/test_routing.py tests/rpc/test_schedules.py tests/rpc/test_schema.py \
	tests/rpc/test_schema_property.py tests/rpc/test_search.py tests/rpc/test_secrets.py tests/rpc/test_service.py \
	tests/rpc/test_single_flight.py tests/rpc/test_single_flight_ends.py tests/rpc/test_slow.py \
	tests/rpc/test_spent.py tests/rpc/test_store_trouble.py tests/rpc/test_system_mode.py \
	tests/rpc/test_systemd.py tests/rpc/test_terminal_attacks.py tests/rpc/test_titling.py tests/rpc/test_tls.py \
	tests/rpc/test_tree.py tests/rpc/test_tree_model.py tests/rpc/test_usage.py tests/rpc/test_usage_scopes.py \
	tests/rpc/test_warm.py tests/rpc/test_watch.py tests/rpc/test_window.py tests/editors/test_writing_a_plugin.py
# Those of ask and askctl, in thousands of short programs, of which sanitizers would take the most time to start: they look at
# the units of both, and at all that reads what others say (test_bridge, test_edit, test_terminal_attacks).
client_tests = \
	tests/rpc/test_aliases_cli.py tests/rpc/test_ask_attach.py tests/rpc/test_ask_cache.py \
	tests/rpc/test_ask_code.py tests/rpc/test_ask_compare.py tests/rpc/test_ask_conversations.py \
	tests/rpc/test_ask_copy.py tests/rpc/test_ask_costs.py tests/rpc/test_ask_detach.py \
	tests/rpc/test_ask_formats.py tests/rpc/test_ask_input.py tests/rpc/test_ask_interrupted.py \
	tests/rpc/test_ask_schema.py tests/rpc/test_ask_shell.py tests/rpc/test_cache_cli.py \
	tests/rpc/test_compare_terminal.py tests/rpc/test_completion.py tests/rpc/test_completion_shells.py \
	tests/rpc/test_contexts.py tests/rpc/test_conv_ids.py tests/rpc/test_ctl_answers.py tests/rpc/test_ctl_wait.py \
	tests/rpc/test_doctor.py tests/rpc/test_edit_terminal.py tests/rpc/test_exit_statuses.py \
	tests/rpc/test_explain_last.py tests/rpc/test_help.py tests/rpc/test_keys_ctl.py tests/rpc/test_log_cli.py \
	tests/rpc/test_models_cli.py tests/rpc/test_pager.py tests/rpc/test_pages.py tests/rpc/test_project.py \
	tests/rpc/test_prompts_cli.py tests/rpc/test_protocol_page.py tests/rpc/test_providers_cli.py \
	tests/rpc/test_screen.py tests/rpc/test_session.py tests/rpc/test_setup.py tests/rpc/test_setup_terminal.py \
	tests/rpc/test_shell_keys.py tests/rpc/test_ssh.py tests/rpc/test_status_cli.py tests/rpc/test_terminal.py \
	tests/rpc/test_trouble.py tests/rpc/test_usage_cli.py
# Those of plugins: they try Lua and Vim script, which sanitizers would only slow down.
editor_tests = \
	tests/editors/test_emacs_apply.py tests/editors/test_emacs_ask.py tests/editors/test_emacs_attach.py \
	tests/editors/test_emacs_buffers.py tests/editors/test_emacs_chat.py tests/editors/test_emacs_chat_screen.py \
	tests/editors/test_emacs_chat_stall.py tests/editors/test_emacs_client.py tests/editors/test_emacs_msgpack.py \
	tests/editors/test_emacs_package.py tests/editors/test_emacs_pick.py tests/editors/test_emacs_pure.py \
	tests/editors/test_emacs_rewrite.py tests/editors/test_emacs_stall.py tests/editors/test_emacs_suggest.py \
	tests/editors/test_nvim_args.py tests/editors/test_nvim_ask.py tests/editors/test_nvim_attach.py \
	tests/editors/test_nvim_chat.py tests/editors/test_nvim_chat_screen.py tests/editors/test_nvim_chat_stall.py \
	tests/editors/test_nvim_client.py tests/editors/test_nvim_help.py tests/editors/test_nvim_pick.py \
	tests/editors/test_nvim_plain.py tests/editors/test_nvim_rewrite.py tests/editors/test_nvim_screen.py \
	tests/editors/test_nvim_stall.py tests/editors/test_nvim_suggest.py tests/editors/test_nvim_turns.py \
	tests/editors/test_together.py tests/editors/test_vim_ask.py tests/editors/test_vim_chat.py \
	tests/editors/test_vim_chat_stall.py tests/editors/test_vim_help.py tests/editors/test_vim_pages.py \
	tests/editors/test_vim_pure.py tests/editors/test_vim_rewrite.py tests/editors/test_vim_stall.py \
	tests/editors/test_vim_suggest.py tests/editors/test_vim_tools.py tests/editors/test_vscode_ask.py \
	tests/editors/test_vscode_attach.py tests/editors/test_vscode_chat.py tests/editors/test_vscode_chat_stall.py \
	tests/editors/test_vscode_client.py tests/editors/test_vscode_package.py tests/editors/test_vscode_pick.py \
	tests/editors/test_vscode_rewrite.py tests/editors/test_vscode_stall.py tests/editors/test_vscode_suggest.py \
	tests/editors/test_vscode_units.py
# How long an editor stands still is measured once nothing else is tried, one file at a time.
stall_logs = $(filter %_stall.log,$(TEST_LOGS))
$(stall_logs): $(filter-out $(stall_logs),$(TEST_LOGS))
# The longest of all, so begun first.
conformance_test = tests/editors/test_conformance.py
if !SANITIZERS
TESTS += $(conformance_test)
endif
TESTS += $(python_tests)
if !SANITIZERS
TESTS += $(client_tests) $(editor_tests)
endif
EXTRA_DIST += $(python_tests) $(client_tests) $(conformance_test) $(editor_tests) \
	tests/run-python tests/run-unit tests/conftest.py tests/fuzz/corpus tests/unit/folder_remove.h \
	tests/unit/recorded_limits.h tests/unit/skip.h tests/unit/ask/parsed.h tests/unit/cache/cache_clock.h \
	tests/unit/cache/cache_items.h tests/unit/cache/cache_open.h tests/unit/cache/key_questions.h \
	tests/unit/cache/redis_server.h tests/unit/cache/sqlite_bench.h tests/unit/cache/tier_fake.h \
	tests/unit/cache/tier_run.h tests/unit/catalog/catalog_files.h tests/unit/core/config_files.h \
	tests/unit/engine/gate_visitors.h tests/unit/engine/routing.h tests/unit/http/http_server.h \
	tests/unit/http/limited_provider.h tests/unit/http/pool_client.h tests/unit/ledger/budgets_calls.h \
	tests/unit/ledger/ledger_files.h tests/unit/provider/building.h tests/unit/provider/chunks.h \
	tests/unit/provider/parsing.h tests/unit/store/backend_jobs.h tests/unit/store/ledger_jobs.h \
	tests/unit/store/store_fake.h tests/unit/store/store_plain.h tests/unit/tty/md_fault.h \
	tests/unit/tty/md_outline.h tests/unit/tty/md_rendered.h tests/editors/emacs/askd-test-channel.el \
	tests/editors/emacs/check-package.el tests/editors/emacs/test-msgpack.el tests/editors/emacs/test-page.el \
	tests/editors/emacs/test-turns.el tests/editors/drivers/__init__.py tests/editors/drivers/driver.py \
	tests/editors/drivers/emacs.py tests/editors/drivers/nvim.py tests/editors/drivers/vim.py \
	tests/editors/drivers/vscode.py tests/editors/conformance.py tests/editors/helpers_chat.py \
	tests/editors/helpers_checks.py tests/editors/helpers_checks_talk.py tests/editors/helpers_checks_text.py \
	tests/editors/helpers_emacs.py tests/editors/helpers_emacs_chat.py tests/editors/helpers_ert.py \
	tests/editors/helpers_nvim.py tests/editors/helpers_stage.py tests/editors/helpers_vim.py \
	tests/editors/helpers_vim_chat.py tests/editors/helpers_vscode.py tests/editors/helpers_vscode_chat.py \
	tests/rpc/client.py tests/rpc/helpers_acts.py tests/rpc/helpers_archive.py tests/rpc/helpers_attacks.py \
	tests/rpc/helpers_bridge.py tests/rpc/helpers_cache.py tests/rpc/helpers_canned.py \
	tests/rpc/helpers_confine.py tests/rpc/helpers_crowd.py tests/rpc/helpers_edit.py tests/rpc/helpers_files.py \
	tests/rpc/helpers_flights.py tests/rpc/helpers_keys.py tests/rpc/helpers_model.py \
	tests/rpc/helpers_prometheus.py tests/rpc/helpers_prompts.py tests/rpc/helpers_routing.py \
	tests/rpc/helpers_schedule.py tests/rpc/helpers_scripted.py tests/rpc/helpers_shell.py \
	tests/rpc/helpers_sshd.py tests/rpc/helpers_steered.py tests/rpc/helpers_system.py \
	tests/rpc/helpers_terminal.py tests/rpc/helpers_tls.py tests/rpc/helpers_tmux.py tests/rpc/helpers_told.py \
	tests/rpc/helpers_tree.py tests/rpc/helpers_web.py tests/provider/fault_provider.py tests/provider/grammars.py \
	tests/provider/list_server.py tests/provider/tls_provider.py tests/fuzz/adapter.h tests/fuzz/fuzz_anthropic.c \
	tests/fuzz/fuzz_archive.c tests/fuzz/fuzz_cohere.c tests/fuzz/fuzz_config.c tests/fuzz/fuzz_dashscope.c \
	tests/fuzz/fuzz_diff.c tests/fuzz/fuzz_frame.c tests/fuzz/fuzz_front.c tests/fuzz/fuzz_gemini.c \
	tests/fuzz/fuzz_item.c tests/fuzz/fuzz_list.c tests/fuzz/fuzz_llm.c tests/fuzz/fuzz_markdown.c \
	tests/fuzz/fuzz_md.c tests/fuzz/fuzz_ollama.c tests/fuzz/fuzz_openai_chat.c tests/fuzz/fuzz_openai_responses.c \
	tests/fuzz/fuzz_project.c tests/fuzz/fuzz_rate_limits.c tests/fuzz/fuzz_scan.c tests/fuzz/fuzz_schema.c \
	tests/fuzz/fuzz_schema_short.c tests/fuzz/fuzz_search.c tests/fuzz/fuzz_sse.c tests/fuzz/fuzz_template.c \
	tests/fuzz/fuzz_vectors.c tests/fuzz/config.dict tests/fuzz/frame.dict tests/fuzz/front.dict \
	tests/fuzz/fuzz_gap.c tests/fuzz/json.dict tests/fuzz/template.dict tests/bench/cachefill.c \
	tests/bench/httpstream.c tests/bench/ledgerfill.c tests/bench/load.c tests/bench/mockllm.c tests/bench/parse.c \
	tests/bench/pidcpu.c tests/bench/response.c tests/bench/rpcask.c tests/bench/rpccrowd.c tests/bench/rpcfill.c \
	tests/bench/rpcload.c tests/bench/rpcstream.c tests/bench/runcost.c tests/bench/startcost.c tests/bench/load.h \
	tests/bench/response.h tests/bench/run.sh tests/bench/longpath.py tests/bench/manychats.py \
	tests/bench/screentime.py tests/bench/typingtime.py tests/fuzz/run tests/host/helpers_browser.py \
	tests/host/helpers_window.py tests/host/install.py tests/host/standin/main.js tests/host/standin/package.json \
	tests/host/test_vscode.py
EXTRA_DIST += tests/rpc/schema.py tests/replay/accepted.py tests/replay/priced.py tests/replay/replayed.py tests/replay/turns.py

# Fuzzers need clang. FUZZ_SECONDS each; a find ends the run.
FUZZ_SECONDS = 60
FUZZERS = project diff schema schema_short config frame openai_chat openai_responses anthropic gemini ollama cohere dashscope list vectors gap scan sse item template front search markdown md archive llm
.PHONY: fuzz bench
fuzz:
	$(srcdir)/tests/fuzz/run '$(CLANG)' '$(abs_srcdir)' fuzz-out $(FUZZ_SECONDS) $(FUZZERS)

# Which feature of the plugins works in which editor, as a table. EDITORS: those alone.
EDITORS =
.PHONY: conformance
conformance: all
	editors='$(EDITORS)'; ASKD_BUILDDIR='$(abs_builddir)' \
	$(PYTHON3) '$(srcdir)/tests/editors/conformance.py' $${editors:+--editor $$editors}

# VS Code itself, as code-server: no part of `check`, for it takes hundreds of megabytes and minutes.
.PHONY: check-vscode-host
check-vscode-host: all vsix
	$(PYTHON3) $(srcdir)/tests/host/install.py vscode-host
	ASKD_BUILDDIR='$(abs_builddir)' $(PYTHON3) -m pytest -v -p no:cacheprovider $(srcdir)/tests/host

bench: all
	ASKD_BUILDDIR='$(abs_builddir)' $(srcdir)/tests/bench/run.sh
