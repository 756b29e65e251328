/* fw_cfg.h: files that QEMU hands to the guest (QEMU documentation, "QEMU Firmware Configuration (fw_cfg) Device"). */
#ifndef DEV_FW_CFG_H
#define DEV_FW_CFG_H

#include <stdbool.h>
#include <stdint.h>

struct fw_cfg_file {
    uint16_t key;
    uint32_t size;
};

/* Looks a file up by name. False if there is none, or no such device. */
bool fw_cfg_find(const char *name, struct fw_cfg_file *file);

/* Reads a whole file to `memory`: page-aligned, physically contiguous, `size` bytes. False if the device fails. */
bool fw_cfg_read(const struct fw_cfg_file *file, void *memory);

#endif
