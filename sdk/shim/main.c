/* containerd-shim-mewz-v1: containers whose program is WebAssembly, each in a machine of its own.
 *
 * The command line is containerd's (runtime/v2/README.md): it calls `start` for a new container, in the folder of its
 * bundle, and `delete` when one is gone. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "shim/shim.h"

struct option {
    const char *name;
    const char **value; /* NULL: it has one that does not matter here */
};

/* Takes one option, with one or two hyphens, its value in the same word or in the next. */
static char **take_option(char **word, const struct option *options, bool *known)
{
    const char *name = *word + 1 + ((*word)[1] == '-');
    size_t length = strcspn(name, "=");
    *known = false;
    for (const struct option *option = options; option->name && !*known; option++) {
        if (strlen(option->name) != length || strncmp(option->name, name, length) != 0)
            continue;
        *known = true;
        const char *value = name[length] ? name + length + 1 : word[1] ? *++word : "";
        if (option->value)
            *option->value = value;
    }
    return word + 1;
}

static const char *parse(char **argv, struct shim_options *shim, struct err *err)
{
    const struct option options[] = {
        {"namespace", &shim->namespace}, {"id", &shim->id},        {"address", &shim->address},
        {"bundle", &shim->bundle},       {"publish-binary", NULL}, {NULL, NULL},
    };
    const char *action = "";
    bool known = true;
    while (*argv && known) {
        if (strcmp(*argv, "-debug") == 0 || strcmp(*argv, "--debug") == 0) {
            shim->debug = true;
            argv++;
        } else if (**argv == '-') {
            const char *word = *argv;
            argv = take_option(argv, options, &known);
            if (!known)
                err_set_status(err, EXIT_USAGE, "unknown option %s", word);
        } else {
            action = *argv++;
        }
    }
    return action;
}

static int run(char **argv, struct err *err)
{
    if (*argv && (strcmp(*argv, "-v") == 0 || strcmp(*argv, "--version") == 0)) {
        puts("containerd-shim-mewz-v1 " MEWZ_VERSION);
        return EXIT_OK;
    }
    struct shim_options options = {.namespace = "", .id = "", .address = ""};
    const char *action = parse(argv, &options, err);
    if (err->set)
        return -1;
    if (!*options.id || !*options.namespace)
        return err_set_status(err, EXIT_USAGE, "this is for containerd to start: see docs/containers.md");
    if (strcmp(action, "start") == 0)
        return shim_start(&options, err);
    if (strcmp(action, "delete") == 0)
        return shim_delete(&options, err);
    return err_set_status(err, EXIT_USAGE, "unknown action %s: expected start or delete", action);
}

int main(int argc, char **argv)
{
    struct err err = {0};
    int status = argc > 0 ? run(argv + 1, &err) : -1;
    if (status >= 0)
        return status;
    fprintf(stderr, "containerd-shim-mewz-v1: %s\n", err.text);
    return err.status;
}
