/* Whether a plain question would be asked: the default model, the budgets, how old the lists of models are, the clock
 * that certificates are held against. */
#include "client/common/age.h"
#include "client/common/field.h"
#include "client/common/figures.h"
#include "client/ctl/doctor.h"
#include "lib/base/clock.h"
#include "lib/base/paths.h"
#include "lib/proto/mp.h"
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { NAME = 128, LINE = 500, LISTS_OLD = 30 * 86400, AHEAD = 300, DAY = 86400 };

static time_t now(void)
{
    return (time_t)(clock_wall_us() / 1000000);
}

void doctor_question(struct doctor *d)
{
    msgpack_object_map map, error;
    char model[NAME], provider[NAME], code[NAME], message[LINE];
    if (doctor_refused(d, DOCTOR_ESTIMATE, &error)) {
        (void)field_line(&error, "code", code, sizeof(code));
        doctor_tell(d, DOCTOR_FAULT, "a question without -m would be refused: %s",
                    field_line(&error, "message", message, sizeof(message)));
        if (strcmp(code, "no_provider") == 0)
            doctor_mend(d, "askctl setup");
        else
            doctor_mend(d, "askctl models --available   # one of these as default_model in [daemon] of askd.conf");
    } else if (doctor_map(d, DOCTOR_ESTIMATE, &map)) {
        (void)field_line(&map, "provider", provider, sizeof(provider));
        (void)field_line(&map, "model", model, sizeof(model));
        if (provider[0] != '\0')
            doctor_tell(d, DOCTOR_OK, "a question without -m goes to %s at %s", model, provider);
        else
            doctor_tell(d, DOCTOR_NOTE, "a question without -m looks for a local server first");
    }
}

void doctor_budgets(struct doctor *d)
{
    msgpack_object_array all;
    msgpack_object_map b;
    char name[NAME], unit[NAME], left_for[FIGURE_LEN], word[SHELL_WORD_SIZE];
    for (uint32_t i = 0; doctor_array(d, DOCTOR_BUDGETS, &all) && i < all.size; i++) {
        double left, resets = 0, limit = 0;
        if (!mp_map(&all.ptr[i], &b) || !field_double(&b, "left", &left))
            continue;
        (void)field_line(&b, "name", name, sizeof(name));
        (void)field_line(&b, "unit", unit, sizeof(unit));
        (void)field_double(&b, "limit", &limit);
        (void)field_double(&b, "resets", &resets);
        const double until = resets - (double)clock_wall_us() / 1e6;
        figures_span(left_for, until > 0 ? until : 0);
        if (left <= 0) {
            doctor_tell(d, DOCTOR_WARNING, "the budget %s of %g %s is spent; the next begins in %s", name, limit, unit,
                        left_for);
            doctor_mend(d, "${EDITOR:-vi} %s/askd.conf && askctl call config.reload   # its limit",
                        shell_word(word, d->place.kind == PLACE_SYSTEM ? PATHS_SYSTEM_CONFIG : d->config));
        } else if (field_true(&b, "near")) {
            doctor_tell(d, DOCTOR_NOTE, "of the budget %s of %g %s, %g are left for %s", name, limit, unit, left,
                        left_for);
        }
    }
}

/* What providers say of their models is kept beside the state; without a list askd goes by its own catalogue. */
void doctor_models(struct doctor *d)
{
    char path[PATH_MAX + 16], age[AGE_LEN];
    struct stat st;
    (void)snprintf(path, sizeof(path), "%s/models.json", d->state);
    if (stat(path, &st) != 0 || now() - st.st_mtime < LISTS_OLD)
        return;
    age_text(age, (double)(now() - st.st_mtime));
    doctor_tell(d, DOCTOR_NOTE, "the providers were last asked for their models and prices %s ago", age);
    doctor_mend(d, "askctl models refresh");
}

/* A clock that is far off makes certificates invalid. Without asking anybody it can be seen where something is younger
 * than now. */
void doctor_clock(struct doctor *d)
{
    static const char *const names[] = {"askd.db-wal", "askd.db", "models.json", "askd.log"};
    char path[PATH_MAX + 16], today[32] = "";
    struct stat st;
    const time_t t = now();
    struct tm tm;
    if (stat("/proc/self/exe", &st) == 0 && st.st_mtime > t + DAY) {
        (void)strftime(today, sizeof(today), "%Y-%m-%d %H:%M", gmtime_r(&t, &tm));
        doctor_tell(d, DOCTOR_FAULT, "the clock is behind: it says %s UTC, and askctl was made later", today);
        doctor_mend(d, "sudo timedatectl set-ntp true");
        return;
    }
    for (size_t i = 0; d->state[0] != '\0' && i < sizeof(names) / sizeof(names[0]); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", d->state, names[i]);
        if (stat(path, &st) != 0 || st.st_mtime <= t + AHEAD)
            continue;
        (void)strftime(today, sizeof(today), "%Y-%m-%d %H:%M", gmtime_r(&t, &tm));
        doctor_tell(d, DOCTOR_WARNING, "the clock went back: it says %s UTC, and %s was written later", today, path);
        doctor_mend(d, "sudo timedatectl set-ntp true");
        return;
    }
}
