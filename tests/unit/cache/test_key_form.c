/* The form that is hashed: MessagePack written out by hand. Whoever changes it must change its number too. */
#include "tests/unit/cache/key_questions.h"
#include <openssl/evp.h>

#include <cmocka.h>

static struct cache_key hash_of(const void *bytes, size_t len)
{
    struct cache_key key;

    assert_true(EVP_Digest(bytes, len, key.bytes, NULL, EVP_sha256(), NULL));
    return key;
}

static void check_hex(const struct cache_key *key, const char *want)
{
    char hex[KEY_HEX + 1];

    key_hex(key, hex);
    assert_string_equal(hex, want);
}

static const char bare_form[] = "\x93\x01"
                                "\x82\xa8messages\x91\x82\xa7"
                                "content\x91\x82\xa4text\xa5hello\xa4type\xa4text"
                                "\xa4role\xa4user"
                                "\xa5scope\xa8uid:1000"
                                "\x82\xa5model\xa5large\xa8provider\xa4work";

static void the_form_of_a_small_question(void **state)
{
    (void)state;
    struct chat_request *r = chat_request_new();
    struct cache_key want = hash_of(bare_form, sizeof(bare_form) - 1);

    add_part(r, ROLE_USER, PART_TEXT, "hello");
    struct cache_key key = key_of(r, SCOPE, &bare_target);
    assert_memory_equal(key.bytes, want.bytes, KEY_LEN);
    chat_request_free(r);
}

static void the_key_of_a_full_question(void **state)
{
    (void)state;
    struct chat_request *r = full_question();
    struct cache_key key = key_of(r, SCOPE, &some_target);

    check_hex(&key, "d341a1226d1ef9839bdd774bffd9c7069839769587555518cf2e2debb90e7a24");
    chat_request_free(r);
}

static void the_form_of_a_text(void **state)
{
    (void)state;
    static const char form[] = "\x93\x01\x82\xa5scope\xa8uid:1000\xa4text\xa2hi"
                               "\x82\xa5model\xa5large\xa8provider\xa4work";
    struct cache_key want = hash_of(form, sizeof(form) - 1), key, empty;

    key_text(maker, SCOPE, "hi", 2);
    key_for(maker, &bare_target, &key);
    assert_memory_equal(key.bytes, want.bytes, KEY_LEN);
    key_text(maker, SCOPE, NULL, 0);
    key_for(maker, &bare_target, &key);
    key_text(maker, SCOPE, "", 0);
    key_for(maker, &bare_target, &empty);
    assert_memory_equal(key.bytes, empty.bytes, KEY_LEN);
}

/* Long ones go to the digest another way, which must not show. */
static void a_text_of_any_length_has_the_same_form(void **state)
{
    (void)state;
    static const size_t lengths[] = {31, 32, 255, 256, 4095, 4096, 65535, 65536, 1000000};
    static const char head[] = "\x93\x01\x82\xa5scope\xa8uid:1000\xa4text";
    static const char target[] = "\x82\xa5model\xa5large\xa8provider\xa4work";

    for (size_t i = 0; i < COUNT(lengths); i++) {
        size_t len = lengths[i];
        char *text = xmalloc(len);
        msgpack_sbuffer form;
        msgpack_packer pk;
        struct cache_key key, want;

        memset(text, 'x', len);
        msgpack_sbuffer_init(&form);
        msgpack_packer_init(&pk, &form, msgpack_sbuffer_write);
        msgpack_sbuffer_write(&form, head, sizeof(head) - 1);
        msgpack_pack_str_with_body(&pk, text, len);
        msgpack_sbuffer_write(&form, target, sizeof(target) - 1);
        want = hash_of(form.data, form.size);
        key_text(maker, SCOPE, text, len);
        key_for(maker, &bare_target, &key);
        assert_memory_equal(key.bytes, want.bytes, KEY_LEN);
        msgpack_sbuffer_destroy(&form);
        free(text);
    }
}

/* One question, many targets: each has the key that it would have alone, in any order. */
static void targets_do_not_disturb_each_other(void **state)
{
    (void)state;
    struct chat_request *r = full_question();
    struct cache_key alone = key_of(r, SCOPE, &some_target), bare = key_of(r, SCOPE, &bare_target), key;

    key_for(maker, &some_target, &key);
    assert_true(key_equal(&key, &alone));
    key_join(maker, &alone, 1, &key);
    key_for(maker, &bare_target, &key);
    assert_true(key_equal(&key, &bare));
    key_for(maker, &some_target, &key);
    assert_true(key_equal(&key, &alone));
    chat_request_free(r);
}

static void joined_keys_have_an_order(void **state)
{
    (void)state;
    struct cache_key a = hash_of("a", 1), b = hash_of("b", 1);
    const struct cache_key ab[] = {a, b}, ba[] = {b, a};
    struct cache_key keys[6] = {a, b}, again;

    key_join(maker, ab, 2, &keys[2]);
    key_join(maker, ba, 2, &keys[3]);
    key_join(maker, ab, 1, &keys[4]);
    key_join(maker, ab, 0, &keys[5]);
    check_all_differ(keys, COUNT(keys));
    key_join(maker, ab, 2, &again);
    assert_true(key_equal(&again, &keys[2]));
}

static void hex_there_and_back(void **state)
{
    (void)state;
    struct cache_key key = hash_of("", 0), back;
    char hex[KEY_HEX + 1];

    check_hex(&key, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    key_hex(&key, hex);
    assert_true(key_from_hex(hex, KEY_HEX, &back));
    assert_true(key_equal(&key, &back));
    assert_true(key_from_hex("E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855", KEY_HEX, &back));
    assert_true(key_equal(&key, &back));
    assert_false(key_from_hex(hex, KEY_HEX - 1, &back));
    assert_false(key_from_hex(hex, KEY_HEX + 1, &back));
    assert_false(key_from_hex("", 0, &back));
    for (size_t i = 0; i < KEY_HEX; i++) {
        static const char wrong[] = {'g', 'G', '/', ':', '@', '`', ' ', '\0'};
        char bad[KEY_HEX + 1];

        memcpy(bad, hex, sizeof(bad));
        bad[i] = wrong[i % sizeof(wrong)];
        assert_false(key_from_hex(bad, KEY_HEX, &back));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_form_of_a_small_question),
        cmocka_unit_test(the_key_of_a_full_question),
        cmocka_unit_test(the_form_of_a_text),
        cmocka_unit_test(a_text_of_any_length_has_the_same_form),
        cmocka_unit_test(targets_do_not_disturb_each_other),
        cmocka_unit_test(joined_keys_have_an_order),
        cmocka_unit_test(hex_there_and_back),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
