/* ask: one question to a language model. */
#include "client/ask/command.h"
#include "client/ask/complete.h"
#include "client/common/completion.h"

int main(int argc, char **argv)
{
    static const struct frontend text_alone = {.screen = false};
    if (completion_wanted(argc, argv))
        return ask_complete(argc - 2, argv + 2);
    return command_main(argc, argv, &text_alone);
}
