#include "daemon/rooms.h"
#include "daemon/cache/cache.h"
#include "daemon/catalog/alias.h"
#include "daemon/core/log_ring.h"
#include "daemon/core/logfile.h"
#include "daemon/engine/engine.h"
#include "daemon/ledger/budget_room.h"
#include "daemon/rpc/server.h"
#include "daemon/store/store.h"

static const struct config_option app_option_rows[] = {
    {"log_level", CONFIG_ENUM, offsetof(struct app_options, log_level), 0, 0, "notice", log_level_names, CONFIG_RELOAD,
     "The least important lines that are logged. A prompt's text is never logged."},
    {"idle_exit", CONFIG_DURATION, offsetof(struct app_options, idle_exit_ms), 100, 365ll * 86400 * 1000, "30 min",
     NULL, CONFIG_RELOAD, "How long a daemon that a client started stays without client and answer."},
    {"drain_timeout", CONFIG_DURATION, offsetof(struct app_options, drain_timeout_ms), 0, 3600 * 1000, "10 s", NULL,
     CONFIG_RELOAD, "How long running answers may go on after SIGTERM."},
    {"log_size", CONFIG_SIZE, offsetof(struct app_options, log_size), LOGFILE_MIN, 1 << 30, "1 MiB", NULL,
     CONFIG_RELOAD,
     "Bytes of askd.log in the state folder, where a daemon that a client started logs. A longer one becomes "
     "askd.log.old."},
    {"log_lines", CONFIG_INT, offsetof(struct app_options, log_lines), 1, 1 << 16, "2000", NULL, CONFIG_RELOAD,
     "The latest lines that are kept in memory, for askctl log. Those of level info are among them, whatever log_level "
     "is."},
    {"log_memory", CONFIG_SIZE, offsetof(struct app_options, log_memory), LOG_RING_BYTES_MIN, 1 << 30, "512 KiB", NULL,
     CONFIG_RELOAD, "Bytes that these lines may take."},
    {0},
};

/* Sets of context are read by the clients (client/common/context_set.h), who run what is in them; here they are known
 * so that a mistake in one is found where the others are. */
struct context_section {
    char **files, **command;
    char *text, *description;
};

static const struct config_option context_option_rows[] = {
    {"files", CONFIG_LIST, offsetof(struct context_section, files), 0, 0, NULL, NULL, CONFIG_RELOAD,
     "Files that ask -x NAME sends along, by a path or pattern of glob(7): relative to the folder in which it runs, or "
     "from ~/ or / on. It may be given 32 times; 256 files are sent at most."},
    {"command", CONFIG_LIST, offsetof(struct context_section, command), 0, 0, NULL, NULL, CONFIG_RELOAD,
     "A command of the shell whose output it sends along. It runs in that folder with nothing to read and without a "
     "terminal, for at most 10 s, and may print 1 MiB. It may be given 16 times."},
    {"text", CONFIG_STRING, offsetof(struct context_section, text), 0, 0, NULL, NULL, CONFIG_RELOAD,
     "Words that it sends along."},
    {"description", CONFIG_STRING, offsetof(struct context_section, description), 0, 0, NULL, NULL, CONFIG_RELOAD,
     "What the set is for, where ask tells which there are."},
    {0},
};

const struct config_room app_room = {"daemon", false, sizeof(struct app_options), app_option_rows};
const struct config_room engine_room = {"daemon", false, sizeof(struct engine_options), engine_option_rows};
const struct config_room answer_room = {"daemon", false, sizeof(struct answer_options), answer_option_rows};
const struct config_room rpc_room = {"daemon", false, sizeof(struct rpc_options), rpc_option_rows};

const struct config_room store_room = {"store", false, sizeof(struct store_options), store_option_rows};

const struct config_room cache_room = {"cache", false, sizeof(struct cache_options), cache_option_rows};

static const struct config_room context_room = {"context", true, sizeof(struct context_section), context_option_rows};

const struct config_room *const rooms[] = {&app_room,    &engine_room, &answer_room,   &rpc_room,
                                           &store_room,  &cache_room,  &provider_room, &alias_room,
                                           &budget_room, &rates_room,  &context_room,  NULL};
