#include "machine/accel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Inside a virtual machine /dev/kvm can exist, open and create a guest that then hangs for ever. Only a processor that
 * has the extensions runs one. */
static bool processor_virtualizes(void)
{
    FILE *file = fopen("/proc/cpuinfo", "re");
    if (!file)
        return false;
    char *line = NULL;
    size_t capacity = 0;
    bool found = false;
    while (!found && getline(&line, &capacity, file) > 0) {
        if (strncmp(line, "flags", strlen("flags")) != 0)
            continue;
        for (char *flag = strtok(line, " \t\n"); flag && !found; flag = strtok(NULL, " \t\n"))
            found = strcmp(flag, "vmx") == 0 || strcmp(flag, "svm") == 0;
        break; /* the processors are alike */
    }
    free(line);
    fclose(file);
    return found;
}

int accel_choose(enum machine_accel wanted, enum machine_accel *accel, struct err *err)
{
    *accel = wanted;
    if (wanted != MACHINE_ACCEL_AUTO)
        return 0;
    const char *name = getenv("MEWZ_ACCEL");
    if (name && *name) {
        bool is_kvm = strcmp(name, "kvm") == 0;
        if (!is_kvm && strcmp(name, "tcg") != 0)
            return err_set_status(err, EXIT_USAGE, "MEWZ_ACCEL=%s: expected tcg or kvm", name);
        *accel = is_kvm ? MACHINE_ACCEL_KVM : MACHINE_ACCEL_TCG;
        return 0;
    }
    bool works = access("/dev/kvm", R_OK | W_OK) == 0 && processor_virtualizes();
    *accel = works ? MACHINE_ACCEL_KVM : MACHINE_ACCEL_TCG;
    return 0;
}
