/* run.c: see run.h. */
#include "rt/run.h"

#include "metadata/metadata.h"
#include "profile/profile.h"
#include "rt/message.h"
#include "rt/trap.h"
#include "wasi/host.h"
#include "wasi/listeners.h"
#include "wasi/preopens.h"

/* These come with the functions that need them (wasi/sock_accept.c, wasi/path.c), or where they are asked for. */
#pragma weak listeners_open
#pragma weak preopens_open
#pragma weak metadata_fetch
#pragma weak profile_begin

uint64_t program_stack_end;

/* The object says in `pages` how many it begins with; until they are committed there are none. */
static bool commit_memory(struct mewz_memory *memory)
{
    memory->pages = 0;
    if (!host_memory_commit(memory, memory->min_pages))
        return false;
    memory->pages = memory->min_pages;
    return true;
}

_Noreturn static void refuse_memory(const struct mewz_memory *memory)
{
    message_write("%s: the program begins with 0x%llx bytes of linear memory, which is more than there is\n",
                  mewz_program.name, memory->min_pages * MEWZ_PAGE_SIZE);
    host_exit(TRAP_EXIT_CODE);
}

_Noreturn static void refuse_version(void)
{
    message_write("%s: compiled for ABI version %u, this system has version %u\n", mewz_program.name,
                  mewz_program.abi_version, MEWZ_ABI_VERSION);
    host_exit(TRAP_EXIT_CODE);
}

_Noreturn void program_run(void)
{
    program_stack_end = (uint64_t)__builtin_frame_address(0);
    if (mewz_program.abi_version != MEWZ_ABI_VERSION)
        refuse_version();
    for (uint32_t i = 0; i < mewz_program.memory_count; i++) {
        if (!commit_memory(mewz_program.memories[i]))
            refuse_memory(mewz_program.memories[i]);
    }
    if (metadata_fetch)
        metadata_fetch();
    if (listeners_open)
        listeners_open();
    if (preopens_open)
        preopens_open();
    if (profile_begin)
        profile_begin();
    mewz_program.instantiate();
    if (mewz_program.start)
        mewz_program.start();
    host_exit(0);
}
