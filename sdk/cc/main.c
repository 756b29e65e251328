/* mewz-cc: the command line of the SDK. Picks the verb, and prints its error; each verb has its own file. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/terminal.h"
#include "cc/settings.h"
#include "cc/suggest.h"

static const struct verb *const verbs[] = {
    &verb_new,  &verb_build, &verb_convert, &verb_cloud_image, &verb_compile,
    &verb_link, &verb_run,   &verb_inspect, &verb_disk,        &verb_doctor,
};
#define VERB_COUNT (sizeof verbs / sizeof *verbs)

static void print_help(FILE *stream)
{
    fputs("usage: mewz-cc VERB ...\n\n"
          "Compiles WebAssembly programs ahead of time, and makes machine images of them in\n"
          "which they run alone, without an operating system below them.\n\n"
          "Verbs:\n",
          stream);
    for (size_t i = 0; i < VERB_COUNT; i++)
        fprintf(stream, "  %-12s %s\n", verbs[i]->name, verbs[i]->summary);
    fputs("\nmewz-cc VERB --help says more of each; mewz-cc --version prints the version.\n"
          "The manual page is mewz-cc(1).\n",
          stream);
}

static int unknown_verb(const char *word, struct err *err)
{
    const char *names[VERB_COUNT];
    for (size_t i = 0; i < VERB_COUNT; i++)
        names[i] = verbs[i]->name;
    const char *nearest = suggest_nearest(word, names, VERB_COUNT);
    const char *kind = *word == '-' ? "option" : "verb";
    if (access(word, F_OK) == 0)
        return err_set_status(err, EXIT_USAGE, "%s is no verb: to start it, mewz-cc run %s", word, word);
    if (nearest && *word != '-')
        return err_set_status(err, EXIT_USAGE, "unknown %s %s, did you mean %s?", kind, word, nearest);
    return err_set_status(err, EXIT_USAGE, "unknown %s %s (see mewz-cc --help)", kind, word);
}

static int run(char **argv, struct err *err)
{
    const char *word = argv[0];
    if (!word) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        print_help(stdout);
        return EXIT_OK;
    }
    if (strcmp(word, "--version") == 0) {
        puts("mewz-cc " MEWZ_VERSION);
        return EXIT_OK;
    }
    for (size_t i = 0; i < VERB_COUNT; i++)
        if (strcmp(verbs[i]->name, word) == 0)
            return settings_run(verbs[i], argv + 1, err);
    return unknown_verb(word, err);
}

int main(int argc, char **argv)
{
    struct err err = {0};
    signal(SIGXFSZ, SIG_IGN); /* a file size limit is an error like a full disk */
    signal(SIGCHLD, SIG_DFL); /* who started us may ignore it; then no child's exit status could be had */
    int status = run(argc > 0 ? argv + 1 : argv, &err);
    if (fflush(stdout) != 0 && status == EXIT_OK)
        status = err_set_errno(&err, "stdout");
    if (status >= 0)
        return status;
    fprintf(stderr, "%smewz-cc:%s %s\n", terminal_colour(stderr, TERMINAL_BAD), terminal_colour(stderr, TERMINAL_PLAIN),
            err.text);
    return (int)err.status;
}
