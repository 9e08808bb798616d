# ask and askctl need libc and libmsgpackc only. What a terminal needs is a program of its own, run only there.
noinst_LIBRARIES += libaskcli.a
libaskcli_a_SOURCES = \
	client/common/age.c client/common/age.h client/common/base64.c client/common/base64.h client/common/call.c \
	client/common/call.h client/common/capture.c client/common/capture.h client/common/child.c \
	client/common/child.h client/common/colour.c client/common/colour.h client/common/completion.c \
	client/common/completion.h client/common/context_config.c client/common/context_set.c \
	client/common/context_set.h client/common/ending.c client/common/ending.h client/common/escape.c \
	client/common/escape.h client/common/exit.c client/common/exit.h client/common/field.h client/common/figures.c \
	client/common/figures.h client/common/follow.c client/common/follow.h client/common/ini_read.c \
	client/common/ini_read.h client/common/json_print.c client/common/json_print.h client/common/json_read.c \
	client/common/json_read.h client/common/memory_file.c client/common/memory_file.h client/common/offers.c \
	client/common/offers.h client/common/option.c client/common/option.h client/common/out.c client/common/out.h \
	client/common/project_file.c client/common/project_file.h client/common/project_read.c \
	client/common/schema_short.c client/common/schema_short.h client/common/sha256.c client/common/sha256.h \
	client/common/signals.c client/common/signals.h client/common/stream.c client/common/stream.h \
	client/common/trust.c client/common/trust.h client/common/tty.c client/common/tty.h client/common/view.c \
	client/common/view.h client/common/view_json.c client/common/view_json.h client/common/view_text.c \
	client/common/view_text.h client/common/where.c client/common/where.h
libaskcli_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
# What ends the list of whatever is linked with it.
CLIENT_LDADD = libaskcli.a libaskclient.a libaskbase.a $(MSGPACK_LIBS) -lm

# ask's own, for ask-tty and the tests too.
noinst_LIBRARIES += libaskcmd.a
libaskcmd_a_SOURCES = \
	client/ask/again.c client/ask/again.h client/ask/args.c client/ask/args.h client/ask/arms.c client/ask/arms.h \
	client/ask/asked.c client/ask/asked.h client/ask/asking.c client/ask/asking.h client/ask/attach.c \
	client/ask/attach.h client/ask/command.c client/ask/command.h client/ask/compare.c client/ask/compare.h \
	client/ask/compare_text.c client/ask/compare_text.h client/ask/complete.c client/ask/complete.h \
	client/ask/confirm.c client/ask/confirm.h client/ask/context.c client/ask/context.h client/ask/copy.c \
	client/ask/copy.h client/ask/diff.c client/ask/diff.h client/ask/diff_apply.c client/ask/diff_apply.h \
	client/ask/diff_make.c client/ask/diff_make.h client/ask/diff_show.c client/ask/diff_show.h \
	client/ask/dry_run.c client/ask/dry_run.h client/ask/edit.c client/ask/edit.h client/ask/edit_apply.c \
	client/ask/edit_apply.h client/ask/edit_decide.c client/ask/edit_decide.h client/ask/edit_files.c \
	client/ask/edit_files.h client/ask/edit_fit.c client/ask/edit_fit.h client/ask/editor.c client/ask/editor.h \
	client/ask/explain_again.c client/ask/explain_again.h client/ask/explain_cut.c client/ask/explain_cut.h \
	client/ask/explain_last.c client/ask/explain_last.h client/ask/globs.c client/ask/globs.h client/ask/help.c \
	client/ask/help.h client/ask/input.c client/ask/input.h client/ask/judge.c client/ask/judge.h \
	client/ask/material.c client/ask/material.h client/ask/models.c client/ask/models.h client/ask/options.c \
	client/ask/options.h client/ask/pick.c client/ask/pick.h client/ask/plain.c client/ask/plain.h \
	client/ask/project.c client/ask/project.h client/ask/question.c client/ask/question.h client/ask/replace.c \
	client/ask/replace.h client/ask/resume.c client/ask/resume.h client/ask/schema_arg.c client/ask/schema_arg.h \
	client/ask/screen.c client/ask/screen.h client/ask/shell.c client/ask/shell.h client/ask/shell_answer.c \
	client/ask/shell_answer.h client/ask/shell_propose.c client/ask/shell_propose.h client/ask/shell_risk.c \
	client/ask/shell_risk.h client/ask/shell_show.c client/ask/shell_show.h client/ask/shell_system.c \
	client/ask/shell_system.h client/ask/tree.c client/ask/tree.h client/ask/tree_list.c client/ask/tree_list.h \
	client/ask/turns.c client/ask/turns.h client/ask/undo.c client/ask/undo.h

# askctl's own, for its manual page too.
noinst_LIBRARIES += libaskctl.a
libaskctl_a_SOURCES = \
	client/ctl/bars.c client/ctl/bars.h client/ctl/bridge.c client/ctl/bridge.h client/ctl/bridge_calls.c \
	client/ctl/bridge_calls.h client/ctl/bridge_form.c client/ctl/bridge_form.h client/ctl/cache.h \
	client/ctl/cache_clear.c client/ctl/cache_export.c client/ctl/cache_lookup.c client/ctl/cache_stats.c \
	client/ctl/cache_text.c client/ctl/cache_text.h client/ctl/capability.c client/ctl/capability.h \
	client/ctl/capture.c client/ctl/capture.h client/ctl/cells.c client/ctl/cells.h client/ctl/choose.c \
	client/ctl/cmd_aliases.c client/ctl/cmd_answers.c client/ctl/cmd_attach.c client/ctl/cmd_bridge.c \
	client/ctl/cmd_budget.c client/ctl/cmd_cache.c client/ctl/cmd_call.c client/ctl/cmd_cancel.c \
	client/ctl/cmd_conv.c client/ctl/cmd_doctor.c client/ctl/cmd_keys.c client/ctl/cmd_log.c \
	client/ctl/cmd_metrics.c client/ctl/cmd_models.c client/ctl/cmd_prompts.c client/ctl/cmd_providers.c \
	client/ctl/cmd_setup.c client/ctl/cmd_status.c client/ctl/cmd_trust.c client/ctl/cmd_usage.c \
	client/ctl/cmd_wait.c client/ctl/complete.c client/ctl/complete.h client/ctl/conf_edit.c \
	client/ctl/conf_edit.h client/ctl/conf_file.c client/ctl/conf_file.h client/ctl/conv.c client/ctl/conv.h \
	client/ctl/conv_export.c client/ctl/conv_files.h client/ctl/conv_find.c client/ctl/conv_fork.c \
	client/ctl/conv_import.c client/ctl/conv_list.c client/ctl/conv_pin.c client/ctl/conv_rename.c \
	client/ctl/conv_rm.c client/ctl/conv_search.c client/ctl/conv_show.c client/ctl/conv_tag.c client/ctl/csv.c \
	client/ctl/csv.h client/ctl/ctl.c client/ctl/ctl.h client/ctl/doctor.h client/ctl/doctor_ask.c \
	client/ctl/doctor_asking.c client/ctl/doctor_config.c client/ctl/doctor_daemon.c client/ctl/doctor_disk.c \
	client/ctl/doctor_keys.c client/ctl/doctor_parts.c client/ctl/doctor_report.c client/ctl/doctor_run.c \
	client/ctl/doctor_socket.c client/ctl/doctor_strays.c client/ctl/doctor_units.c client/ctl/hidden.c \
	client/ctl/hidden.h client/ctl/key_change.c client/ctl/key_change.h client/ctl/key_file.c \
	client/ctl/key_file.h client/ctl/key_list.c client/ctl/key_list.h client/ctl/key_secret.c \
	client/ctl/key_secret.h client/ctl/key_store.c client/ctl/key_store.h client/ctl/key_text.c \
	client/ctl/key_text.h client/ctl/keys.h client/ctl/keys_import.c client/ctl/keys_list.c client/ctl/keys_rm.c \
	client/ctl/keys_test.c client/ctl/limits_table.c client/ctl/limits_table.h client/ctl/log_line.c \
	client/ctl/log_line.h client/ctl/models.h client/ctl/models_facts.c client/ctl/models_facts.h \
	client/ctl/models_list.c client/ctl/models_refresh.c client/ctl/models_show.c client/ctl/notify.c \
	client/ctl/notify.h client/ctl/options.c client/ctl/options.h client/ctl/pager.c client/ctl/pager.h \
	client/ctl/progress.c client/ctl/progress.h client/ctl/prompts.h client/ctl/prompts_list.c \
	client/ctl/prompts_path.c client/ctl/prompts_show.c client/ctl/prose.c client/ctl/prose.h \
	client/ctl/provider_mend.c client/ctl/provider_mend.h client/ctl/setup.h client/ctl/setup_choose.c \
	client/ctl/setup_find.c client/ctl/setup_keys.c client/ctl/setup_model.c client/ctl/setup_question.c \
	client/ctl/setup_say.c client/ctl/setup_try.c client/ctl/setup_units.c client/ctl/shell_word.c \
	client/ctl/shell_word.h client/ctl/status_fields.c client/ctl/status_fields.h client/ctl/status_format.c \
	client/ctl/status_format.h client/ctl/status_text.c client/ctl/status_text.h client/ctl/table.c \
	client/ctl/table.h client/ctl/today_text.c client/ctl/today_text.h client/ctl/typed.c client/ctl/typed.h \
	client/ctl/usage.c client/ctl/usage.h client/ctl/usage_csv.c client/ctl/usage_plot.c client/ctl/usage_table.c \
	client/ctl/verbs.c client/ctl/verbs.h client/ctl/wait_notify.c client/ctl/wait_notify.h client/ctl/watch.c \
	client/ctl/watch.h

bin_PROGRAMS += client/ask/ask client/ctl/askctl
client_ask_ask_SOURCES = client/ask/main.c
client_ask_ask_LDADD = libaskcmd.a $(CLIENT_LDADD)
client_ctl_askctl_SOURCES = client/ctl/main.c
client_ctl_askctl_LDADD = libaskctl.a $(CLIENT_LDADD)

# What only a terminal needs: tables, Markdown, line editing.
if HAVE_TERMINAL
noinst_LIBRARIES += libasktty.a
pkglibexec_PROGRAMS += client/tty/ask-tty
endif
libasktty_a_SOURCES = \
	client/tty/attach.c client/tty/attach.h client/tty/beside.c client/tty/beside.h client/tty/cell.c \
	client/tty/cell.h client/tty/closing.c client/tty/closing.h client/tty/code_view.c client/tty/code_view.h \
	client/tty/column.c client/tty/column.h client/tty/columns.c client/tty/columns.h client/tty/complete.c \
	client/tty/complete.h client/tty/fit.c client/tty/fit.h client/tty/highlight.c client/tty/highlight.h \
	client/tty/highlight_languages.c client/tty/highlight_languages.h client/tty/line.c client/tty/line.h \
	client/tty/line_history.c client/tty/line_history.h client/tty/line_keys.c client/tty/line_layout.c \
	client/tty/line_layout.h client/tty/line_open.c client/tty/line_open.h client/tty/line_state.h \
	client/tty/live.c client/tty/live.h client/tty/md.c client/tty/md.h client/tty/md_close.c \
	client/tty/md_close.h client/tty/md_code.c client/tty/md_code.h client/tty/md_draw.c client/tty/md_draw.h \
	client/tty/md_entity.c client/tty/md_entity.h client/tty/md_leaf.c client/tty/md_leaf.h client/tty/md_lines.c \
	client/tty/md_lines.h client/tty/md_split.c client/tty/md_split.h client/tty/md_start.c client/tty/md_start.h \
	client/tty/md_table.c client/tty/md_table.h client/tty/mend.c client/tty/mend.h client/tty/message_text.c \
	client/tty/message_text.h client/tty/prose.c client/tty/prose.h client/tty/runs.c client/tty/runs.h \
	client/tty/screen.c client/tty/screen.h client/tty/screen_modes.c client/tty/screen_modes.h \
	client/tty/screen_signals.c client/tty/screen_signals.h client/tty/session.c client/tty/session.h \
	client/tty/session_ask.c client/tty/session_commands.c client/tty/session_complete.c \
	client/tty/session_files.c client/tty/session_prompt.c client/tty/session_state.h client/tty/session_turns.c \
	client/tty/session_usage.c client/tty/slash.c client/tty/slash.h client/tty/spinner.c client/tty/spinner.h \
	client/tty/style.c client/tty/style.h client/tty/table.c client/tty/tty.h client/tty/watch.c \
	client/tty/watch.h client/tty/wrap.c client/tty/wrap.h
libasktty_a_CFLAGS = $(AM_CFLAGS) $(TERMINAL_CFLAGS)
client_tty_ask_tty_SOURCES = client/tty/main.c
client_tty_ask_tty_LDADD = libasktty.a libaskcmd.a $(CLIENT_LDADD) $(TERMINAL_LIBS)

# The one program that is linked with libsecret.
if HAVE_LIBSECRET
pkglibexec_PROGRAMS += client/secret/ask-secret
client_secret_ask_secret_SOURCES = client/secret/main.c
client_secret_ask_secret_CFLAGS = $(AM_CFLAGS) $(SECRET_CFLAGS)
client_secret_ask_secret_LDADD = libaskbase.a $(SECRET_LIBS) $(MSGPACK_LIBS) -lm
endif
