/* config.h: the boot configuration, arguments, environment and settings as bytes.
 *
 * `mewz-cc build` bakes one into the image (linked in as `mewz_config_start` .. `mewz_config_end`); `mewz-cc run`
 * hands one over at boot (QEMU's fw_cfg file MEWZ_CONFIG_FW_CFG, or the first PVH boot module). Each part that the
 * one from boot time has replaces the part of the one from build time; of the settings, those with the same name.
 *
 * Settings are NAME=VALUE, each at most once if nothing else is said:
 *   ip=10.0.0.2/24,gw=10.0.0.1,dns=10.0.0.1   the network card's address; without it DHCP. gw and dns may be missing
 *   ip6=fd00::2/64,gw=fd00::1,dns=fd00::1     the same of IPv6; without it router advertisements. Without
 *                                             `ip` there is no IPv4 then
 *   ports=53248-55295                         the ports that sockets get which ask for none; without it 49152-65535
 *   hostname=NAME                             the machine's name, for DHCP
 *   search=DOMAIN                             short names are tried in it; any number of times
 *   ndots=NUMBER                              a name with fewer dots is a short one; without it 1
 *   host=ADDRESS NAME                         has that address, and no server is asked; any number of times
 *   metadata=CLOUD                            ask that cloud's service for HOSTNAME and USER_DATA (mewz/metadata.def)
 *   tmp-max=BYTES                             the most memory for files; without it half of what is free
 *   dir=HOST:GUEST, HOST:GUEST:ro             a folder of Linux, for a process; any number of times
 *   listen=tcp:0.0.0.0:80, udp:[::]:53        a socket that the program gets, from descriptor 3 on; any number of times
 *   share=TAG:/data:ro                        the virtio-fs device with that tag holds what the program finds there,
 *                                             to read only where it ends so; any number of times
 *   memory=BYTES:/data                        a file system in memory, of at most so many bytes; 0: half of what is
 * free disk=SERIAL:/data:ro                      the disk with that serial number has an ext4 file system,
 * likewise
 *
 * Layout, little-endian, no padding: the header, then for each string its bytes and a zero. */
#ifndef MEWZ_CONFIG_H
#define MEWZ_CONFIG_H

#include <stdint.h>

#define MEWZ_CONFIG_MAGIC  0x676663665a57454dull /* "MEWZfcfg" */
#define MEWZ_CONFIG_FW_CFG "opt/mewz/config"

/* The number in place of a count that says: this part is absent, keep what was there before. */
#define MEWZ_CONFIG_ABSENT 0xffffffffu

struct mewz_config {
    uint64_t magic;
    uint32_t size;          /* of the whole, header included, in bytes */
    uint32_t arg_count;     /* argument strings, the program's name first; or MEWZ_CONFIG_ABSENT */
    uint32_t env_count;     /* NAME=VALUE strings, after the arguments; or MEWZ_CONFIG_ABSENT */
    uint32_t setting_count; /* NAME=VALUE settings, after the environment */
};

_Static_assert(sizeof(struct mewz_config) == 24, "the header is a wire format");

#endif
