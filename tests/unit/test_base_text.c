/* Words for shells, and names for registries and clouds. */
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"

static void check_word(const char *word, const char *expected)
{
    char *text;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    text_print_word(word, stream);
    fclose(stream);
    CHECK(strcmp(text, expected) == 0);
    free(text);
}

static void test_words(void)
{
    check_word("a/b-c_1.img", "a/b-c_1.img");
    check_word("", "''");
    check_word("a b", "'a b'");
    check_word("it's", "'it'\\''s'");
    check_word("$HOME;`x`", "'$HOME;`x`'");
    check_word("\xc3\xbc", "'\xc3\xbc'");
}

static void check_name(const char *file_name, const char *expected)
{
    struct arena arena = {0};
    CHECK(strcmp(text_plain_name(file_name, &arena), expected) == 0);
    arena_free(&arena);
}

static void test_names(void)
{
    check_name("path.d/My App_1.wasm", "my-app-1");
    check_name("server.v2.img", "server-v2");
    check_name("a  --  b", "a-b");
    check_name("end-.wasm", "end");
    check_name("7zip.wasm", "app-7zip");
    check_name("\xc3\xbcn\xc3\xaf.wasm", "app-n");
    check_name("\xe6\x97\xa5.wasm", "app");
    check_name(".hidden", "app-hidden");
    check_name("", "app");
    char name[100];
    memset(name, 'x', sizeof name);
    strcpy(name + 62, "_more.wasm"); /* the 63rd place has a hyphen, with which no name ends */
    const char *expected = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
    check_name(name, expected);
}

int main(void)
{
    test_words();
    test_names();
}
