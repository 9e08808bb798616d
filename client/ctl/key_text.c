#include "client/ctl/key_text.h"
#include "lib/base/key_folder.h"
#include <string.h>

static bool is_blank(char c)
{
    return memchr(" \t\r\n", c, 4) != NULL;
}

bool key_trim(const char **key, size_t *len)
{
    while (*len > 0 && is_blank((*key)[*len - 1]))
        (*len)--;
    while (*len > 0 && is_blank(**key)) {
        (*key)++;
        (*len)--;
    }
    for (size_t i = 0; i < *len; i++)
        if ((unsigned char)(*key)[i] <= ' ' || (*key)[i] == 0x7f)
            return false;
    return *len > 0 && *len <= KEY_FOLDER_KEY_MAX;
}
