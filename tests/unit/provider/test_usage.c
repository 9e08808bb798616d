/* What the usage tells besides text tokens, at each API: sound, images, and the provider's own figure of what it cost.
 */
#include "tests/unit/provider/parsing.h"

static struct answer whole(const char *api, const char *dialect)
{
    return (struct answer){api, 200, "application/json", dialect, false};
}

#define CHAT(usage)                                                                                                    \
    "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"\"},\"finish_reason\":\"stop\"}],\"usage\":{" usage "}}"
#define RESPONSE(usage) "{\"status\":\"completed\",\"output\":[],\"usage\":{" usage "}}"
#define GEMINI(usage) "{\"candidates\":[{\"finishReason\":\"STOP\"}],\"usageMetadata\":{" usage "}}"
#define QWEN(usage) "{\"output\":{\"choices\":[{\"finish_reason\":\"stop\",\"message\":{}}]},\"usage\":{" usage "}}"

static void sound(void **state)
{
    (void)state;
    check_answer(whole("openai-chat", "openai"),
                 CHAT("\"prompt_tokens\":9,\"completion_tokens\":5,\"prompt_tokens_details\":{\"audio_tokens\":7},"
                      "\"completion_tokens_details\":{\"audio_tokens\":0}"),
                 "usage:9,5,-1,-1,-1,heard 7,said 0 done:stop");
    check_answer(whole("openai-chat", "azure"), CHAT("\"prompt_tokens\":9,\"audio_prompt_tokens\":3"),
                 "usage:9,-1,-1,-1,-1,heard 3 done:stop");
    check_answer(
        whole("gemini", NULL),
        GEMINI("\"promptTokenCount\":40,\"toolUsePromptTokenCount\":5,\"candidatesTokenCount\":6,"
               "\"promptTokensDetails\":[{\"modality\":\"TEXT\",\"tokenCount\":8},{\"modality\":\"AUDIO\","
               "\"tokenCount\":32}],\"toolUsePromptTokensDetails\":[{\"modality\":\"AUDIO\",\"tokenCount\":1}],"
               "\"candidatesTokensDetails\":[{\"modality\":\"AUDIO\",\"tokenCount\":4}]"),
        "usage:45,6,-1,-1,-1,heard 33,said 4 done:stop");
    check_answer(whole("gemini", NULL),
                 GEMINI("\"promptTokenCount\":8,\"promptTokensDetails\":[{\"modality\":\"TEXT\",\"tokenCount\":8}]"),
                 "usage:8,0,-1,-1,-1 done:stop");
    check_answer(whole("dashscope", NULL), QWEN("\"input_tokens\":9,\"output_tokens\":2,\"audio_tokens\":6"),
                 "usage:9,2,-1,-1,-1,heard 6 done:stop");
    check_answer(whole("dashscope", NULL),
                 QWEN("\"input_tokens\":9,\"output_tokens\":2,\"input_tokens_details\":{\"audio_tokens\":5},"
                      "\"output_tokens_details\":{\"audio_tokens\":1}"),
                 "usage:9,2,-1,-1,-1,heard 5,said 1 done:stop");
    /* No more of it can be sound than there is. */
    check_answer(whole("openai-chat", "openai"),
                 CHAT("\"prompt_tokens\":9,\"completion_tokens\":5,\"prompt_tokens_details\":{\"audio_tokens\":10},"
                      "\"completion_tokens_details\":{\"audio_tokens\":6}"),
                 "usage:9,5,-1,-1,-1,heard 9,said 5 done:stop");
}

static void images(void **state)
{
    (void)state;
    check_answer(whole("openai-responses", "xai"),
                 RESPONSE("\"input_tokens\":9,\"output_tokens\":2,\"server_side_tool_usage_details\":{"
                          "\"image_generation_calls\":2}"),
                 "usage:9,2,-1,-1,-1,images 2 done:stop");
    check_answer(whole("dashscope", NULL), QWEN("\"image_count\":1,\"width\":1024"),
                 "usage:-1,-1,-1,-1,-1,images 1 done:stop");
    check_answer(whole("openai-chat", "openai"),
                 CHAT("\"prompt_tokens\":9,\"prompt_tokens_details\":{\"image_tokens\":5}"),
                 "usage:9,-1,-1,-1,-1 done:stop"); /* they are tokens */
}

static void cost(void **state)
{
    static const struct {
        const char *dialect, *usage, *want;
    } told[] = {
        {"openrouter", "\"cost\":0.00524", ",5240000"},
        {"openrouter", "\"cost\":\"0.00524\"", ",5240000"},
        {"openrouter", "\"cost\":0", ",0"},
        {"openrouter", "\"cost\":1.13e-05", ",11300"},
        {"openrouter", "\"cost\":0.0000000004", ",0"},
        {"openrouter", "\"cost\":0.0000000005", ",1"},
        {"openrouter", "\"cost\":1000000", ",1000000000000000"},
        {"openrouter", "\"cost\":1000000.1", ""}, /* that is no price of an answer */
        {"openrouter", "\"cost\":-1", ""},
        {"openrouter", "\"cost\":null", ""},
        {"perplexity", "\"cost\":{\"request_cost\":0.005,\"total_cost\":0.00515}", ",5150000"},
        {"perplexity", "\"cost\":0.1", ""},
        {"xai", "\"cost_in_usd_ticks\":1330500", ",133050"},
        {"xai", "\"cost_in_usd_ticks\":123454", ",12345"},
        {"xai", "\"cost_in_usd_ticks\":123455", ",12346"},
        {"azure", "\"cost_in_usd_ticks\":0", ""}, /* it does not tell */
        {"generic", "\"pydantic_ai_gateway\":{\"cost_estimate\":3.11e-05}", ",31100"},
        {"generic", "\"cost\":1", ""}, /* of what currency? */
    };
    (void)state;

    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        char body[512], want[128];
        snprintf(body, sizeof body, CHAT("\"prompt_tokens\":9,%s"), told[i].usage);
        snprintf(want, sizeof want, "usage:9,-1,-1,-1,-1%s done:stop", told[i].want);
        check_answer(whole("openai-chat", told[i].dialect), body, want);
        snprintf(body, sizeof body, RESPONSE("\"input_tokens\":9,%s"), told[i].usage);
        check_answer(whole("openai-responses", told[i].dialect), body, want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound),
        cmocka_unit_test(images),
        cmocka_unit_test(cost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
