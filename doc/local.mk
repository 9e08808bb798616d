# What is made from the rows: parts of the protocol page, which is in git, the sample file and the manual pages, which
# are not. doc/rows knows the rows of the daemon, doc/rows-commands those of command lines and the header of libask.
noinst_PROGRAMS += doc/rows doc/rows-commands
doc_rows_SOURCES = doc/rows.c doc/rows.h doc/rows_daemon.c doc/rows_methods.c doc/rows_options.c doc/mdoc.c doc/mdoc.h \
	doc/mdoc_page.c daemon/rooms.c daemon/rooms.h
doc_rows_CFLAGS = $(libaskd_a_CFLAGS)
doc_rows_LDADD = libaskd.a libaskbase.a $(DAEMON_LIBS)
doc_rows_commands_SOURCES = doc/rows.c doc/rows.h doc/rows_commands.c doc/commands.h doc/rows_ask.c doc/rows_askctl.c \
	doc/rows_askd.c doc/askctl_texts.c doc/askctl_texts.h doc/header.c doc/header.h doc/mdoc.c doc/mdoc.h \
	doc/mdoc_page.c \
	daemon/options.c daemon/options.h
doc_rows_commands_LDADD = libaskctl.a libaskcmd.a $(CLIENT_LDADD)

made_of_commands = doc/ask.1 doc/askctl.1 doc/askd.8 doc/libask.3
made_of_daemon = doc/askd.conf.5 doc/askd-protocol.7
EXTRA_DIST += doc/ask.1.in doc/askctl.1.in doc/askd.8.in doc/libask.3.in doc/askd.conf.5.in doc/askd-protocol.7.in
EXTRA_DIST += \
	doc/architecture.md doc/cache.md doc/conversations.md doc/costs.md doc/editors.md doc/export.md \
	doc/migrate.md doc/models.md doc/protocol.md doc/providers.md doc/service.md doc/shell.md doc/ssh.md doc/tokens.md \
	doc/trouble.md doc/writing-a-plugin.md
nodist_man_MANS = $(made_of_commands) $(made_of_daemon)
nodist_pkgdata_DATA = etc/askd.conf.sample
CLEANFILES += $(nodist_man_MANS) etc/askd.conf.sample

$(made_of_commands): %: $(srcdir)/%.in doc/rows-commands$(EXEEXT) $(srcdir)/lib/ask/ask.h
	$(AM_V_GEN)./doc/rows-commands$(EXEEXT) fill $(srcdir)/$@.in >$@.tmp && mv $@.tmp $@
$(made_of_daemon): %: $(srcdir)/%.in doc/rows$(EXEEXT) $(srcdir)/doc/protocol.md
	$(AM_V_GEN)./doc/rows$(EXEEXT) fill $(srcdir)/$@.in >$@.tmp && mv $@.tmp $@
etc/askd.conf.sample: doc/rows$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) etc && ./doc/rows$(EXEEXT) sample >$@.tmp && mv $@.tmp $@

# Writes into the source tree: to be run after rows have changed.
.PHONY: docs
docs: doc/rows$(EXEEXT)
	./doc/rows$(EXEEXT) fill $(srcdir)/doc/protocol.md >doc/protocol.md.tmp && mv doc/protocol.md.tmp $(srcdir)/doc/protocol.md
