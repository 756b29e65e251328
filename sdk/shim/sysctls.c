#include "shim/sysctls.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool begins(const char *name, const char *prefix)
{
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

/* Those of namespaces(7). */
static bool is_of_namespace(const char *name, bool has_own_network, bool has_own_ipc)
{
    bool is_ipc = begins(name, "kernel.shm") || begins(name, "kernel.msg") || strcmp(name, "kernel.sem") == 0 ||
                  begins(name, "fs.mqueue.");
    return is_ipc ? has_own_ipc : begins(name, "net.") && has_own_network;
}

/* net.ipv4.tcp_mem is net/ipv4/tcp_mem; no other path may come of it. */
static int set(const char *name, const char *value, struct err *err)
{
    char path[256];
    if (strstr(name, "..") || strchr(name, '/') || strlen(name) > sizeof path - sizeof "/proc/sys/")
        return err_set(err, "sysctl %s: no such name", name);
    snprintf(path, sizeof path, "/proc/sys/%s", name);
    for (char *dot = path; (dot = strchr(dot, '.')) != NULL;)
        *dot = '/';
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, value, strlen(value)) < 0)
        err_set_errno(err, "sysctl %s=%s", name, value);
    if (fd >= 0)
        close(fd);
    return err->set ? -1 : 0;
}

int sysctls_set(const struct spec *spec, bool has_own_network, struct err *err)
{
    bool has_own_ipc = spec_find_namespace(spec, "ipc") != NULL;
    for (const struct spec_annotation *sysctl = spec->sysctls; sysctl->name; sysctl++) {
        if (!is_of_namespace(sysctl->name, has_own_network, has_own_ipc))
            return err_set(err, "sysctl %s: would be the host's", sysctl->name);
        if (set(sysctl->name, sysctl->value, err) != 0)
            return -1;
    }
    return 0;
}
