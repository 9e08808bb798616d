#include "client/tty/message_text.h"
#include "client/common/field.h"

void message_text(const msgpack_object_map *message, const char **s, size_t *len)
{
    const msgpack_object *content = mp_get(message, "content");
    msgpack_object_array parts;
    msgpack_object_map part;
    *s = "";
    *len = 0;
    if (content == NULL || mp_str(content, s, len) || !mp_array(content, &parts))
        return;
    for (uint32_t i = 0; i < parts.size; i++)
        if (mp_map(&parts.ptr[i], &part))
            (void)field_str(&part, "text", s, len);
}
