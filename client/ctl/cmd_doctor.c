/* askctl doctor: looks for what is wrong, and tells what mends it. */
#include "client/ctl/doctor.h"
#include "lib/base/paths.h"
#include <string.h>

#define PLACED DOCTOR_PLACED
#define OWN DOCTOR_OWN
#define ANSWERS DOCTOR_ANSWERS

const struct doctor_check doctor_checks[] = {
    {"socket", 0, 0, doctor_socket},
    {"runtime", OWN, 0, doctor_runtime},
    {"folder", PLACED, 0, doctor_folder},
    {"config", PLACED, 0, doctor_config},
    {"key files", 0, 0, doctor_key_files},
    {"daemon", PLACED, DOCTOR_ASKS(DOCTOR_HELLO) | DOCTOR_ASKS(DOCTOR_STATUS), doctor_daemon},
    {"keys", DOCTOR_DOWN, 0, doctor_keys_down},
    {"version", ANSWERS, DOCTOR_ASKS(DOCTOR_HELLO), doctor_version},
    {"locks", OWN, 0, doctor_locks},
    {"strays", PLACED, 0, doctor_strays},
    {"units", PLACED, 0, doctor_units},
    {"store", ANSWERS, DOCTOR_ASKS(DOCTOR_STATUS), doctor_store},
    {"disk", 0, 0, doctor_disk},
    {"clock", 0, 0, doctor_clock},
    {"parts", 0, 0, doctor_parts},
    {"terminal", 0, 0, doctor_terminal},
    {"models", OWN, 0, doctor_models},
    {"budgets", ANSWERS, DOCTOR_ASKS(DOCTOR_BUDGETS), doctor_budgets},
    {"keys", ANSWERS, DOCTOR_ASKS(DOCTOR_STATUS), doctor_keys},
    {"question", ANSWERS, DOCTOR_ASKS(DOCTOR_ESTIMATE), doctor_question},
    {"providers", ANSWERS, DOCTOR_ASKS(DOCTOR_STATUS), doctor_providers},
    {0},
};

/* What several checks go by. */
static void prepare(struct doctor *d)
{
    for (unsigned i = 0; i < DOCTOR_QUESTIONS; i++)
        doctor_reply_init(&d->replies[i]);
    if (paths_state_dir(d->state, sizeof(d->state), NULL) != ERR_NONE)
        d->state[0] = '\0';
    if (paths_config_dir(d->config, sizeof(d->config), NULL) != ERR_NONE)
        d->config[0] = '\0';
    if (program_find(&d->c->options, d->program, NULL) != ASK_OK)
        d->program[0] = '\0';
    else if (!program_version(d->program, d->installed, sizeof(d->installed)))
        d->installed[0] = '\0';
}

int cmd_doctor(struct ctl *c)
{
    static struct doctor d; /* too large for the stack */
    d.c = c;
    prepare(&d);
    for (d.check = doctor_checks; d.check->name != NULL; d.check++)
        if ((d.check->needs & ~d.knows) == 0)
            d.check->run(&d);
    const int status = doctor_report_end(&d);
    doctor_hang_up(&d);
    doctor_report_done(&d);
    return status;
}
