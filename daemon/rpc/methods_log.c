#include "daemon/rpc/methods_log.h"
#include "daemon/rpc/shapes.h"

const struct schema_field log_read_params[] = {
    {"limit", INT, NULL, "how many lines at most, 1 to 1000; default 100"},
    {"after", INT, NULL, "the `seq` of a line: those that follow it, the oldest first; absent: the latest"},
    {"level", STR, NULL, "`error`, `warn`, `notice`, `info` or `debug`: of that one and more important"},
    {"answer", STR, NULL, "only lines about it, likewise:"},
    {"conversation", STR, NULL, ""},
    {"provider", STR, NULL, ""},
    {"model", STR, NULL, ""},
    {"client", STR, NULL, ""},
    {"code", STR, NULL, ""},
    {"follow", BOOL, NULL, "further ones are told as they come; default false"},
    {"notify", MAP, shape_notify, "how they are sent, as events are"},
    {0},
};

static const struct schema_field log_read_fields[] = {
    {"lines", LIST(MAP) | NEEDED, shape_log_line, "the oldest first"},
    {"missed", INT, NULL, "how many after `after` are not there any longer"},
    {"watch", INT, NULL, "with `follow`: its number, which each line tells"},
    {0},
};

const struct schema_field log_read_reply[] = {{"a map", MAP, log_read_fields, NULL}, {0}};

const struct schema_field log_unwatch_params[] = {
    {"watch", INT | NEEDED, NULL, "of this connection"},
    {0},
};
