/* exit.c: the end of the program is the end of the machine. */
#include "dev/exit.h"

#include "dev/console.h"
#include "ext4/ext4.h"
#include "net/net.h"
#include "wasi/host.h"

#pragma weak ext4_unmount_all
#pragma weak net_finish

_Noreturn void host_exit(int code)
{
    if (net_finish)
        net_finish();
    if (ext4_unmount_all)
        ext4_unmount_all();
    console_flush();
    machine_exit(code);
}
