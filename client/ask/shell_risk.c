#include "client/ask/shell_risk.h"
#include <regex.h>

/* A command's beginning; words up to the next command. */
#define HEAD "(^|[;&|({`\n]|[[:space:]])"
#define WORDS "([[:space:]]+[^;&|\n]*)?[[:space:]]"

static const struct {
    const char *pattern, *meaning;
} rows[] = {
    {HEAD "rm" WORDS "(-[[:alpha:]]*[rR]|--recursive)", "deletes folders with all that is in them"},
    {HEAD "find[[:space:]][^;\n]*-delete", "deletes all files that it finds"},
    {HEAD "shred[[:space:]]", "overwrites files so that nothing brings them back"},
    {HEAD "(mkfs[.[:alnum:]]*|wipefs|mkswap|blkdiscard)[[:space:]]", "erases a file system or a device"},
    {HEAD "dd" WORDS "of=", "overwrites what of= names, which may be a device"},
    {">[[:space:]]*/dev/(sd|hd|vd|nvme|mmcblk|disk|mapper/)", "overwrites a device"},
    {HEAD "(chmod|chown)" WORDS "(-[[:alpha:]]*R|--recursive)", "changes the rights of all files in folders"},
    {HEAD "git" WORDS "push[[:space:]][^;&|\n]*(--force|-f([[:space:]]|$)|[[:space:]][+])",
     "overwrites the history of a remote repository"},
    {HEAD "git" WORDS "(reset[[:space:]]+--hard|clean[[:space:]]+-[[:alpha:]]*f)",
     "drops changes that git does not keep"},
    {"(curl|wget)[[:space:]][^;\n]*[|][[:space:]]*(sudo[[:space:]]+)?(ba|z|da|fi|k)?sh([[:space:];&|)]|$)",
     "runs a program from the network unseen"},
    {HEAD "(sudo|doas|pkexec)[[:space:]]", "runs with the rights of another user, mostly root"},
};

static int matches(const char *pattern, const char *command)
{
    regex_t re;
    if (regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        return 0;
    const int found = regexec(&re, command, 0, NULL, 0) == 0;
    regfree(&re);
    return found;
}

const char *shell_risk_next(const char *command, size_t *at)
{
    while (*at < sizeof(rows) / sizeof(rows[0])) {
        const size_t row = (*at)++;
        if (matches(rows[row].pattern, command))
            return rows[row].meaning;
    }
    return NULL;
}
