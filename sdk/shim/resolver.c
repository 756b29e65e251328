/* resolver.c: see resolver.h. The files are those of resolv.conf(5) and hosts(5); containerd mounts them. */
#include "shim/resolver.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define BLANKS " \t\r\n"

/* The file that is mounted there; the caller closes it. NULL if there is none. */
static FILE *open_mounted(const struct spec *spec, const char *destination)
{
    const char *path = NULL;
    for (const struct spec_mount *mount = spec->mounts; mount->destination; mount++)
        if (strcmp(mount->destination, destination) == 0)
            path = mount->source;
    return path ? fopen(path, "re") : NULL;
}

const char *resolver_find_server(const struct spec *spec, int family, struct arena *arena)
{
    const char *found = NULL;
    FILE *file = open_mounted(spec, "/etc/resolv.conf");
    char line[256], address[64];
    unsigned char ignored[sizeof(struct in6_addr)];
    while (file && !found && fgets(line, sizeof line, file))
        if (sscanf(line, "nameserver %63s", address) == 1 && inet_pton(family, address, ignored) == 1)
            found = arena_printf(arena, "%s", address);
    if (file)
        fclose(file);
    return found;
}

struct list {
    const char **settings;
    size_t count;
    struct arena *arena;
};

static void add(struct list *list, const char *name, const char *first, const char *second)
{
    if (list->count < RESOLVER_SETTINGS_MAX)
        list->settings[list->count++] =
            arena_printf(list->arena, "%s=%s%s%s", name, first, second ? " " : "", second ? second : "");
}

/* The last list of domains counts, and the last number. */
static void read_domains(const struct spec *spec, struct list *list)
{
    FILE *file = open_mounted(spec, "/etc/resolv.conf");
    char line[2048], domains[2048] = "", ndots[16] = "", *rest = NULL;
    while (file && fgets(line, sizeof line, file)) {
        const char *word = strtok_r(line, BLANKS, &rest), *option;
        if (!word || *word == '#' || *word == ';')
            continue;
        if (strcmp(word, "search") == 0 || strcmp(word, "domain") == 0)
            snprintf(domains, sizeof domains, "%s", rest);
        while (strcmp(word, "options") == 0 && (option = strtok_r(NULL, BLANKS, &rest)) != NULL)
            sscanf(option, "ndots:%15[0-9]", ndots);
    }
    if (file)
        fclose(file);
    for (const char *domain = strtok_r(domains, BLANKS, &rest); domain; domain = strtok_r(NULL, BLANKS, &rest))
        add(list, "search", domain, NULL);
    if (*ndots)
        add(list, "ndots", ndots, NULL);
}

static void read_hosts(const struct spec *spec, struct list *list)
{
    FILE *file = open_mounted(spec, "/etc/hosts");
    char line[2048], *rest;
    while (file && fgets(line, sizeof line, file)) {
        line[strcspn(line, "#")] = 0;
        const char *address = strtok_r(line, BLANKS, &rest), *name;
        while (address && (name = strtok_r(NULL, BLANKS, &rest)) != NULL)
            add(list, "host", address, name);
    }
    if (file)
        fclose(file);
}

size_t resolver_read(const struct spec *spec, const char *settings[RESOLVER_SETTINGS_MAX], struct arena *arena)
{
    struct list list = {settings, 0, arena};
    read_domains(spec, &list);
    read_hosts(spec, &list);
    return list.count;
}
