/* What belongs to askd beside the daemon, and the terminal that it is used on. */
#include "client/common/colour.h"
#include "client/common/tty.h"
#include "client/ctl/doctor.h"
#include "lib/base/paths.h"
#include <dlfcn.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The libraries that clients load when they need them, as `client/common` names them. */
static const struct {
    const char *file, *package, *missed;
} libraries[] = {
    {"libjansson.so.4", "libjansson4", "JSON cannot be read: askctl call, ask --schema"},
    {"libinih.so.1", "libinih1", "project files and sets of context cannot be read"},
    {"libcrypto.so.3", "libssl3", "project files cannot be trusted: askctl trust"},
};

static unsigned check_libraries(struct doctor *d)
{
    unsigned missing = 0;
    for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++) {
        void *library = dlopen(libraries[i].file, RTLD_LAZY | RTLD_LOCAL);
        if (library != NULL) {
            (void)dlclose(library);
            continue;
        }
        missing++;
        doctor_tell(d, DOCTOR_WARNING, "%s is not installed: %s", libraries[i].file, libraries[i].missed);
        doctor_mend(d, "sudo apt-get install %s", libraries[i].package);
    }
    return missing;
}

void doctor_parts(struct doctor *d)
{
    char path[PATH_MAX], word[SHELL_WORD_SIZE];
    unsigned missing = check_libraries(d);
    if (!tty_find(path)) {
        missing++;
        (void)paths_helper("ask-tty", path, sizeof(path), NULL);
        doctor_tell(d, DOCTOR_WARNING,
                    "%s, which draws on terminals, is not there: no Markdown, no session, plain tables", path);
        doctor_mend(d, "ls -l %s   # where was askd installed to? ASKD_LIBEXEC names another folder",
                    shell_word(word, path));
    }
    paths_data_file("models.ini", path, sizeof(path));
    if (access(path, R_OK) != 0) {
        missing++;
        doctor_tell(d, DOCTOR_WARNING, "the catalogue of models, %s, cannot be read", path);
        doctor_mend(d, "ls -l %s   # where was askd installed to? ASKD_DATADIR names another folder",
                    shell_word(word, path));
    }
    if (missing == 0)
        doctor_tell(d, DOCTOR_OK, "all that belongs to askd is installed");
}

/* Of the terminal that this is printed on, so that a run by cron tells nothing of it. */
void doctor_terminal(struct doctor *d)
{
    if (isatty(STDOUT_FILENO) == 0)
        return;
    const bool known = setlocale(LC_CTYPE, "") != NULL;
    const bool utf8 = known && strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    const char *term = getenv("TERM");
    if (!utf8) {
        doctor_tell(d, DOCTOR_WARNING, "the locale %s: letters beyond ASCII are not shown as such",
                    known ? "is not for UTF-8" : "that the environment names is not installed");
        doctor_mend(d, "export LC_ALL=C.UTF-8");
    }
    if (!colour_moves()) {
        doctor_tell(d, DOCTOR_NOTE, "$TERM is %s: answers are shown without Markdown and colours",
                    term != NULL && term[0] != '\0' ? term : "not set");
        doctor_mend(d, "export TERM=xterm-256color");
    } else if (utf8) {
        doctor_tell(d, DOCTOR_OK, "the terminal shows UTF-8, and its cursor can be moved");
    }
}
