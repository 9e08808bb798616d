#include "daemon/rpc/methods_conversation.h"
#include "daemon/rpc/shapes.h"

const struct schema_field conversation_one[] = {
    {"conversation", STR | NEEDED, NULL, "the conversation's id"},
    {0},
};

const struct schema_field conversation_made[] = {{"a map", MAP, conversation_one, NULL}, {0}};

const struct schema_field conversation_list_params[] = {
    {"limit", INT, NULL, "at most so many, up to 1000; default 50"},
    {"before", STR | NUMBER, NULL, "a conversation: those behind it in the list; or a time: those not touched since"},
    {"directory", STR, NULL, "only those that were asked in there"},
    {"tag", STR, NULL, "only those with this tag"},
    {0},
};

static const struct schema_field conversation_item[] = {
    {"conversation", STR | NEEDED, NULL, "its id"},
    {"title", STR | NIL | NEEDED, NULL, "what it is called; nil: nothing yet"},
    {"created", NUMBER | NEEDED, NULL, "when it was begun"},
    {"updated", NUMBER | NEEDED, NULL, "when it last changed"},
    {"messages", INT | NEEDED, NULL, "how many, on all branches"},
    {"model", STR | NIL | NEEDED, NULL, "who answered last"},
    {"directory", STR | NIL | NEEDED, NULL, "where it was begun"},
    {"tags", LIST(STR) | NEEDED, NULL, "maybe none"},
    {0},
};

const struct schema_field conversation_list_reply[] = {
    {"a list of maps, newest first", LIST(MAP), conversation_item, NULL}, {0}};

const struct schema_field conversation_get_params[] = {
    {"conversation", STR | NEEDED, NULL, "its id"},
    {"branch", STR, NULL, "a message: only the path from the root to it"},
    {0},
};

static const struct schema_field conversation_message[] = {
    {"id", STR | NEEDED, NULL, "the message's"},
    {"parent", STR, NULL, "the message that it follows; the first one has none"},
    {"role", STR | NEEDED, NULL, "`user`, `assistant`, `system` or `tool`"},
    {"content", STR | LIST(MAP) | NEEDED, shape_part, "parts where there is more than text"},
    {"created", NUMBER | NEEDED, NULL, "when"},
    {"model", STR, NULL, "of an assistant's message, as all that follows"},
    {"provider", STR, NULL, "who answered"},
    {"state", STR, NULL, "of its answer"},
    {"usage", MAP, shape_usage, "as in the answer map"},
    {"finish_reason", STR, NULL, "likewise"},
    {"reasoning", STR, NULL, "likewise"},
    {"tool_calls", LIST(MAP), shape_tool_call, "likewise"},
    {0},
};

static const struct schema_field conversation_fields[] = {
    {"conversation", STR | NEEDED, NULL, "its id"},
    {"title", STR | NIL | NEEDED, NULL, "what it is called; nil: nothing yet"},
    {"head", STR | NIL | NEEDED, NULL, "the message that the next question follows; nil in an empty conversation"},
    {"system", STR, NULL, "instructions for every question in it"},
    {"created", NUMBER | NEEDED, NULL, "when it was begun"},
    {"updated", NUMBER | NEEDED, NULL, "when it last changed"},
    {"messages", LIST(MAP) | NEEDED, conversation_message, "each after the one that it follows"},
    {0},
};

const struct schema_field conversation_get_reply[] = {{"a map", MAP, conversation_fields, NULL}, {0}};

const struct schema_field conversation_create_params[] = {
    {"title", STR, NULL, "1 to 200 characters, none of them a control character"},
    {"system", STR, NULL, "instructions for every question in it"},
    {"messages", LIST(MAP), shape_message,
     "what was said so far, each following the one before; the last one is the head"},
    {0},
};

const struct schema_field conversation_fork_params[] = {
    {"conversation", STR | NEEDED, NULL, "the one to copy from"},
    {"message", STR | NEEDED, NULL, "the last message to copy"},
    {0},
};

const struct schema_field conversation_rename_params[] = {
    {"conversation", STR | NEEDED, NULL, "its id"},
    {"title", STR | NEEDED, NULL, "1 to 200 characters, none of them a control character"},
    {0},
};
