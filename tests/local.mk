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
endif
endif
UNIT_CFLAGS = $(libaskd_la_CFLAGS) $(CMOCKA_CFLAGS) -Wno-write-strings
UNIT_LDADD = libaskcmd.la libaskcli.la libaskd.la $(CMOCKA_LIBS) $(UV_LIBS) -ldl -lpthread -lm
CTL_LDADD = libaskctl.la $(UNIT_LDADD)
TERMINAL_LDADD = libasktty.la $(UNIT_LDADD) $(TERMINAL_LIBS)
tests_unit_answer_test_compact_SOURCES = tests/unit/answer/test_compact.c
tests_unit_answer_test_compact_CFLAGS = $(UNIT_CFLAGS)
tests_unit_answer_test_compact_LDADD = $(UNIT_LDADD)
tests_unit_answer_test_fold_SOURCES = tests/unit/answer/test_fold.c
tests_unit_answer_test_fold_CFLAGS = $(UNIT_CFLAGS)
tests_unit_answer_test_fold_LDADD = $(UNIT_LDADD)
tests_unit_answer_test_log_SOURCES = tests/unit/answer/test_log.c
tests_unit_answer_test_log_CFLAGS = $(UNIT_CFLAGS)
tests_unit_answer_test_log_LDADD = $(UNIT_LDADD)
tests_unit_answer_test_runs_SOURCES = tests/unit/answer/test_runs.c
tests_unit_answer_test_runs_CFLAGS = $(UNIT_CFLAGS)
tests_unit_answer_test_runs_LDADD = $(UNIT_LDADD)
tests_unit_answer_test_table_SOURCES = tests/unit/answer/test_table.c
tests_unit_answer_test_table_CFLAGS = $(UNIT_CFLAGS)
tests_unit_answer_test_table_LDADD = $(UNIT_LDADD)
tests_unit_archive_test_marks_SOURCES = tests/unit/archive/test_marks.c
tests_unit_archive_test_marks_CFLAGS = $(UNIT_CFLAGS)
tests_unit_archive_test_marks_LDADD = $(UNIT_LDADD)
tests_unit_archive_test_split_SOURCES = tests/unit/archive/test_split.c
tests_unit_archive_test_split_CFLAGS = $(UNIT_CFLAGS)
tests_unit_archive_test_split_LDADD = $(UNIT_LDADD)
tests_unit_ask_test_age_SOURCES = tests/unit/ask/test_age.c
tests_unit_ask_test_age_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ask_test_age_LDADD = $(UNIT_LDADD)
tests_unit_ask_test_args_SOURCES = tests/unit/ask/test_args.c
tests_unit_ask_test_args_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ask_test_args_LDADD = $(UNIT_LDADD)
tests_unit_ask_test_args_shown_SOURCES = tests/unit/ask/test_args_shown.c
tests_unit_ask_test_args_shown_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ask_test_args_shown_LDADD = $(UNIT_LDADD)
tests_unit_ask_test_arms_SOURCES = tests/unit/ask/test_arms.c
tests_unit_ask_test_arms_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ask_test_arms_LDADD = $(UNIT_LDADD)
tests_unit_ask_test_base64_SOURCES = tests/unit/ask/test_base64.c
tests_unit_ask_test_base64_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ask_test_base64_LDADD = $(UNIT_LDADD)
tests_unit_ask_test_call_SOURCES = tests/unit/ask/test_call.c
tests_unit_ask_test_call_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ask_test_call_LDADD = $(UNIT_LDADD)
tests_unit_ask_test_diff_apply_SOURCES = tests/unit/ask/test_diff_apply.c
tests_unit_ask_test_diff_apply_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ask_test_diff_apply_LDADD = $(UNIT_LDADD)
tests_unit_ask_test_diff_property_SOURCES = tests/unit/ask/test_diff_property.c
tests_unit_ask_test_diff_property_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ask_test_diff_property_LDADD = $(UNIT_LDADD)
tests_unit_ask_test_edit_apply_SOURCES = tests/unit/ask/test_edit_apply.c
tests_unit_ask_test_edit_apply_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ask_test_edit_apply_LDADD = $(UNIT_LDADD)
tests_unit_ask_test_edit_files_SOURCES = tests/unit/ask/test_edit_files.c
tests_unit_ask_test_edit_files_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ask_test_edit_files_LDADD = $(UNIT_LDADD)
tests_unit_ask_test_editor_SOURCES = tests/unit/ask/test_editor.c
tests_unit_ask_test_editor_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ask_test_editor_LDADD = $(UNIT_LDADD)
tests_unit_ask_test_escape_SOURCES = tests/unit/ask/test_escape.c
tests_unit_ask_test_escape_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ask_test_escape_LDADD = $(UNIT_LDADD)
tests_unit_ask_test_explain_cut_SOURCES = tests/unit/ask/test_explain_cut.c
tests_unit_ask_test_explain_cut_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ask_test_explain_cut_LDADD = $(UNIT_LDADD)
tests_unit_ask_test_figures_SOURCES = tests/unit/ask/test_figures.c
tests_unit_ask_test_figures_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ask_test_figures_LDADD = $(UNIT_LDADD)
tests_unit_ask_test_json_print_SOURCES = tests/unit/ask/test_json_print.c
tests_unit_ask_test_json_print_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ask_test_json_print_LDADD = $(UNIT_LDADD)
tests_unit_ask_test_judge_SOURCES = tests/unit/ask/test_judge.c
tests_unit_ask_test_judge_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ask_test_judge_LDADD = $(UNIT_LDADD)
tests_unit_ask_test_locate_SOURCES = tests/unit/ask/test_locate.c
tests_unit_ask_test_locate_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ask_test_locate_LDADD = $(UNIT_LDADD)
tests_unit_ask_test_paths_SOURCES = tests/unit/ask/test_paths.c
tests_unit_ask_test_paths_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ask_test_paths_LDADD = $(UNIT_LDADD)
tests_unit_ask_test_schema_short_SOURCES = tests/unit/ask/test_schema_short.c
tests_unit_ask_test_schema_short_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ask_test_schema_short_LDADD = $(UNIT_LDADD)
tests_unit_ask_test_shell_answer_SOURCES = tests/unit/ask/test_shell_answer.c
tests_unit_ask_test_shell_answer_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ask_test_shell_answer_LDADD = $(UNIT_LDADD)
tests_unit_ask_test_shell_show_SOURCES = tests/unit/ask/test_shell_show.c
tests_unit_ask_test_shell_show_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ask_test_shell_show_LDADD = $(UNIT_LDADD)
tests_unit_ask_test_turns_SOURCES = tests/unit/ask/test_turns.c
tests_unit_ask_test_turns_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ask_test_turns_LDADD = $(UNIT_LDADD)
tests_unit_ask_test_view_text_SOURCES = tests/unit/ask/test_view_text.c
tests_unit_ask_test_view_text_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ask_test_view_text_LDADD = $(UNIT_LDADD)
tests_unit_ask_test_where_SOURCES = tests/unit/ask/test_where.c
tests_unit_ask_test_where_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ask_test_where_LDADD = $(UNIT_LDADD)
tests_unit_attach_test_kind_SOURCES = tests/unit/attach/test_kind.c
tests_unit_attach_test_kind_CFLAGS = $(UNIT_CFLAGS)
tests_unit_attach_test_kind_LDADD = $(UNIT_LDADD)
tests_unit_base_test_buf_SOURCES = tests/unit/base/test_buf.c
tests_unit_base_test_buf_CFLAGS = $(UNIT_CFLAGS)
tests_unit_base_test_buf_LDADD = $(UNIT_LDADD)
tests_unit_base_test_clock_SOURCES = tests/unit/base/test_clock.c
tests_unit_base_test_clock_CFLAGS = $(UNIT_CFLAGS)
tests_unit_base_test_clock_LDADD = $(UNIT_LDADD)
tests_unit_base_test_decimal_SOURCES = tests/unit/base/test_decimal.c
tests_unit_base_test_decimal_CFLAGS = $(UNIT_CFLAGS)
tests_unit_base_test_decimal_LDADD = $(UNIT_LDADD)
tests_unit_base_test_error_SOURCES = tests/unit/base/test_error.c
tests_unit_base_test_error_CFLAGS = $(UNIT_CFLAGS)
tests_unit_base_test_error_LDADD = $(UNIT_LDADD)
tests_unit_base_test_exchange_SOURCES = tests/unit/base/test_exchange.c
tests_unit_base_test_exchange_CFLAGS = $(UNIT_CFLAGS)
tests_unit_base_test_exchange_LDADD = $(UNIT_LDADD)
tests_unit_base_test_fd_SOURCES = tests/unit/base/test_fd.c
tests_unit_base_test_fd_CFLAGS = $(UNIT_CFLAGS)
tests_unit_base_test_fd_LDADD = $(UNIT_LDADD)
tests_unit_base_test_id_SOURCES = tests/unit/base/test_id.c
tests_unit_base_test_id_CFLAGS = $(UNIT_CFLAGS)
tests_unit_base_test_id_LDADD = $(UNIT_LDADD)
tests_unit_base_test_secret_SOURCES = tests/unit/base/test_secret.c
tests_unit_base_test_secret_CFLAGS = $(UNIT_CFLAGS)
tests_unit_base_test_secret_LDADD = $(UNIT_LDADD)
tests_unit_base_test_utf8_SOURCES = tests/unit/base/test_utf8.c
tests_unit_base_test_utf8_CFLAGS = $(UNIT_CFLAGS)
tests_unit_base_test_utf8_LDADD = $(UNIT_LDADD)
tests_unit_base_test_value_SOURCES = tests/unit/base/test_value.c
tests_unit_base_test_value_CFLAGS = $(UNIT_CFLAGS)
tests_unit_base_test_value_LDADD = $(UNIT_LDADD)
tests_unit_base_test_version_SOURCES = tests/unit/base/test_version.c
tests_unit_base_test_version_CFLAGS = $(UNIT_CFLAGS)
tests_unit_base_test_version_LDADD = $(UNIT_LDADD)
tests_unit_base_test_words_SOURCES = tests/unit/base/test_words.c
tests_unit_base_test_words_CFLAGS = $(UNIT_CFLAGS)
tests_unit_base_test_words_LDADD = $(UNIT_LDADD)
tests_unit_cache_test_cache_SOURCES = tests/unit/cache/test_cache.c
tests_unit_cache_test_cache_CFLAGS = $(UNIT_CFLAGS)
tests_unit_cache_test_cache_LDADD = $(UNIT_LDADD)
tests_unit_cache_test_cache_bounds_SOURCES = tests/unit/cache/test_cache_bounds.c
tests_unit_cache_test_cache_bounds_CFLAGS = $(UNIT_CFLAGS)
tests_unit_cache_test_cache_bounds_LDADD = $(UNIT_LDADD)
tests_unit_cache_test_cache_clear_SOURCES = tests/unit/cache/test_cache_clear.c
tests_unit_cache_test_cache_clear_CFLAGS = $(UNIT_CFLAGS)
tests_unit_cache_test_cache_clear_LDADD = $(UNIT_LDADD)
tests_unit_cache_test_item_SOURCES = tests/unit/cache/test_item.c
tests_unit_cache_test_item_CFLAGS = $(UNIT_CFLAGS)
tests_unit_cache_test_item_LDADD = $(UNIT_LDADD)
tests_unit_cache_test_key_SOURCES = tests/unit/cache/test_key.c
tests_unit_cache_test_key_CFLAGS = $(UNIT_CFLAGS)
tests_unit_cache_test_key_LDADD = $(UNIT_LDADD)
tests_unit_cache_test_key_form_SOURCES = tests/unit/cache/test_key_form.c
tests_unit_cache_test_key_form_CFLAGS = $(UNIT_CFLAGS)
tests_unit_cache_test_key_form_LDADD = $(UNIT_LDADD)
tests_unit_cache_test_keyset_SOURCES = tests/unit/cache/test_keyset.c
tests_unit_cache_test_keyset_CFLAGS = $(UNIT_CFLAGS)
tests_unit_cache_test_keyset_LDADD = $(UNIT_LDADD)
tests_unit_cache_test_memory_SOURCES = tests/unit/cache/test_memory.c
tests_unit_cache_test_memory_CFLAGS = $(UNIT_CFLAGS)
tests_unit_cache_test_memory_LDADD = $(UNIT_LDADD)
tests_unit_cache_test_redis_SOURCES = tests/unit/cache/test_redis.c
tests_unit_cache_test_redis_CFLAGS = $(UNIT_CFLAGS)
tests_unit_cache_test_redis_LDADD = $(UNIT_LDADD)
tests_unit_cache_test_redis_faults_SOURCES = tests/unit/cache/test_redis_faults.c
tests_unit_cache_test_redis_faults_CFLAGS = $(UNIT_CFLAGS)
tests_unit_cache_test_redis_faults_LDADD = $(UNIT_LDADD)
tests_unit_cache_test_redis_scan_SOURCES = tests/unit/cache/test_redis_scan.c
tests_unit_cache_test_redis_scan_CFLAGS = $(UNIT_CFLAGS)
tests_unit_cache_test_redis_scan_LDADD = $(UNIT_LDADD)
tests_unit_cache_test_redis_url_SOURCES = tests/unit/cache/test_redis_url.c
tests_unit_cache_test_redis_url_CFLAGS = $(UNIT_CFLAGS)
tests_unit_cache_test_redis_url_LDADD = $(UNIT_LDADD)
tests_unit_cache_test_sqlite_SOURCES = tests/unit/cache/test_sqlite.c
tests_unit_cache_test_sqlite_CFLAGS = $(UNIT_CFLAGS)
tests_unit_cache_test_sqlite_LDADD = $(UNIT_LDADD)
tests_unit_cache_test_sqlite_file_SOURCES = tests/unit/cache/test_sqlite_file.c
tests_unit_cache_test_sqlite_file_CFLAGS = $(UNIT_CFLAGS)
tests_unit_cache_test_sqlite_file_LDADD = $(UNIT_LDADD)
tests_unit_catalog_test_alias_SOURCES = tests/unit/catalog/test_alias.c
tests_unit_catalog_test_alias_CFLAGS = $(UNIT_CFLAGS)
tests_unit_catalog_test_alias_LDADD = $(UNIT_LDADD)
tests_unit_catalog_test_catalog_SOURCES = tests/unit/catalog/test_catalog.c
tests_unit_catalog_test_catalog_CFLAGS = $(UNIT_CFLAGS)
tests_unit_catalog_test_catalog_LDADD = $(UNIT_LDADD)
tests_unit_catalog_test_lists_SOURCES = tests/unit/catalog/test_lists.c
tests_unit_catalog_test_lists_CFLAGS = $(UNIT_CFLAGS)
tests_unit_catalog_test_lists_LDADD = $(UNIT_LDADD)
tests_unit_catalog_test_tokens_SOURCES = tests/unit/catalog/test_tokens.c
tests_unit_catalog_test_tokens_CFLAGS = $(UNIT_CFLAGS)
tests_unit_catalog_test_tokens_LDADD = $(UNIT_LDADD)
tests_unit_chat_test_event_SOURCES = tests/unit/chat/test_event.c
tests_unit_chat_test_event_CFLAGS = $(UNIT_CFLAGS)
tests_unit_chat_test_event_LDADD = $(UNIT_LDADD)
tests_unit_chat_test_ledger_row_SOURCES = tests/unit/chat/test_ledger_row.c
tests_unit_chat_test_ledger_row_CFLAGS = $(UNIT_CFLAGS)
tests_unit_chat_test_ledger_row_LDADD = $(UNIT_LDADD)
tests_unit_chat_test_message_SOURCES = tests/unit/chat/test_message.c
tests_unit_chat_test_message_CFLAGS = $(UNIT_CFLAGS)
tests_unit_chat_test_message_LDADD = $(UNIT_LDADD)
tests_unit_chat_test_price_SOURCES = tests/unit/chat/test_price.c
tests_unit_chat_test_price_CFLAGS = $(UNIT_CFLAGS)
tests_unit_chat_test_price_LDADD = $(UNIT_LDADD)
tests_unit_chat_test_request_SOURCES = tests/unit/chat/test_request.c
tests_unit_chat_test_request_CFLAGS = $(UNIT_CFLAGS)
tests_unit_chat_test_request_LDADD = $(UNIT_LDADD)
tests_unit_chat_test_schema_check_SOURCES = tests/unit/chat/test_schema_check.c
tests_unit_chat_test_schema_check_CFLAGS = $(UNIT_CFLAGS)
tests_unit_chat_test_schema_check_LDADD = $(UNIT_LDADD)
tests_unit_chat_test_title_SOURCES = tests/unit/chat/test_title.c
tests_unit_chat_test_title_CFLAGS = $(UNIT_CFLAGS)
tests_unit_chat_test_title_LDADD = $(UNIT_LDADD)
tests_unit_chat_test_usage_SOURCES = tests/unit/chat/test_usage.c
tests_unit_chat_test_usage_CFLAGS = $(UNIT_CFLAGS)
tests_unit_chat_test_usage_LDADD = $(UNIT_LDADD)
tests_unit_core_test_config_SOURCES = tests/unit/core/test_config.c
tests_unit_core_test_config_CFLAGS = $(UNIT_CFLAGS)
tests_unit_core_test_config_LDADD = $(UNIT_LDADD)
tests_unit_core_test_config_lines_SOURCES = tests/unit/core/test_config_lines.c
tests_unit_core_test_config_lines_CFLAGS = $(UNIT_CFLAGS)
tests_unit_core_test_config_lines_LDADD = $(UNIT_LDADD)
tests_unit_core_test_log_SOURCES = tests/unit/core/test_log.c
tests_unit_core_test_log_CFLAGS = $(UNIT_CFLAGS)
tests_unit_core_test_log_LDADD = $(UNIT_LDADD)
tests_unit_core_test_log_journal_SOURCES = tests/unit/core/test_log_journal.c
tests_unit_core_test_log_journal_CFLAGS = $(UNIT_CFLAGS)
tests_unit_core_test_log_journal_LDADD = $(UNIT_LDADD)
tests_unit_core_test_log_ring_SOURCES = tests/unit/core/test_log_ring.c
tests_unit_core_test_log_ring_CFLAGS = $(UNIT_CFLAGS)
tests_unit_core_test_log_ring_LDADD = $(UNIT_LDADD)
tests_unit_core_test_logfile_SOURCES = tests/unit/core/test_logfile.c
tests_unit_core_test_logfile_CFLAGS = $(UNIT_CFLAGS)
tests_unit_core_test_logfile_LDADD = $(UNIT_LDADD)
tests_unit_core_test_worker_SOURCES = tests/unit/core/test_worker.c
tests_unit_core_test_worker_CFLAGS = $(UNIT_CFLAGS)
tests_unit_core_test_worker_LDADD = $(UNIT_LDADD)
tests_unit_ctl_test_bars_SOURCES = tests/unit/ctl/test_bars.c
tests_unit_ctl_test_bars_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ctl_test_bars_LDADD = $(CTL_LDADD)
tests_unit_ctl_test_cells_SOURCES = tests/unit/ctl/test_cells.c
tests_unit_ctl_test_cells_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ctl_test_cells_LDADD = $(CTL_LDADD)
tests_unit_ctl_test_conf_edit_SOURCES = tests/unit/ctl/test_conf_edit.c
tests_unit_ctl_test_conf_edit_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ctl_test_conf_edit_LDADD = $(CTL_LDADD)
tests_unit_ctl_test_csv_SOURCES = tests/unit/ctl/test_csv.c
tests_unit_ctl_test_csv_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ctl_test_csv_LDADD = $(CTL_LDADD)
tests_unit_ctl_test_key_list_SOURCES = tests/unit/ctl/test_key_list.c
tests_unit_ctl_test_key_list_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ctl_test_key_list_LDADD = $(CTL_LDADD)
tests_unit_doc_test_mdoc_SOURCES = tests/unit/doc/test_mdoc.c doc/mdoc.c doc/mdoc_page.c
tests_unit_doc_test_mdoc_CFLAGS = $(UNIT_CFLAGS)
tests_unit_doc_test_mdoc_LDADD = $(UNIT_LDADD)
tests_unit_engine_test_context_SOURCES = tests/unit/engine/test_context.c
tests_unit_engine_test_context_CFLAGS = $(UNIT_CFLAGS)
tests_unit_engine_test_context_LDADD = $(UNIT_LDADD)
tests_unit_engine_test_discover_SOURCES = tests/unit/engine/test_discover.c
tests_unit_engine_test_discover_CFLAGS = $(UNIT_CFLAGS)
tests_unit_engine_test_discover_LDADD = $(UNIT_LDADD)
tests_unit_engine_test_fault_SOURCES = tests/unit/engine/test_fault.c
tests_unit_engine_test_fault_CFLAGS = $(UNIT_CFLAGS)
tests_unit_engine_test_fault_LDADD = $(UNIT_LDADD)
tests_unit_engine_test_fetch_SOURCES = tests/unit/engine/test_fetch.c
tests_unit_engine_test_fetch_CFLAGS = $(UNIT_CFLAGS)
tests_unit_engine_test_fetch_LDADD = $(UNIT_LDADD)
tests_unit_engine_test_figures_SOURCES = tests/unit/engine/test_figures.c
tests_unit_engine_test_figures_CFLAGS = $(UNIT_CFLAGS)
tests_unit_engine_test_figures_LDADD = $(UNIT_LDADD)
tests_unit_engine_test_gap_trim_SOURCES = tests/unit/engine/test_gap_trim.c
tests_unit_engine_test_gap_trim_CFLAGS = $(UNIT_CFLAGS)
tests_unit_engine_test_gap_trim_LDADD = $(UNIT_LDADD)
tests_unit_engine_test_gate_SOURCES = tests/unit/engine/test_gate.c
tests_unit_engine_test_gate_CFLAGS = $(UNIT_CFLAGS)
tests_unit_engine_test_gate_LDADD = $(UNIT_LDADD)
tests_unit_engine_test_gate_limits_SOURCES = tests/unit/engine/test_gate_limits.c
tests_unit_engine_test_gate_limits_CFLAGS = $(UNIT_CFLAGS)
tests_unit_engine_test_gate_limits_LDADD = $(UNIT_LDADD)
tests_unit_engine_test_health_SOURCES = tests/unit/engine/test_health.c
tests_unit_engine_test_health_CFLAGS = $(UNIT_CFLAGS)
tests_unit_engine_test_health_LDADD = $(UNIT_LDADD)
tests_unit_engine_test_keep_SOURCES = tests/unit/engine/test_keep.c
tests_unit_engine_test_keep_CFLAGS = $(UNIT_CFLAGS)
tests_unit_engine_test_keep_LDADD = $(UNIT_LDADD)
tests_unit_engine_test_meter_SOURCES = tests/unit/engine/test_meter.c
tests_unit_engine_test_meter_CFLAGS = $(UNIT_CFLAGS)
tests_unit_engine_test_meter_LDADD = $(UNIT_LDADD)
tests_unit_engine_test_metrics_SOURCES = tests/unit/engine/test_metrics.c
tests_unit_engine_test_metrics_CFLAGS = $(UNIT_CFLAGS)
tests_unit_engine_test_metrics_LDADD = $(UNIT_LDADD)
tests_unit_engine_test_offers_SOURCES = tests/unit/engine/test_offers.c
tests_unit_engine_test_offers_CFLAGS = $(UNIT_CFLAGS)
tests_unit_engine_test_offers_LDADD = $(UNIT_LDADD)
tests_unit_engine_test_place_SOURCES = tests/unit/engine/test_place.c
tests_unit_engine_test_place_CFLAGS = $(UNIT_CFLAGS)
tests_unit_engine_test_place_LDADD = $(UNIT_LDADD)
tests_unit_engine_test_premium_SOURCES = tests/unit/engine/test_premium.c
tests_unit_engine_test_premium_CFLAGS = $(UNIT_CFLAGS)
tests_unit_engine_test_premium_LDADD = $(UNIT_LDADD)
tests_unit_engine_test_providers_SOURCES = tests/unit/engine/test_providers.c
tests_unit_engine_test_providers_CFLAGS = $(UNIT_CFLAGS)
tests_unit_engine_test_providers_LDADD = $(UNIT_LDADD)
tests_unit_engine_test_report_SOURCES = tests/unit/engine/test_report.c
tests_unit_engine_test_report_CFLAGS = $(UNIT_CFLAGS)
tests_unit_engine_test_report_LDADD = $(UNIT_LDADD)
tests_unit_engine_test_route_SOURCES = tests/unit/engine/test_route.c
tests_unit_engine_test_route_CFLAGS = $(UNIT_CFLAGS)
tests_unit_engine_test_route_LDADD = $(UNIT_LDADD)
tests_unit_engine_test_slow_SOURCES = tests/unit/engine/test_slow.c
tests_unit_engine_test_slow_CFLAGS = $(UNIT_CFLAGS)
tests_unit_engine_test_slow_LDADD = $(UNIT_LDADD)
tests_unit_engine_test_spend_SOURCES = tests/unit/engine/test_spend.c
tests_unit_engine_test_spend_CFLAGS = $(UNIT_CFLAGS)
tests_unit_engine_test_spend_LDADD = $(UNIT_LDADD)
tests_unit_engine_test_suggest_SOURCES = tests/unit/engine/test_suggest.c
tests_unit_engine_test_suggest_CFLAGS = $(UNIT_CFLAGS)
tests_unit_engine_test_suggest_LDADD = $(UNIT_LDADD)
tests_unit_engine_test_titling_SOURCES = tests/unit/engine/test_titling.c
tests_unit_engine_test_titling_CFLAGS = $(UNIT_CFLAGS)
tests_unit_engine_test_titling_LDADD = $(UNIT_LDADD)
tests_unit_engine_test_turns_SOURCES = tests/unit/engine/test_turns.c
tests_unit_engine_test_turns_CFLAGS = $(UNIT_CFLAGS)
tests_unit_engine_test_turns_LDADD = $(UNIT_LDADD)
tests_unit_engine_test_window_SOURCES = tests/unit/engine/test_window.c
tests_unit_engine_test_window_CFLAGS = $(UNIT_CFLAGS)
tests_unit_engine_test_window_LDADD = $(UNIT_LDADD)
tests_unit_http_test_address_SOURCES = tests/unit/http/test_address.c
tests_unit_http_test_address_CFLAGS = $(UNIT_CFLAGS)
tests_unit_http_test_address_LDADD = $(UNIT_LDADD)
tests_unit_http_test_breaker_SOURCES = tests/unit/http/test_breaker.c
tests_unit_http_test_breaker_CFLAGS = $(UNIT_CFLAGS)
tests_unit_http_test_breaker_LDADD = $(UNIT_LDADD)
tests_unit_http_test_bucket_SOURCES = tests/unit/http/test_bucket.c
tests_unit_http_test_bucket_CFLAGS = $(UNIT_CFLAGS)
tests_unit_http_test_bucket_LDADD = $(UNIT_LDADD)
tests_unit_http_test_bucket_day_SOURCES = tests/unit/http/test_bucket_day.c
tests_unit_http_test_bucket_day_CFLAGS = $(UNIT_CFLAGS)
tests_unit_http_test_bucket_day_LDADD = $(UNIT_LDADD)
tests_unit_http_test_host_SOURCES = tests/unit/http/test_host.c
tests_unit_http_test_host_CFLAGS = $(UNIT_CFLAGS)
tests_unit_http_test_host_LDADD = $(UNIT_LDADD)
tests_unit_http_test_pool_SOURCES = tests/unit/http/test_pool.c
tests_unit_http_test_pool_CFLAGS = $(UNIT_CFLAGS)
tests_unit_http_test_pool_LDADD = $(UNIT_LDADD)
tests_unit_http_test_pool_faults_SOURCES = tests/unit/http/test_pool_faults.c
tests_unit_http_test_pool_faults_CFLAGS = $(UNIT_CFLAGS)
tests_unit_http_test_pool_faults_LDADD = $(UNIT_LDADD)
tests_unit_http_test_retry_SOURCES = tests/unit/http/test_retry.c
tests_unit_http_test_retry_CFLAGS = $(UNIT_CFLAGS)
tests_unit_http_test_retry_LDADD = $(UNIT_LDADD)
tests_unit_key_test_env_keys_SOURCES = tests/unit/key/test_env_keys.c
tests_unit_key_test_env_keys_CFLAGS = $(UNIT_CFLAGS)
tests_unit_key_test_env_keys_LDADD = $(UNIT_LDADD)
tests_unit_key_test_key_SOURCES = tests/unit/key/test_key.c
tests_unit_key_test_key_CFLAGS = $(UNIT_CFLAGS)
tests_unit_key_test_key_LDADD = $(UNIT_LDADD)
tests_unit_key_test_key_command_SOURCES = tests/unit/key/test_key_command.c
tests_unit_key_test_key_command_CFLAGS = $(UNIT_CFLAGS)
tests_unit_key_test_key_command_LDADD = $(UNIT_LDADD)
tests_unit_key_test_key_sources_SOURCES = tests/unit/key/test_key_sources.c
tests_unit_key_test_key_sources_CFLAGS = $(UNIT_CFLAGS)
tests_unit_key_test_key_sources_LDADD = $(UNIT_LDADD)
tests_unit_ledger_test_amount_SOURCES = tests/unit/ledger/test_amount.c
tests_unit_ledger_test_amount_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ledger_test_amount_LDADD = $(UNIT_LDADD)
tests_unit_ledger_test_budget_room_SOURCES = tests/unit/ledger/test_budget_room.c
tests_unit_ledger_test_budget_room_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ledger_test_budget_room_LDADD = $(UNIT_LDADD)
tests_unit_ledger_test_budgets_SOURCES = tests/unit/ledger/test_budgets.c
tests_unit_ledger_test_budgets_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ledger_test_budgets_LDADD = $(UNIT_LDADD)
tests_unit_ledger_test_budgets_life_SOURCES = tests/unit/ledger/test_budgets_life.c
tests_unit_ledger_test_budgets_life_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ledger_test_budgets_life_LDADD = $(UNIT_LDADD)
tests_unit_ledger_test_budgets_model_SOURCES = tests/unit/ledger/test_budgets_model.c
tests_unit_ledger_test_budgets_model_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ledger_test_budgets_model_LDADD = $(UNIT_LDADD)
tests_unit_ledger_test_period_SOURCES = tests/unit/ledger/test_period.c
tests_unit_ledger_test_period_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ledger_test_period_LDADD = $(UNIT_LDADD)
tests_unit_ledger_test_rates_SOURCES = tests/unit/ledger/test_rates.c
tests_unit_ledger_test_rates_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ledger_test_rates_LDADD = $(UNIT_LDADD)
tests_unit_ledger_test_today_SOURCES = tests/unit/ledger/test_today.c
tests_unit_ledger_test_today_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ledger_test_today_LDADD = $(UNIT_LDADD)
tests_unit_prompt_test_front_SOURCES = tests/unit/prompt/test_front.c
tests_unit_prompt_test_front_CFLAGS = $(UNIT_CFLAGS)
tests_unit_prompt_test_front_LDADD = $(UNIT_LDADD)
tests_unit_prompt_test_set_SOURCES = tests/unit/prompt/test_set.c
tests_unit_prompt_test_set_CFLAGS = $(UNIT_CFLAGS)
tests_unit_prompt_test_set_LDADD = $(UNIT_LDADD)
tests_unit_prompt_test_template_SOURCES = tests/unit/prompt/test_template.c
tests_unit_prompt_test_template_CFLAGS = $(UNIT_CFLAGS)
tests_unit_prompt_test_template_LDADD = $(UNIT_LDADD)
tests_unit_proto_test_codec_SOURCES = tests/unit/proto/test_codec.c
tests_unit_proto_test_codec_CFLAGS = $(UNIT_CFLAGS)
tests_unit_proto_test_codec_LDADD = $(UNIT_LDADD)
tests_unit_proto_test_codec_event_SOURCES = tests/unit/proto/test_codec_event.c
tests_unit_proto_test_codec_event_CFLAGS = $(UNIT_CFLAGS)
tests_unit_proto_test_codec_event_LDADD = $(UNIT_LDADD)
tests_unit_proto_test_frame_SOURCES = tests/unit/proto/test_frame.c
tests_unit_proto_test_frame_CFLAGS = $(UNIT_CFLAGS)
tests_unit_proto_test_frame_LDADD = $(UNIT_LDADD)
tests_unit_proto_test_mp_SOURCES = tests/unit/proto/test_mp.c
tests_unit_proto_test_mp_CFLAGS = $(UNIT_CFLAGS)
tests_unit_proto_test_mp_LDADD = $(UNIT_LDADD)
tests_unit_proto_test_mp_walk_SOURCES = tests/unit/proto/test_mp_walk.c
tests_unit_proto_test_mp_walk_CFLAGS = $(UNIT_CFLAGS)
tests_unit_proto_test_mp_walk_LDADD = $(UNIT_LDADD)
tests_unit_provider_test_anthropic_SOURCES = tests/unit/provider/test_anthropic.c
tests_unit_provider_test_anthropic_CFLAGS = $(UNIT_CFLAGS)
tests_unit_provider_test_anthropic_LDADD = $(UNIT_LDADD)
tests_unit_provider_test_error_map_SOURCES = tests/unit/provider/test_error_map.c
tests_unit_provider_test_error_map_CFLAGS = $(UNIT_CFLAGS)
tests_unit_provider_test_error_map_LDADD = $(UNIT_LDADD)
tests_unit_provider_test_gap_SOURCES = tests/unit/provider/test_gap.c
tests_unit_provider_test_gap_CFLAGS = $(UNIT_CFLAGS)
tests_unit_provider_test_gap_LDADD = $(UNIT_LDADD)
tests_unit_provider_test_gap_cut_SOURCES = tests/unit/provider/test_gap_cut.c
tests_unit_provider_test_gap_cut_CFLAGS = $(UNIT_CFLAGS)
tests_unit_provider_test_gap_cut_LDADD = $(UNIT_LDADD)
tests_unit_provider_test_gemini_SOURCES = tests/unit/provider/test_gemini.c
tests_unit_provider_test_gemini_CFLAGS = $(UNIT_CFLAGS)
tests_unit_provider_test_gemini_LDADD = $(UNIT_LDADD)
tests_unit_provider_test_jsonx_SOURCES = tests/unit/provider/test_jsonx.c
tests_unit_provider_test_jsonx_CFLAGS = $(UNIT_CFLAGS)
tests_unit_provider_test_jsonx_LDADD = $(UNIT_LDADD)
tests_unit_provider_test_list_SOURCES = tests/unit/provider/test_list.c
tests_unit_provider_test_list_CFLAGS = $(UNIT_CFLAGS)
tests_unit_provider_test_list_LDADD = $(UNIT_LDADD)
tests_unit_provider_test_media_SOURCES = tests/unit/provider/test_media.c
tests_unit_provider_test_media_CFLAGS = $(UNIT_CFLAGS)
tests_unit_provider_test_media_LDADD = $(UNIT_LDADD)
tests_unit_provider_test_openai_parse_SOURCES = tests/unit/provider/test_openai_parse.c
tests_unit_provider_test_openai_parse_CFLAGS = $(UNIT_CFLAGS)
tests_unit_provider_test_openai_parse_LDADD = $(UNIT_LDADD)
tests_unit_provider_test_openai_request_SOURCES = tests/unit/provider/test_openai_request.c
tests_unit_provider_test_openai_request_CFLAGS = $(UNIT_CFLAGS)
tests_unit_provider_test_openai_request_LDADD = $(UNIT_LDADD)
tests_unit_provider_test_openai_responses_SOURCES = tests/unit/provider/test_openai_responses.c
tests_unit_provider_test_openai_responses_CFLAGS = $(UNIT_CFLAGS)
tests_unit_provider_test_openai_responses_LDADD = $(UNIT_LDADD)
tests_unit_provider_test_rate_limits_SOURCES = tests/unit/provider/test_rate_limits.c
tests_unit_provider_test_rate_limits_CFLAGS = $(UNIT_CFLAGS)
tests_unit_provider_test_rate_limits_LDADD = $(UNIT_LDADD)
tests_unit_provider_test_recordings_SOURCES = tests/unit/provider/test_recordings.c
tests_unit_provider_test_recordings_CFLAGS = $(UNIT_CFLAGS)
tests_unit_provider_test_recordings_LDADD = $(UNIT_LDADD)
tests_unit_provider_test_scan_SOURCES = tests/unit/provider/test_scan.c
tests_unit_provider_test_scan_CFLAGS = $(UNIT_CFLAGS)
tests_unit_provider_test_scan_LDADD = $(UNIT_LDADD)
tests_unit_provider_test_small_adapters_SOURCES = tests/unit/provider/test_small_adapters.c
tests_unit_provider_test_small_adapters_CFLAGS = $(UNIT_CFLAGS)
tests_unit_provider_test_small_adapters_LDADD = $(UNIT_LDADD)
tests_unit_provider_test_sse_SOURCES = tests/unit/provider/test_sse.c
tests_unit_provider_test_sse_CFLAGS = $(UNIT_CFLAGS)
tests_unit_provider_test_sse_LDADD = $(UNIT_LDADD)
tests_unit_provider_test_usage_SOURCES = tests/unit/provider/test_usage.c
tests_unit_provider_test_usage_CFLAGS = $(UNIT_CFLAGS)
tests_unit_provider_test_usage_LDADD = $(UNIT_LDADD)
tests_unit_provider_test_vectors_SOURCES = tests/unit/provider/test_vectors.c
tests_unit_provider_test_vectors_CFLAGS = $(UNIT_CFLAGS)
tests_unit_provider_test_vectors_LDADD = $(UNIT_LDADD)
tests_unit_rpc_test_cache_map_SOURCES = tests/unit/rpc/test_cache_map.c
tests_unit_rpc_test_cache_map_CFLAGS = $(UNIT_CFLAGS)
tests_unit_rpc_test_cache_map_LDADD = $(UNIT_LDADD)
tests_unit_rpc_test_outq_SOURCES = tests/unit/rpc/test_outq.c
tests_unit_rpc_test_outq_CFLAGS = $(UNIT_CFLAGS)
tests_unit_rpc_test_outq_LDADD = $(UNIT_LDADD)
tests_unit_rpc_test_schema_SOURCES = tests/unit/rpc/test_schema.c
tests_unit_rpc_test_schema_CFLAGS = $(UNIT_CFLAGS)
tests_unit_rpc_test_schema_LDADD = $(UNIT_LDADD)
tests_unit_store_test_backend_answers_SOURCES = tests/unit/store/test_backend_answers.c
tests_unit_store_test_backend_answers_CFLAGS = $(UNIT_CFLAGS)
tests_unit_store_test_backend_answers_LDADD = $(UNIT_LDADD)
tests_unit_store_test_backend_changes_SOURCES = tests/unit/store/test_backend_changes.c
tests_unit_store_test_backend_changes_CFLAGS = $(UNIT_CFLAGS)
tests_unit_store_test_backend_changes_LDADD = $(UNIT_LDADD)
tests_unit_store_test_backend_ledger_SOURCES = tests/unit/store/test_backend_ledger.c
tests_unit_store_test_backend_ledger_CFLAGS = $(UNIT_CFLAGS)
tests_unit_store_test_backend_ledger_LDADD = $(UNIT_LDADD)
tests_unit_store_test_backend_search_SOURCES = tests/unit/store/test_backend_search.c
tests_unit_store_test_backend_search_CFLAGS = $(UNIT_CFLAGS)
tests_unit_store_test_backend_search_LDADD = $(UNIT_LDADD)
tests_unit_store_test_backend_trees_SOURCES = tests/unit/store/test_backend_trees.c
tests_unit_store_test_backend_trees_CFLAGS = $(UNIT_CFLAGS)
tests_unit_store_test_backend_trees_LDADD = $(UNIT_LDADD)
tests_unit_store_test_backends_SOURCES = tests/unit/store/test_backends.c
tests_unit_store_test_backends_CFLAGS = $(UNIT_CFLAGS)
tests_unit_store_test_backends_LDADD = $(UNIT_LDADD)
tests_unit_store_test_rows_SOURCES = tests/unit/store/test_rows.c
tests_unit_store_test_rows_CFLAGS = $(UNIT_CFLAGS)
tests_unit_store_test_rows_LDADD = $(UNIT_LDADD)
tests_unit_store_test_search_text_SOURCES = tests/unit/store/test_search_text.c
tests_unit_store_test_search_text_CFLAGS = $(UNIT_CFLAGS)
tests_unit_store_test_search_text_LDADD = $(UNIT_LDADD)
tests_unit_store_test_sqlite_SOURCES = tests/unit/store/test_sqlite.c
tests_unit_store_test_sqlite_CFLAGS = $(UNIT_CFLAGS)
tests_unit_store_test_sqlite_LDADD = $(UNIT_LDADD)
tests_unit_store_test_sqlite_facts_SOURCES = tests/unit/store/test_sqlite_facts.c
tests_unit_store_test_sqlite_facts_CFLAGS = $(UNIT_CFLAGS)
tests_unit_store_test_sqlite_facts_LDADD = $(UNIT_LDADD)
tests_unit_store_test_store_SOURCES = tests/unit/store/test_store.c
tests_unit_store_test_store_CFLAGS = $(UNIT_CFLAGS)
tests_unit_store_test_store_LDADD = $(UNIT_LDADD)
tests_unit_store_test_store_states_SOURCES = tests/unit/store/test_store_states.c
tests_unit_store_test_store_states_CFLAGS = $(UNIT_CFLAGS)
tests_unit_store_test_store_states_LDADD = $(UNIT_LDADD)
tests_unit_tty_test_beside_SOURCES = tests/unit/tty/test_beside.c
tests_unit_tty_test_beside_CFLAGS = $(UNIT_CFLAGS)
tests_unit_tty_test_beside_LDADD = $(TERMINAL_LDADD)
tests_unit_tty_test_cell_SOURCES = tests/unit/tty/test_cell.c
tests_unit_tty_test_cell_CFLAGS = $(UNIT_CFLAGS)
tests_unit_tty_test_cell_LDADD = $(TERMINAL_LDADD)
tests_unit_tty_test_closing_SOURCES = tests/unit/tty/test_closing.c
tests_unit_tty_test_closing_CFLAGS = $(UNIT_CFLAGS)
tests_unit_tty_test_closing_LDADD = $(TERMINAL_LDADD)
tests_unit_tty_test_column_SOURCES = tests/unit/tty/test_column.c
tests_unit_tty_test_column_CFLAGS = $(UNIT_CFLAGS)
tests_unit_tty_test_column_LDADD = $(TERMINAL_LDADD)
tests_unit_tty_test_complete_SOURCES = tests/unit/tty/test_complete.c
tests_unit_tty_test_complete_CFLAGS = $(UNIT_CFLAGS)
tests_unit_tty_test_complete_LDADD = $(TERMINAL_LDADD)
tests_unit_tty_test_highlight_SOURCES = tests/unit/tty/test_highlight.c
tests_unit_tty_test_highlight_CFLAGS = $(UNIT_CFLAGS)
tests_unit_tty_test_highlight_LDADD = $(TERMINAL_LDADD)
tests_unit_tty_test_line_history_SOURCES = tests/unit/tty/test_line_history.c
tests_unit_tty_test_line_history_CFLAGS = $(UNIT_CFLAGS)
tests_unit_tty_test_line_history_LDADD = $(TERMINAL_LDADD)
tests_unit_tty_test_line_layout_SOURCES = tests/unit/tty/test_line_layout.c
tests_unit_tty_test_line_layout_CFLAGS = $(UNIT_CFLAGS)
tests_unit_tty_test_line_layout_LDADD = $(TERMINAL_LDADD)
tests_unit_tty_test_line_open_SOURCES = tests/unit/tty/test_line_open.c
tests_unit_tty_test_line_open_CFLAGS = $(UNIT_CFLAGS)
tests_unit_tty_test_line_open_LDADD = $(TERMINAL_LDADD)
tests_unit_tty_test_live_SOURCES = tests/unit/tty/test_live.c
tests_unit_tty_test_live_CFLAGS = $(UNIT_CFLAGS)
tests_unit_tty_test_live_LDADD = $(TERMINAL_LDADD)
tests_unit_tty_test_md_SOURCES = tests/unit/tty/test_md.c
tests_unit_tty_test_md_CFLAGS = $(UNIT_CFLAGS)
tests_unit_tty_test_md_LDADD = $(TERMINAL_LDADD)
tests_unit_tty_test_md_blocks_SOURCES = tests/unit/tty/test_md_blocks.c
tests_unit_tty_test_md_blocks_CFLAGS = $(UNIT_CFLAGS)
tests_unit_tty_test_md_blocks_LDADD = $(TERMINAL_LDADD)
tests_unit_tty_test_md_code_SOURCES = tests/unit/tty/test_md_code.c
tests_unit_tty_test_md_code_CFLAGS = $(UNIT_CFLAGS)
tests_unit_tty_test_md_code_LDADD = $(TERMINAL_LDADD)
tests_unit_tty_test_md_live_SOURCES = tests/unit/tty/test_md_live.c
tests_unit_tty_test_md_live_CFLAGS = $(UNIT_CFLAGS)
tests_unit_tty_test_md_live_LDADD = $(TERMINAL_LDADD)
tests_unit_tty_test_md_promises_SOURCES = tests/unit/tty/test_md_promises.c
tests_unit_tty_test_md_promises_CFLAGS = $(UNIT_CFLAGS)
tests_unit_tty_test_md_promises_LDADD = $(TERMINAL_LDADD)
tests_unit_tty_test_md_speed_SOURCES = tests/unit/tty/test_md_speed.c
tests_unit_tty_test_md_speed_CFLAGS = $(UNIT_CFLAGS)
tests_unit_tty_test_md_speed_LDADD = $(TERMINAL_LDADD)
tests_unit_tty_test_prose_SOURCES = tests/unit/tty/test_prose.c
tests_unit_tty_test_prose_CFLAGS = $(UNIT_CFLAGS)
tests_unit_tty_test_prose_LDADD = $(TERMINAL_LDADD)
tests_unit_tty_test_slash_SOURCES = tests/unit/tty/test_slash.c
tests_unit_tty_test_slash_CFLAGS = $(UNIT_CFLAGS)
tests_unit_tty_test_slash_LDADD = $(TERMINAL_LDADD)
tests_unit_tty_test_spinner_SOURCES = tests/unit/tty/test_spinner.c
tests_unit_tty_test_spinner_CFLAGS = $(UNIT_CFLAGS)
tests_unit_tty_test_spinner_LDADD = $(TERMINAL_LDADD)
tests_unit_tty_test_style_SOURCES = tests/unit/tty/test_style.c
tests_unit_tty_test_style_CFLAGS = $(UNIT_CFLAGS)
tests_unit_tty_test_style_LDADD = $(TERMINAL_LDADD)

# These load the module, so they have to have, and to export, what it takes.
MODULE_HOST = $(AM_LDFLAGS) $(PROGRAM_SYMBOLS) -Wl,-u,secret_new -Wl,-u,log_write -Wl,-u,timer_new
tests_unit_cache_test_redis_LDFLAGS = $(MODULE_HOST)
tests_unit_cache_test_redis_faults_LDFLAGS = $(MODULE_HOST)
tests_unit_cache_test_redis_scan_LDFLAGS = $(MODULE_HOST)

# The daemon with another version, for the test of the hand-over.
check_PROGRAMS += tests/old/askd-old
tests_old_askd_old_SOURCES = daemon/main.c daemon/app.c daemon/app.h daemon/options.c daemon/options.h \
	daemon/reload.c daemon/reload.h daemon/rooms.c daemon/rooms.h daemon/settings.c daemon/settings.h tests/old/version.c
tests_old_askd_old_CFLAGS = $(libaskd_la_CFLAGS)
tests_old_askd_old_LDADD = libaskd.la

# Estimates of tokens, for the recorded questions.
check_PROGRAMS += tests/replay/estimate
tests_replay_estimate_SOURCES = tests/replay/estimate.c
tests_replay_estimate_CFLAGS = $(libaskd_la_CFLAGS)
tests_replay_estimate_LDADD = libaskd.la

# Prices, of the recorded exchanges and of every row.
check_PROGRAMS += tests/replay/price
tests_replay_price_SOURCES = tests/replay/price.c
tests_replay_price_CFLAGS = $(libaskd_la_CFLAGS)
tests_replay_price_LDADD = libaskd.la

# The real daemon, from outside.
# Recordings take the longest, and come first, so that they are not waited for alone at the end.
python_tests = \
	tests/replay/test_tokens.py tests/replay/test_requests.py tests/replay/test_recordings.py \
	tests/replay/test_prices.py tests/replay/test_embeddings.py tests/layers.py tests/rpc/test_aliases_cli.py \
	tests/rpc/test_archive.py tests/rpc/test_ask_attach.py tests/rpc/test_ask_cache.py tests/rpc/test_ask_code.py \
	tests/rpc/test_ask_compare.py tests/rpc/test_ask_conversations.py tests/rpc/test_ask_copy.py \
	tests/rpc/test_ask_costs.py tests/rpc/test_ask_detach.py tests/rpc/test_ask_formats.py \
	tests/rpc/test_ask_input.py tests/rpc/test_ask_interrupted.py tests/rpc/test_ask_schema.py \
	tests/rpc/test_ask_shell.py tests/rpc/test_attachments.py tests/rpc/test_branch.py tests/rpc/test_breaker.py \
	tests/rpc/test_bridge.py tests/rpc/test_bridge_vim.py tests/rpc/test_budgets.py tests/rpc/test_cache.py \
	tests/rpc/test_cache_bounds.py tests/rpc/test_cache_cli.py tests/rpc/test_cache_conversations.py \
	tests/rpc/test_cache_disk.py tests/rpc/test_cache_embed.py tests/rpc/test_cache_kept.py \
	tests/rpc/test_cache_redis.py tests/rpc/test_cache_rpc.py tests/rpc/test_cache_scopes.py \
	tests/rpc/test_chat.py tests/rpc/test_client.py tests/rpc/test_compare.py \
	tests/rpc/test_compare_conversations.py tests/rpc/test_compare_terminal.py tests/rpc/test_complete.py \
	tests/rpc/test_completion.py tests/rpc/test_completion_shells.py tests/rpc/test_contexts.py \
	tests/rpc/test_conv_ids.py tests/rpc/test_conversation.py tests/rpc/test_ctl_answers.py \
	tests/rpc/test_ctl_wait.py tests/rpc/test_doctor.py tests/rpc/test_edit.py tests/rpc/test_edit_terminal.py \
	tests/rpc/test_embed.py tests/rpc/test_estimate.py tests/rpc/test_exit_statuses.py \
	tests/rpc/test_explain_last.py tests/rpc/test_fault_next.py tests/rpc/test_fault_table.py \
	tests/rpc/test_faults.py tests/rpc/test_fidelity.py tests/rpc/test_frames.py tests/rpc/test_handover.py \
	tests/rpc/test_hello_status.py tests/rpc/test_help.py tests/rpc/test_key_commands.py tests/rpc/test_keys.py \
	tests/rpc/test_keys_ctl.py tests/rpc/test_kill.py tests/rpc/test_leave.py tests/rpc/test_ledger.py \
	tests/rpc/test_ledger_figures.py tests/rpc/test_ledger_kept.py tests/rpc/test_library.py \
	tests/rpc/test_lifecycle.py tests/rpc/test_log.py tests/rpc/test_log_cli.py tests/rpc/test_metrics.py \
	tests/rpc/test_models.py tests/rpc/test_models_cli.py tests/rpc/test_models_refresh.py tests/rpc/test_pager.py \
	tests/rpc/test_pages.py tests/rpc/test_premium.py tests/rpc/test_project.py tests/rpc/test_prompts.py \
	tests/rpc/test_prompts_cli.py tests/rpc/test_prompts_folders.py tests/rpc/test_protocol_page.py \
	tests/rpc/test_providers_cli.py tests/rpc/test_queue.py tests/rpc/test_race.py tests/rpc/test_reload.py \
	tests/rpc/test_restart.py tests/rpc/test_routing.py tests/rpc/test_schedules.py tests/rpc/test_schema.py \
	tests/rpc/test_schema_property.py tests/rpc/test_screen.py tests/rpc/test_search.py tests/rpc/test_secrets.py \
	tests/rpc/test_service.py tests/rpc/test_session.py tests/rpc/test_setup.py tests/rpc/test_setup_terminal.py \
	tests/rpc/test_shell_keys.py tests/rpc/test_single_flight.py tests/rpc/test_single_flight_ends.py \
	tests/rpc/test_slow.py tests/rpc/test_spent.py tests/rpc/test_ssh.py tests/rpc/test_status_cli.py \
	tests/rpc/test_store_trouble.py tests/rpc/test_system_mode.py tests/rpc/test_systemd.py \
	tests/rpc/test_terminal.py tests/rpc/test_terminal_attacks.py tests/rpc/test_titling.py tests/rpc/test_tls.py \
	tests/rpc/test_tree.py tests/rpc/test_tree_model.py tests/rpc/test_trouble.py tests/rpc/test_usage.py \
	tests/rpc/test_usage_cli.py tests/rpc/test_usage_scopes.py tests/rpc/test_warm.py tests/rpc/test_watch.py \
	tests/rpc/test_window.py tests/editors/test_together.py tests/editors/test_writing_a_plugin.py
# Those of plugins: they try Lua and Vim script, which sanitizers would only slow down.
editor_tests = \
	tests/editors/test_conformance.py tests/editors/test_emacs_chat.py tests/editors/test_emacs_client.py \
	tests/editors/test_emacs_pick.py tests/editors/test_emacs_pure.py tests/editors/test_nvim_args.py \
	tests/editors/test_nvim_ask.py tests/editors/test_nvim_attach.py tests/editors/test_nvim_chat.py \
	tests/editors/test_nvim_chat_screen.py tests/editors/test_nvim_chat_stall.py tests/editors/test_nvim_client.py \
	tests/editors/test_nvim_help.py tests/editors/test_nvim_pick.py tests/editors/test_nvim_plain.py \
	tests/editors/test_nvim_rewrite.py tests/editors/test_nvim_screen.py tests/editors/test_nvim_stall.py \
	tests/editors/test_nvim_suggest.py tests/editors/test_nvim_turns.py tests/editors/test_vim_ask.py \
	tests/editors/test_vim_chat.py tests/editors/test_vim_chat_stall.py tests/editors/test_vim_help.py \
	tests/editors/test_vim_pages.py tests/editors/test_vim_pure.py tests/editors/test_vim_rewrite.py \
	tests/editors/test_vim_stall.py tests/editors/test_vim_suggest.py tests/editors/test_vim_tools.py \
	tests/editors/test_vscode_ask.py tests/editors/test_vscode_client.py tests/editors/test_vscode_rewrite.py \
	tests/editors/test_vscode_suggest.py
TESTS += $(python_tests)
if !SANITIZERS
TESTS += $(editor_tests)
endif
EXTRA_DIST += $(python_tests) $(editor_tests) \
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
	tests/editors/emacs/check-package.el tests/editors/emacs/test-page.el tests/editors/emacs/test-turns.el \
	tests/editors/drivers/__init__.py tests/editors/drivers/driver.py tests/editors/drivers/nvim.py \
	tests/editors/drivers/vim.py tests/editors/conformance.py tests/editors/helpers_chat.py \
	tests/editors/helpers_checks.py tests/editors/helpers_checks_talk.py tests/editors/helpers_checks_text.py \
	tests/editors/helpers_emacs.py tests/editors/helpers_emacs_chat.py tests/editors/helpers_ert.py \
	tests/editors/helpers_nvim.py tests/editors/helpers_stage.py tests/editors/helpers_vim.py \
	tests/editors/helpers_vim_chat.py tests/editors/helpers_vscode.py tests/rpc/client.py \
	tests/rpc/helpers_acts.py tests/rpc/helpers_archive.py tests/rpc/helpers_attacks.py \
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
	tests/bench/screentime.py tests/bench/typingtime.py tests/fuzz/run
EXTRA_DIST += tests/rpc/schema.py tests/replay/accepted.py tests/replay/priced.py tests/replay/replayed.py tests/replay/turns.py

# Fuzzers need clang. FUZZ_SECONDS each; a find ends the run.
FUZZ_SECONDS = 60
FUZZERS = project diff schema schema_short config frame openai_chat openai_responses anthropic gemini ollama cohere dashscope list vectors gap scan sse item template front search markdown md archive llm
.PHONY: fuzz bench
fuzz:
	$(srcdir)/tests/fuzz/run '$(CLANG)' '$(abs_srcdir)' fuzz-out $(FUZZ_SECONDS) $(FUZZERS)
bench: all
	ASKD_BUILDDIR='$(abs_builddir)' $(srcdir)/tests/bench/run.sh
