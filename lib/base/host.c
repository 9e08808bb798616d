#include "lib/base/host.h"
#include "lib/base/utf8.h"
#include <string.h>
#include <sys/utsname.h>

bool host_name(char ret[HOST_SIZE])
{
    struct utsname us;
    ret[0] = '\0';
    if (uname(&us) != 0)
        return false;
    size_t len = strnlen(us.nodename, sizeof(us.nodename));
    if (len == 0 || len >= HOST_SIZE || strcmp(us.nodename, "(none)") == 0 || !utf8_valid(us.nodename, len))
        return false;
    memcpy(ret, us.nodename, len);
    ret[len] = '\0';
    return true;
}

bool host_is_ours(const char *name)
{
    char ours[HOST_SIZE];
    return host_name(ours) && strcmp(name, ours) == 0;
}
