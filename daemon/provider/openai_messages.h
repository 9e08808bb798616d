/* The messages of the chat grammar, which others have copied into grammars of their own. */
#ifndef ASKD_PROVIDER_OPENAI_MESSAGES_H
#define ASKD_PROVIDER_OPENAI_MESSAGES_H

#include "daemon/provider/build.h"

/* How audio is written. */
enum openai_audio {
    OPENAI_AUDIO_NONE,
    OPENAI_AUDIO_OBJECT, /* input_audio: {data: base64, format} */
    OPENAI_AUDIO_URL,    /* input_audio: {data: "data:;base64,…", format} */
    OPENAI_AUDIO_STRING, /* input_audio: base64 */
};

enum openai_file {
    OPENAI_FILE_NONE,
    OPENAI_FILE_OBJECT,   /* file: {filename, file_data: a data: URL} */
    OPENAI_FILE_DOCUMENT, /* document_url: a URL, or a data: one */
};

struct openai_messages {
    const char *system_role; /* role of instructions */
    bool images;
    enum openai_audio audio;
    enum openai_file file;
    struct id_rule tool_id;
    bool tool_name;    /* a result tells the name of its tool */
    bool schema_words; /* the schema of the answer is told in words */
    /* Adds to a turn of the model what it wants back of its earlier reasoning; NULL: nothing. */
    void (*earlier)(struct builder *b, json_t *out, const struct message *m);
};

/* The system's message and all others, as [{role, content, tool_calls, tool_call_id}]. */
json_t *openai_messages(struct builder *b, const struct openai_messages *how);

#endif
