/* RFC 4648's own examples, and what is none. */
#include "metadata/base64.c"

#include <string.h>

#include "check.h"

static bool decodes(const char *text, const char *expected)
{
    char bytes[64];
    size_t size = strlen(text);
    memcpy(bytes, text, size + 1);
    return base64_decode(bytes, &size) && size == strlen(expected) && memcmp(bytes, expected, size) == 0;
}

static bool refuses(const char *text)
{
    char bytes[64];
    size_t size = strlen(text);
    memcpy(bytes, text, size + 1);
    return !base64_decode(bytes, &size);
}

int main(void)
{
    CHECK(decodes("", ""));
    CHECK(decodes("Zg==", "f"));
    CHECK(decodes("Zm8=", "fo"));
    CHECK(decodes("Zm9v", "foo"));
    CHECK(decodes("Zm9vYg==", "foob"));
    CHECK(decodes("Zm9vYmE=", "fooba"));
    CHECK(decodes("Zm9vYmFy", "foobar"));
    CHECK(decodes("Zm9v\r\nYmFy\n", "foobar"));
    CHECK(decodes("/+8=", "\xff\xef"));
    CHECK(refuses("Zm9v!"));
    CHECK(refuses("Z"));
    CHECK(refuses("Zg==Zg=="));
    CHECK(refuses("Zg==="));
    CHECK(refuses("Zm8-"));
    return 0;
}
