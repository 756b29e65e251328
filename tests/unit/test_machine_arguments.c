/* QEMU's command line: what depends on the options, and what has to be escaped. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "machine/accel.h"
#include "machine/arguments.h"

static struct arena arena;

static const char *const *arguments(const struct machine_options *options, const struct machine_setting *setting)
{
    return machine_arguments(options, setting, &arena);
}

/* Whether `option` stands there with a value that begins with `value`. */
static bool has(const char *const *list, const char *option, const char *value)
{
    for (; *list; list++)
        if (strcmp(*list, option) == 0 && (!value || (list[1] && strncmp(list[1], value, strlen(value)) == 0)))
            return true;
    return false;
}

static void test_kernel(void)
{
    struct machine_options options = {.image = "a,b.elf"};
    struct machine_setting setting = {.accel = MACHINE_ACCEL_TCG};
    const char *const *list = arguments(&options, &setting);
    CHECK(strcmp(list[0], MACHINE_QEMU) == 0);
    CHECK(has(list, "-M", "microvm,acpi=off") && has(list, "-kernel", "a,b.elf"));
    CHECK(has(list, "-accel", "tcg") && has(list, "-cpu", "max") && has(list, "-m", "512"));
    CHECK(has(list, "-nodefaults", NULL) && has(list, "-no-user-config", NULL) && has(list, "-no-reboot", NULL));
    CHECK(has(list, "-device", "virtio-serial-device") && has(list, "-global", "virtio-mmio.force-legacy=false"));
    CHECK(has(list, "-S", NULL)); /* the monitor starts it */
    CHECK(!has(list, "-gdb", NULL) && !has(list, "-fw_cfg", NULL) && !has(list, "-drive", NULL));
}

static void test_disk(void)
{
    struct machine_options options = {.boot = MACHINE_BOOT_DISK, .image = "a,b.img", .firmware = "uefi"};
    struct machine_setting setting = {.accel = MACHINE_ACCEL_KVM};
    const char *const *list = arguments(&options, &setting);
    CHECK(has(list, "-M", "pc") && has(list, "-bios", "/"));
    CHECK(has(list, "-drive", "if=none,id=disk,format=raw,readonly=on,file=a,,b.img"));
    CHECK(has(list, "-device", "virtio-blk-pci,") && has(list, "-device", "virtio-serial-pci,"));
    CHECK(has(list, "-accel", "kvm") && has(list, "-cpu", "host") && !has(list, "-kernel", NULL));
}

static void test_volumes(void)
{
    const struct machine_share shares[] = {{.tag = "a,b", .folder = "folder"},
                                           {.tag = "c", .folder = "folder", .read_only = true}};
    const struct machine_disk disks[] = {{"d", "x,y.img", true}};
    struct machine_options options = {
        .image = "k", .memory_mib = 64, .shares = shares, .share_count = 2, .disks = disks, .disk_count = 1};
    struct machine_setting setting = {.accel = MACHINE_ACCEL_TCG};
    const char *const *list = arguments(&options, &setting);
    CHECK(has(list, "-M", "microvm,acpi=off,memory-backend=memory"));
    CHECK(has(list, "-object", "memory-backend-memfd,id=memory,size=64M,share=on"));
    CHECK(has(list, "-device", "virtio-serial-device,max_ports=6"));
    CHECK(has(list, "-device", "virtserialport,nr=5,chardev=alive1,name=mewz.share.c"));
    CHECK(has(list, "-chardev", "socket,id=share1,fd=") &&
          has(list, "-device", "vhost-user-fs-device,chardev=share0,tag=a,,b"));
    CHECK(has(list, "-drive", "if=none,id=disk0,format=raw,readonly=on,file=x,,y.img"));
    CHECK(has(list, "-device", "virtio-blk-device,drive=disk0,serial=d"));
    options.type = "q35";
    list = arguments(&options, &setting);
    CHECK(has(list, "-M", "q35,memory-backend=memory") &&
          has(list, "-device", "vhost-user-fs-pci,chardev=share1,tag=c"));
    CHECK(has(list, "-device", "virtio-blk-pci,disable-legacy=on,drive=disk0"));
}

static void test_network(void)
{
    const char *forwards[] = {"tcp:127.0.0.1:8080-:80", "udp:127.0.0.1:5353-:53", NULL};
    struct machine_options options = {
        .image = "k",
        .network = {.kind = MACHINE_NET_USER, .forwards = forwards, .mac = "52:54:00:00:00:01", .pcap = "a,b"},
    };
    struct machine_setting setting = {.accel = MACHINE_ACCEL_TCG};
    const char *const *list = arguments(&options, &setting);
    CHECK(has(list, "-netdev", "user,id=net,hostfwd=tcp:127.0.0.1:8080-:80,hostfwd=udp:127.0.0.1:5353-:53"));
    CHECK(has(list, "-device", "virtio-net-device,netdev=net,mac=52:54:00:00:00:01"));
    CHECK(has(list, "-object", "filter-dump,id=dump,netdev=net,file=a,,b"));

    options.network = (struct machine_network){.kind = MACHINE_NET_TAP, .tap = "tap0"};
    options.type = "q35";
    list = arguments(&options, &setting);
    CHECK(has(list, "-netdev", "tap,id=net,script=no,downscript=no,ifname=tap0"));
    CHECK(has(list, "-device", "virtio-net-pci,") && !has(list, "-object", NULL));

    options.network = (struct machine_network){.kind = MACHINE_NET_TAP, .tap_fd = 20, .claims_fd = 21};
    list = arguments(&options, &setting);
    CHECK(has(list, "-netdev", "tap,id=net,fd=") && has(list, "-chardev", "socket,id=claims,fd="));
    CHECK(has(list, "-device", "virtio-serial-pci,disable-legacy=on,max_ports=5"));
    CHECK(has(list, "-device", "virtserialport,nr=4,chardev=claims,name=mewz.claims"));

    options.network = (struct machine_network){.kind = MACHINE_NET_NONE};
    CHECK(!has(arguments(&options, &setting), "-netdev", NULL));
}

static void test_options(void)
{
    struct machine_options options = {.image = "k", .type = "q35", .memory_mib = 8, .gdb_port = 1234};
    struct machine_setting setting = {.accel = MACHINE_ACCEL_TCG, .terminal = {true, false, true}, .config = true};
    const char *const *list = arguments(&options, &setting);
    CHECK(has(list, "-M", "q35") && has(list, "-m", "8") && has(list, "-gdb", "tcp:127.0.0.1:1234"));
    CHECK(has(list, "-S", NULL) && has(list, "-fw_cfg", "name=opt/mewz/config,file=/dev/fd/"));
    CHECK(has(list, "-device", "virtserialport,id=stdin,nr=1,chardev=stdin,name=mewz.stdin.tty"));
    CHECK(has(list, "-device", "virtserialport,id=stderr,nr=3,chardev=stderr,name=mewz.stderr.tty"));

    options.type = "microvm,acpi=on"; /* the user's own options of the machine stay as they are */
    list = arguments(&options, &setting);
    CHECK(has(list, "-M", "microvm,acpi=on") && has(list, "-device", "virtio-serial-device"));
}

static void test_accel(void)
{
    enum machine_accel accel;
    struct err err = {0};
    setenv("MEWZ_ACCEL", "kvm", 1);
    CHECK(accel_choose(MACHINE_ACCEL_AUTO, &accel, &err) == 0 && accel == MACHINE_ACCEL_KVM);
    CHECK(accel_choose(MACHINE_ACCEL_TCG, &accel, &err) == 0 && accel == MACHINE_ACCEL_TCG);
    setenv("MEWZ_ACCEL", "xen", 1);
    CHECK(accel_choose(MACHINE_ACCEL_AUTO, &accel, &err) != 0 && err.status == EXIT_USAGE);
    setenv("MEWZ_ACCEL", "", 1);
    CHECK(accel_choose(MACHINE_ACCEL_AUTO, &accel, &err) == 0 && accel != MACHINE_ACCEL_AUTO);
}

int main(void)
{
    test_kernel();
    test_disk();
    test_network();
    test_volumes();
    test_options();
    test_accel();
    arena_free(&arena);
    return 0;
}
