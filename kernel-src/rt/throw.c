/* throw.c: see throw.h. One walk is enough: it leaves everything as it is until it has found the handler, so that the
 * backtrace of an exception that nobody catches begins at its throw. */
#include "rt/throw.h"

#include "rt/cfi.h"
#include "rt/handlers.h"
#include "rt/run.h"
#include "rt/unwind.h"

/* What the handler's function has in registers and on the stack, as after the call that threw. */
static void enter(const struct unwind_cursor *cursor, const struct cfi_row *rules, uint64_t address,
                  struct trap_registers *registers)
{
    const uint64_t *values = cursor->registers;
    *registers = (struct trap_registers){
        .rip = address,
        .rsp = values[UNWIND_RSP] + rules->args_size,
        .rbp = values[UNWIND_RBP],
        .rbx = values[UNWIND_RBX],
        .r12 = values[UNWIND_R12],
        .r13 = values[UNWIND_R13],
        .r14 = values[UNWIND_R14],
        .r15 = values[UNWIND_R15],
    };
}

uint64_t throw_find_handler(const struct mewz_exception *exception, struct trap_registers *registers)
{
    struct unwind_cursor cursor;
    struct handler handler;
    const struct cfi_row *rules;
    unwind_begin(&cursor, registers, program_stack_end);
    while ((rules = unwind_rules(&cursor)) != NULL) {
        if (rules->handlers &&
            handlers_find(rules->handlers, rules->function, unwind_address(&cursor), exception->tag, &handler)) {
            enter(&cursor, rules, handler.address, registers);
            return handler.selector;
        }
        if (!unwind_step(&cursor))
            break;
    }
    trap_report(MEWZ_TRAP_EXCEPTION, registers, 0);
}
