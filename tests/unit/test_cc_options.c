/* The parser of command lines, and the suggestions for what was misspelt. */
#include "cc/options.h"

#include <string.h>

#include "cc/suggest.h"
#include "check.h"

struct values {
    const char *output, *target, *text;
    bool verbose;
    unsigned level;
    uint64_t number, size;
    struct option_list env;
    bool other;
};

#define AT(member) offsetof(struct values, member)

static const char *const targets[] = {"mewz", "linux", NULL};
static const struct option_range levels = {0, 3}, numbers = {1, 100};

static const struct option options[] = {
    {1, "-o", "OUT", OPTION_REQUIRED, AT(output), NULL, "output"},
    {1, "--target", "SYSTEM", OPTION_CHOICE, AT(target), targets, "target"},
    {1, "--text", "TEXT", OPTION_STRING, AT(text), NULL, "text"},
    {1, "-v", NULL, OPTION_FLAG, AT(verbose), NULL, "verbose"},
    {1, "-O", "0..3", OPTION_LEVEL, AT(level), &levels, "level"},
    {1, "-m", "N", OPTION_NUMBER, AT(number), &numbers, "number"},
    {1, "--size", "SIZE", OPTION_SIZE, AT(size), NULL, "size"},
    {1, "--env", "K=V", OPTION_ASSIGNMENTS, AT(env), NULL, "environment"},
    {2, "--other", NULL, OPTION_FLAG, AT(other), NULL, "of another verb"},
};

static const struct verb verb = {
    .name = "build",
    .usage = "APP -o OUT",
    .help = "",
    .options = 1,
    .operand = "program",
    .operand_minimum = 1,
    .operand_maximum = 1,
    .takes_arguments = true,
};

static struct values values;
static struct command_line line;
static struct arena arena;

static int parse(struct err *err, char **argv)
{
    arena_free(&arena);
    values = (struct values){.level = 2};
    line = (struct command_line){
        .verb = &verb,
        .options = options,
        .option_count = sizeof options / sizeof *options,
        .values = &values,
    };
    *err = (struct err){0};
    return options_parse(&line, argv, &arena, err);
}

#define WORDS(...)                                                                                                     \
    (char *[])                                                                                                         \
    {                                                                                                                  \
        __VA_ARGS__, NULL                                                                                              \
    }

static void test_forms(void)
{
    struct err err;
    CHECK(parse(&err, WORDS("-o", "out", "app", "-v", "-O3", "--target", "linux", "-m", "7", "--size=16K")) == 0);
    CHECK(strcmp(values.output, "out") == 0 && strcmp(line.operands[0], "app") == 0 && line.operand_count == 1);
    CHECK(values.verbose && values.level == 3 && values.number == 7 && values.size == 16384);
    CHECK(strcmp(values.target, "linux") == 0 && !line.arguments);

    CHECK(parse(&err, WORDS("app", "-oout", "--target=mewz", "-m9", "--text=", "-o", "last")) == 0);
    CHECK(strcmp(values.output, "last") == 0 && values.number == 9 && *values.text == 0 && values.level == 2);

    CHECK(parse(&err, WORDS("-", "-o", "-v")) == 0); /* a value may look like an option */
    CHECK(strcmp(line.operands[0], "-") == 0 && strcmp(values.output, "-v") == 0 && !values.verbose);
}

static void test_lists(void)
{
    struct err err;
    CHECK(parse(&err, WORDS("app", "-o", "x", "--env", "A=1", "--env=B=2=3", "--env", "C=")) == 0);
    CHECK(values.env.count == 3 && strcmp(values.env.strings[1], "B=2=3") == 0 && !values.env.strings[3]);
}

static void test_arguments(void)
{
    struct err err;
    CHECK(parse(&err, WORDS("app", "-o", "x", "--", "-v", "--", "--nonsense")) == 0);
    CHECK(!values.verbose && strcmp(line.arguments[0], "-v") == 0 && strcmp(line.arguments[1], "--") == 0);
    CHECK(strcmp(line.arguments[2], "--nonsense") == 0 && !line.arguments[3]);
    CHECK(parse(&err, WORDS("app", "-o", "x", "--")) == 0 && line.arguments && !line.arguments[0]);
}

static void check_usage_error(const char *text, char **argv)
{
    struct err err;
    CHECK(parse(&err, argv) == -1 && err.status == EXIT_USAGE);
    if (!strstr(err.text, text))
        fprintf(stderr, "%s\n", err.text);
    CHECK(strstr(err.text, text));
}

static void test_errors(void)
{
    check_usage_error("build: -o OUT is missing", WORDS("app"));
    check_usage_error("build: no program is named: mewz-cc build APP -o OUT", WORDS("-o", "x"));
    check_usage_error("unexpected operand b", WORDS("a", "b", "-o", "x"));
    check_usage_error("unknown option --targe, did you mean --target?", WORDS("a", "--targe=linux"));
    check_usage_error("unknown option --completely-different", WORDS("a", "--completely-different"));
    check_usage_error("unknown option --outptu, did you mean -o?", WORDS("a", "--outptu=x"));
    check_usage_error("unknown option --optimize, did you mean -O?", WORDS("a", "--optimize"));
    check_usage_error("unknown option --foo (see", WORDS("a", "--foo"));
    check_usage_error("unknown option --other (see", WORDS("a", "--other"));
    check_usage_error("unknown option -x", WORDS("a", "-x"));
    check_usage_error("unknown option -vv", WORDS("a", "-vv"));
    check_usage_error("-o needs a value: OUT", WORDS("a", "-o"));
    check_usage_error("--target needs a value", WORDS("a", "--target", "--", "b"));
    check_usage_error("--target sparc: none of mewz, linux (see", WORDS("a", "--target", "sparc"));
    check_usage_error("--target linus: none of mewz, linux; did you mean linux?", WORDS("a", "--target", "linus"));
    check_usage_error("-O4: the levels are -O0 to -O3", WORDS("a", "-O4"));
    check_usage_error("-O needs a value", WORDS("a", "-O", "2"));
    check_usage_error("-Os: the levels", WORDS("a", "-Os"));
    check_usage_error("-m 0: N is a number from 1 to 100", WORDS("a", "-m", "0"));
    check_usage_error("-m 5x: N is a number", WORDS("a", "-m", "5x"));
    check_usage_error("-m -5: N is a number", WORDS("a", "-m", "-5"));
    check_usage_error("--env A: not NAME=VALUE", WORDS("a", "--env", "A"));
    check_usage_error("--env =1: not NAME=VALUE", WORDS("a", "--env", "=1"));
    check_usage_error("--size lots: not a size", WORDS("a", "--size", "lots"));
}

static void check_size(const char *text, uint64_t expected)
{
    uint64_t size;
    CHECK(options_parse_size(text, &size) && size == expected);
}

static void test_sizes(void)
{
    static const char *const wrong[] = {"",         "K",  "-1",  "1X",  "1 K", "0x10", "1KiBs", "1Ki",
                                        "1.5G",     " 1", "+1K", "1kb", "1i",  "1B",   "1iB",   "18446744073709551616",
                                        "99999999T"};
    uint64_t size;
    check_size("0", 0);
    check_size("65536", 65536);
    check_size("64K", 65536);
    check_size("16MiB", 16 << 20);
    check_size("16MB", 16 << 20);
    check_size("1G", 1 << 30);
    check_size("2TiB", 2ull << 40);
    check_size("18446744073709551615", UINT64_MAX);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK(!options_parse_size(wrong[i], &size));
}

static void test_suggestions(void)
{
    static const char *const words[] = {"build", "compile", "link", "run", "inspect", "doctor"};
    CHECK(strcmp(suggest_nearest("biuld", words, 6), "build") == 0);
    CHECK(strcmp(suggest_nearest("complie", words, 6), "compile") == 0);
    CHECK(strcmp(suggest_nearest("ru", words, 6), "run") == 0);
    CHECK(strcmp(suggest_nearest("inspct", words, 6), "inspect") == 0);
    CHECK(suggest_nearest("frobnicate", words, 6) == NULL);
    CHECK(suggest_nearest("rnu", words, 6) == words[3]); /* neighbours that changed places are one mistake, */
    CHECK(suggest_nearest("nun", words, 6) == words[3]); /* as a wrong letter is, */
    CHECK(suggest_nearest("for", words, 6) == NULL);     /* and two are too many for a short word */
    CHECK(suggest_nearest("x", words, 0) == NULL);
    static const char *const templates[] = {"c", "cpp", "http-server", "rust-echo-server", "rust"};
    CHECK(strcmp(suggest_nearest("htp", templates, 5), "http-server") == 0);
    CHECK(strcmp(suggest_nearest("rsut", templates, 5), "rust") == 0);
    CHECK(strcmp(suggest_nearest("rust-ehco", templates, 5), "rust-echo-server") == 0);
    CHECK(suggest_nearest("server", templates, 5) == NULL);
    CHECK(suggest_nearest("averyveryveryveryveryveryveryveryverylongwordthathasnoend", words, 6) == NULL);
}

int main(void)
{
    test_forms();
    test_lists();
    test_arguments();
    test_errors();
    test_sizes();
    test_suggestions();
    arena_free(&arena);
}
