# Layers 0 to 2, for the daemon and for the client library.
noinst_LIBRARIES += libaskbase.a
libaskbase_a_SOURCES = \
	lib/base/alloc.c lib/base/alloc.h lib/base/buf.c lib/base/buf.h lib/base/clock.c lib/base/clock.h \
	lib/base/decimal.c lib/base/decimal.h lib/base/error.c lib/base/error.h lib/base/exchange.c \
	lib/base/exchange.h lib/base/fd.c lib/base/fd.h lib/base/file_kind.c lib/base/file_kind.h lib/base/grow.h \
	lib/base/host.c lib/base/host.h lib/base/id.c lib/base/id.h lib/base/key_folder.c lib/base/key_folder.h \
	lib/base/names.h lib/base/option_row.c lib/base/option_row.h lib/base/paths.c lib/base/paths.h \
	lib/base/picture.c lib/base/picture.h lib/base/secret.c lib/base/secret.h lib/base/usual_keys.c \
	lib/base/usual_keys.h lib/base/utf8.c lib/base/utf8.h lib/base/value.c lib/base/value.h lib/base/version.c \
	lib/base/version.h lib/base/version_compare.c lib/base/words.c lib/base/words.h lib/chat/conversation.h \
	lib/chat/embed.c lib/chat/embed.h lib/chat/event.c lib/chat/event.h lib/chat/gap.c lib/chat/gap.h \
	lib/chat/ledger_row.c lib/chat/ledger_row.h lib/chat/limit.c lib/chat/limit.h lib/chat/listed.c \
	lib/chat/listed.h lib/chat/message.c lib/chat/message.h lib/chat/price.c lib/chat/price.h lib/chat/request.c \
	lib/chat/request.h lib/chat/schema_check.c lib/chat/schema_check.h lib/chat/schema_internal.h \
	lib/chat/schema_rules.c lib/chat/title.c lib/chat/title.h lib/chat/usage.c lib/chat/usage.h lib/proto/codec.c \
	lib/proto/codec.h lib/proto/codec_event.c lib/proto/codec_input.c lib/proto/codec_input.h \
	lib/proto/codec_message.c lib/proto/codec_message.h lib/proto/frame.c lib/proto/frame.h lib/proto/mp.c \
	lib/proto/mp.h lib/proto/mp_walk.c lib/proto/mp_walk.h

# The client library: linked into ask and askctl as it is; the shared libask is made of the same files.
noinst_LIBRARIES += libaskclient.a
libaskclient_a_SOURCES = \
	lib/ask/ask.h lib/ask/call.c lib/ask/handover.c lib/ask/internal.h lib/ask/locate.c lib/ask/program.c \
	lib/ask/start.c

lib_LTLIBRARIES += libask.la
libask_la_SOURCES = $(libaskclient_a_SOURCES) $(libaskbase_a_SOURCES)
libask_la_LIBADD = $(MSGPACK_LIBS) -lm
# Objects of their own, position-independent: the same flags in a variable of its own name say so to automake.
libask_la_CFLAGS = $(AM_CFLAGS)
libask_la_LDFLAGS = $(AM_LDFLAGS) -version-info $(LIBASK_VERSION) -export-symbols-regex '^ask_' -no-undefined
include_HEADERS = lib/ask/ask.h
pkgconfigdir = $(libdir)/pkgconfig
pkgconfig_DATA = lib/ask/libask.pc
