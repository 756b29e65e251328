/* arguments.c: QEMU's command line for a machine.
 *
 * Nothing that was not asked for: no default devices, no user configuration, no display. A kernel as ELF goes on
 * microvm, whose firmware starts it in a few milliseconds; a disk image on pc with its BIOS or, on request, UEFI. */
#include "machine/arguments.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "mewz/channels.h"
#include "mewz/config.h"

#define ARGUMENTS_MAX 256 /* about 60 are needed, 8 more for each share, 4 for each disk */

struct list {
    const char **items;
    size_t count;
    struct arena *arena;
};

static void add(struct list *list, const char *argument)
{
    assert(list->count + 1 < ARGUMENTS_MAX);
    list->items[list->count++] = argument;
}

/* An option and its value, which is formatted. */
__attribute__((format(printf, 3, 4))) static void add_option(struct list *list, const char *option, const char *format,
                                                             ...)
{
    va_list values;
    va_start(values, format);
    int size = vsnprintf(NULL, 0, format, values);
    va_end(values);
    char *value = arena_alloc(list->arena, (size_t)size + 1);
    va_start(values, format);
    vsnprintf(value, (size_t)size + 1, format, values);
    va_end(values);

    add(list, option);
    add(list, value);
}

/* In QEMU's NAME=VALUE lists a comma in a value is written twice. */
static const char *escape_commas(const char *value, struct arena *arena)
{
    char *escaped = arena_alloc(arena, 2 * strlen(value) + 1);
    char *end = escaped;
    for (; *value; value++) {
        if (*value == ',')
            *end++ = ',';
        *end++ = *value;
    }
    return escaped;
}

static bool is_microvm(const char *type)
{
    return strncmp(type, "microvm", strlen("microvm")) == 0;
}

static const char *machine_type(const struct machine_options *options)
{
    if (options->type)
        return options->type;
    return options->boot == MACHINE_BOOT_ELF ? "microvm" : "pc";
}

static void add_machine(struct list *list, const struct machine_options *options, enum machine_accel accel)
{
    const char *type = machine_type(options);
    /* Without ACPI tables microvm names its devices on the kernel's command line and starts sooner. */
    add_option(list, "-M", "%s%s%s", type, strcmp(type, "microvm") == 0 ? ",acpi=off" : "",
               options->share_count ? ",memory-backend=memory" : "");
    add_option(list, "-accel", "%s", accel == MACHINE_ACCEL_KVM ? "kvm" : "tcg");
    add_option(list, "-cpu", "%s", accel == MACHINE_ACCEL_KVM ? "host" : "max");
    unsigned memory_mib = options->memory_mib ? options->memory_mib : MACHINE_MEMORY_MIB;
    add_option(list, "-m", "%u", memory_mib);
    if (options->share_count) /* their servers write to it */
        add_option(list, "-object", "memory-backend-memfd,id=memory,size=%uM,share=on", memory_mib);
    add(list, "-nodefaults");
    add(list, "-no-user-config");
    add(list, "-no-reboot"); /* a triple fault ends QEMU */
    add_option(list, "-display", "none");
    /* Whoever breaks out of the guest finds no system call to start a program or to become somebody else. */
    add_option(list, "-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
    add(list, "-S"); /* until the monitor says so, or the debugger: session.h */
    if (options->gdb_port)
        add_option(list, "-gdb", "tcp:127.0.0.1:%u", options->gdb_port);
}

/* The image as a drive: what the machine boots from, or for a kernel's ELF, what it reads files from. */
static void add_boot(struct list *list, const struct machine_options *options, bool reads_kernel)
{
    bool is_kernel = options->boot == MACHINE_BOOT_ELF;
    if (options->firmware)
        add_option(list, "-bios", "%s", MACHINE_UEFI_FIRMWARE);
    if (is_kernel)
        add_option(list, "-kernel", "%s", options->image);
    if (is_kernel && !reads_kernel)
        return;
    add_option(list, "-drive", "if=none,id=disk,format=%s,readonly=on,file=%s",
               options->driver ? options->driver : "raw", escape_commas(options->image, list->arena));
    add_option(list, "-device", "%s,drive=disk%s",
               is_microvm(machine_type(options)) ? "virtio-blk-device" : "virtio-blk-pci,disable-legacy=on",
               is_kernel ? "" : ",bootindex=0");
}

/* A channel to a file goes by its name in /dev/fd, which for a pipe opens it anew: QEMU makes its channels
 * non-blocking, and that is a property of the open file, not of the descriptor. */
static void add_output(struct list *list, const char *name, enum machine_descriptor descriptor)
{
    add_option(list, "-chardev", "file,id=%s,path=/dev/fd/%d", name, descriptor);
}

static void add_port(struct list *list, int number, const char *channel, const char *name, bool terminal)
{
    add_option(list, "-device", "virtserialport,id=%s,nr=%d,chardev=%s,name=%s%s", channel, number, channel, name,
               terminal ? MEWZ_PORT_TERMINAL : "");
}

/* Port 0 of a virtio console device is for a console proper (virtio 1.2, 5.3), so the three count from 1. */
static void add_streams(struct list *list, const struct machine_options *options, const bool terminal[3])
{
    size_t ports = 4 + options->share_count + (options->network.claims_fd ? 1 : 0);
    add_option(list, "-chardev", "stdio,id=stdin,signal=off");
    add_output(list, "stdout", MACHINE_FD_STDOUT);
    add_output(list, "stderr", MACHINE_FD_STDERR);
    if (is_microvm(machine_type(options))) {
        add_option(list, "-global", "virtio-mmio.force-legacy=false");
        add_option(list, "-device", "virtio-serial-device,max_ports=%zu", ports);
    } else {
        add_option(list, "-device", "virtio-serial-pci,disable-legacy=on,max_ports=%zu", ports);
    }
    add_port(list, 1, "stdin", MEWZ_PORT_STDIN, terminal[0]);
    add_port(list, 2, "stdout", MEWZ_PORT_STDOUT, terminal[1]);
    add_port(list, 3, "stderr", MEWZ_PORT_STDERR, terminal[2]);
}

/* QEMU's own network: a router that gives addresses by DHCP, and connects through this process's sockets. */
static void add_user_network(struct list *list, const struct machine_network *network)
{
    struct buf value = {0};
    buf_printf(&value, "user,id=net");
    if (network->user_network)
        buf_printf(&value, ",net=%s", network->user_network);
    if (network->user_gateway)
        buf_printf(&value, ",host=%s", network->user_gateway);
    if (network->user_dns)
        buf_printf(&value, ",dns=%s", network->user_dns);
    for (const char *const *forward = network->forwards; forward && *forward; forward++)
        buf_printf(&value, ",hostfwd=%s", *forward);
    add_option(list, "-netdev", "%.*s", (int)value.size, (const char *)value.data);
    buf_free(&value);
}

static void add_network(struct list *list, const char *type, const struct machine_network *network)
{
    if (network->kind == MACHINE_NET_NONE)
        return;
    if (network->kind == MACHINE_NET_USER)
        add_user_network(list, network);
    else if (network->tap)
        /* A file of packets would have virtio's headers in it, and large packets that were never on a wire. */
        add_option(list, "-netdev", "tap,id=net,script=no,downscript=no,ifname=%s%s",
                   escape_commas(network->tap, list->arena), network->pcap ? ",vnet_hdr=off" : "");
    else
        add_option(list, "-netdev", "tap,id=net,fd=%d", MACHINE_FD_TAP);
    /* Without a ROM: nothing boots from the network. */
    const char *device = is_microvm(type) ? "virtio-net-device" : "virtio-net-pci,disable-legacy=on,romfile=";
    const char *mtu = network->mtu ? arena_printf(list->arena, ",host_mtu=%u", network->mtu) : "";
    add_option(list, "-device", "%s,netdev=net%s%s%s", device, network->mac ? ",mac=" : "",
               network->mac ? network->mac : "", mtu);
    if (network->pcap)
        add_option(list, "-object", "filter-dump,id=dump,netdev=net,file=%s",
                   escape_commas(network->pcap, list->arena));
}

static void add_shares(struct list *list, const struct machine_options *options)
{
    const char *device = is_microvm(machine_type(options)) ? "vhost-user-fs-device" : "vhost-user-fs-pci";
    for (size_t i = 0; i < options->share_count; i++) {
        const char *tag = escape_commas(options->shares[i].tag, list->arena);
        add_option(list, "-chardev", "socket,id=share%zu,fd=%d", i, MACHINE_FD_SHARES + (int)i);
        add_option(list, "-device", "%s,chardev=share%zu,tag=%s", device, i, tag);
        add_option(list, "-chardev", "socket,id=alive%zu,fd=%d", i, MACHINE_FD_ALIVE + (int)i);
        add_option(list, "-device", "virtserialport,nr=%zu,chardev=alive%zu,name=%s%s", 4 + i, i, MEWZ_PORT_SHARE, tag);
    }
}

/* The port behind those of the shares. */
static void add_claims(struct list *list, const struct machine_options *options)
{
    if (!options->network.claims_fd)
        return;
    add_option(list, "-chardev", "socket,id=claims,fd=%d", MACHINE_FD_CLAIMS);
    add_option(list, "-device", "virtserialport,nr=%zu,chardev=claims,name=%s", 4 + options->share_count,
               MEWZ_PORT_CLAIMS);
}

static void add_disks(struct list *list, const struct machine_options *options)
{
    const char *device = is_microvm(machine_type(options)) ? "virtio-blk-device" : "virtio-blk-pci,disable-legacy=on";
    for (size_t i = 0; i < options->disk_count; i++) {
        const struct machine_disk *disk = &options->disks[i];
        add_option(list, "-drive", "if=none,id=disk%zu,format=raw%s,file=%s", i, disk->read_only ? ",readonly=on" : "",
                   escape_commas(disk->file, list->arena));
        add_option(list, "-device", "%s,drive=disk%zu,serial=%s", device, i, escape_commas(disk->serial, list->arena));
    }
}

static void add_channels(struct list *list, const struct machine_options *options,
                         const struct machine_setting *setting)
{
    add_output(list, "serial", MACHINE_FD_SERIAL);
    add_option(list, "-serial", "chardev:serial");
    add_output(list, "exit", MACHINE_FD_EXIT);
    add_option(list, "-device", "isa-debugcon,iobase=%#x,readback=%#x,chardev=exit", MEWZ_EXIT_IOPORT,
               MEWZ_EXIT_READBACK);
    add_option(list, "-device", "isa-debug-exit,iobase=%#x,iosize=1", MEWZ_QUIT_IOPORT);
    add_option(list, "-chardev", "socket,id=monitor,fd=%d", MACHINE_FD_MONITOR);
    add_option(list, "-mon", "chardev=monitor,mode=control");
    if (options->monitor) {
        add_option(list, "-chardev", "socket,id=readline,server=on,wait=off,path=%s",
                   escape_commas(options->monitor, list->arena));
        add_option(list, "-mon", "chardev=readline,mode=readline");
    }
    if (setting->config)
        add_option(list, "-fw_cfg", "name=%s,file=/dev/fd/%d", MEWZ_CONFIG_FW_CFG, MACHINE_FD_CONFIG);
}

const char *const *machine_arguments(const struct machine_options *options, const struct machine_setting *setting,
                                     struct arena *arena)
{
    struct list list = {.items = arena_array(arena, ARGUMENTS_MAX, sizeof *list.items), .arena = arena};
    add(&list, MACHINE_QEMU);
    add_machine(&list, options, setting->accel);
    add_boot(&list, options, setting->reads_kernel);
    add_streams(&list, options, setting->terminal);
    add_network(&list, machine_type(options), &options->network);
    add_shares(&list, options);
    add_claims(&list, options);
    add_disks(&list, options);
    add_channels(&list, options, setting);
    return list.items;
}
