# What is made from the rows: parts of the protocol page, which is in git, the sample file and the manual page, which
# are not.
noinst_PROGRAMS += doc/rows
doc_rows_SOURCES = doc/rows.c doc/rows.h doc/rows_methods.c doc/rows_options.c daemon/rooms.c daemon/rooms.h
doc_rows_CFLAGS = $(libaskd_la_CFLAGS)
doc_rows_LDADD = libaskd.la

EXTRA_DIST += doc/askd.conf.5.in doc/architecture.md doc/cache.md doc/conversations.md doc/costs.md doc/editors.md \
	doc/export.md doc/migrate.md doc/models.md doc/protocol.md doc/providers.md doc/service.md doc/shell.md doc/ssh.md \
	doc/tokens.md doc/trouble.md
dist_man_MANS = doc/ask.1 doc/askctl.1
nodist_man_MANS = doc/askd.conf.5
nodist_pkgdata_DATA = etc/askd.conf.sample
CLEANFILES += doc/askd.conf.5 etc/askd.conf.sample

doc/askd.conf.5: $(srcdir)/doc/askd.conf.5.in doc/rows$(EXEEXT)
	$(AM_V_GEN)./doc/rows$(EXEEXT) fill $(srcdir)/doc/askd.conf.5.in >$@.tmp && mv $@.tmp $@
etc/askd.conf.sample: doc/rows$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) etc && ./doc/rows$(EXEEXT) sample >$@.tmp && mv $@.tmp $@

# Writes into the source tree: to be run after rows have changed.
.PHONY: docs
docs: doc/rows$(EXEEXT)
	./doc/rows$(EXEEXT) fill $(srcdir)/doc/protocol.md >doc/protocol.md.tmp && mv doc/protocol.md.tmp $(srcdir)/doc/protocol.md
