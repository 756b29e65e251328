/* config.h: the boot configuration, for other parts of the system than the program (host.h). */
#ifndef HOSTS_MEWZ_CONFIG_H
#define HOSTS_MEWZ_CONFIG_H

#include <stdint.h>

/* Replaces what host_environ gives; the bytes are to live for ever. */
void config_set_environ(const char *bytes, uint32_t count, uint32_t size);

#endif
