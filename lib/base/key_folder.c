#include "lib/base/key_folder.h"
#include <string.h>

bool key_folder_name_valid(const char *name)
{
    static const size_t marker = sizeof KEY_FOLDER_MARKER - 1;
    size_t len = strlen(name);
    if (len == 0 || len > KEY_FOLDER_NAME_MAX || name[0] == '.' || name[0] == '-')
        return false;
    for (const char *c = name; *c; c++)
        if (*c == '/' || (unsigned char)*c < ' ' || *c == 0x7f)
            return false;
    return len < marker || strcmp(name + len - marker, KEY_FOLDER_MARKER) != 0;
}
