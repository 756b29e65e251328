/* traps.c: exceptions (traps.h; SDM volume 3A, chapter 6).
 *
 * An exception that is the program's doing ends in trap_report (rt/trap.h), on a stack of its own, with interrupts on
 * as ever: the exception is left by changing the frame and returning from it, so that another one can come. A page
 * that linear memory or the program's stack was promised is mapped. Everything else is a panic. */
#include "arch/x86_64/traps.h"

#include <stdbool.h>
#include <stddef.h>

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/irq.h"
#include "arch/x86_64/segments.h"
#include "arch/x86_64/vectors.h"
#include "mm/linear.h"
#include "mm/stack.h"
#include "panic.h"
#include "rt/trap.h"
#include "rt/unwind.h"

#define STACK_SIZE     (8ull << 10)
#define STACK_SIZE_END (64ull << 10) /* trap_report unwinds and writes */

/* The error code of a page fault: set where the page was there and forbade the access. */
#define FAULT_PRESENT 1u

struct gate {
    uint16_t offset_0;
    uint16_t segment;
    uint8_t stack;
    uint8_t type;
    uint16_t offset_16;
    uint32_t offset_32;
    uint32_t reserved;
};

#define GATE_INTERRUPT 0x8e /* present, interrupts off on entry */

_Static_assert(sizeof(struct gate) == 16, "SDM volume 3A, figure 6-8");

extern const char vector_entries[];
void vector_stack_exhausted(void);

static struct gate gates[VECTOR_COUNT];
static bool handling_fault;

/* Shared with vectors.S: the stack on which the program's end is reported, and where the WASI function that ran into
 * the margin of the program's stack would have returned to; 0 while there is none. */
void *traps_end_stack;
uint64_t traps_return_address;

/* --- the end of the program --- */

static struct trap_registers registers_of(const struct trap_frame *frame)
{
    return (struct trap_registers){frame->rip, frame->rsp, frame->rbp, frame->rbx, frame->r12,
                                   frame->r13, frame->r14, frame->r15, frame->r11};
}

/* Leaves the exception for trap_report. */
static void end_program(struct trap_frame *frame, enum mewz_trap kind, uint64_t address)
{
    static struct trap_registers registers;
    registers = registers_of(frame);
    frame->rip = (uint64_t)trap_report;
    frame->rdi = kind;
    frame->rsi = (uint64_t)&registers;
    frame->rdx = address;
    frame->rbp = 0;
    frame->rsp = (uint64_t)traps_end_stack - 8; /* as if called: a return address below an aligned stack */
    frame->rflags = CPU_FLAG_INTERRUPTS;
}

/* --- page faults --- */

static void memory_fault(struct trap_frame *frame, struct mewz_memory *memory, uint64_t address)
{
    if (address - (uint64_t)memory->base < memory->pages * MEWZ_PAGE_SIZE)
        linear_fault(memory, address);
    else
        end_program(frame, MEWZ_TRAP_MEMORY, address);
}

/* Where on the stack the address is by which the interrupted kernel functions return to the program, or NULL. */
static uint64_t *find_return_to_program(const struct trap_frame *frame)
{
    struct trap_registers registers = registers_of(frame);
    struct unwind_cursor cursor;
    unwind_begin(&cursor, &registers, (uint64_t)stack_program_top());
    while (unwind_step(&cursor)) {
        if (trap_in_program(unwind_address(&cursor)))
            return (uint64_t *)cursor.registers[UNWIND_RSP] - 1;
    }
    return NULL;
}

/* A WASI function has reached the end of the program's stack. It shall finish its work; the trap comes when it
 * returns to the program. */
static void trap_on_return(const struct trap_frame *frame)
{
    uint64_t *place = traps_return_address == 0 ? find_return_to_program(frame) : NULL;
    if (place == NULL)
        return;
    traps_return_address = *place;
    *place = (uint64_t)vector_stack_exhausted;
}

/* Called by vectors.S when that function has returned. The call that it returned from is the place of the trap. */
_Noreturn void traps_stack_exhausted(struct trap_registers *registers);
_Noreturn void traps_stack_exhausted(struct trap_registers *registers)
{
    registers->rip--;
    trap_report(MEWZ_TRAP_STACK, registers, registers->rsp);
}

static void stack_fault_at(struct trap_frame *frame, enum stack_place place, uint64_t address)
{
    if (place == STACK_GUARD || (place == STACK_MARGIN && trap_in_program(frame->rip))) {
        end_program(frame, MEWZ_TRAP_STACK, address);
        return;
    }
    if (!stack_fault(address)) {
        end_program(frame, MEWZ_TRAP_OUT_OF_MEMORY, address);
        return;
    }
    if (place == STACK_MARGIN)
        trap_on_return(frame);
}

static void page_fault(struct trap_frame *frame)
{
    uint64_t address;
    __asm__ volatile("mov %%cr2, %0" : "=r"(address));
    struct mewz_memory *memory = trap_memory_at(address);
    enum stack_place place = stack_place_of(address);
    if (handling_fault || frame->error & FAULT_PRESENT || (memory == NULL && place == STACK_ELSEWHERE))
        panic_at(frame, "page fault", "address %p, error %lx", (void *)address, frame->error);
    handling_fault = true;
    if (memory != NULL)
        memory_fault(frame, memory, address);
    else
        stack_fault_at(frame, place, address);
    handling_fault = false;
}

/* --- the other exceptions --- */

static void invalid_opcode(struct trap_frame *frame)
{
    enum mewz_trap kind = trap_kind_at(frame->rip);
    if (kind != 0)
        end_program(frame, kind, 0);
    else if (trap_in_program(frame->rip))
        panic_at(frame, "cpu", "the program was compiled for a newer processor (mewz-cc build --cpu)");
    else
        panic_at(frame, "exception", "invalid opcode");
}

static const char *exception_name(uint64_t vector)
{
    static const char *const names[] = {
        [0] = "divide error",
        [1] = "debug",
        [VECTOR_NMI] = "non-maskable interrupt",
        [3] = "breakpoint",
        [VECTOR_DOUBLE_FAULT] = "double fault",
        [11] = "segment not present",
        [12] = "stack segment",
        [13] = "general protection",
        [16] = "x87 floating point",
        [17] = "alignment check",
        [VECTOR_MACHINE_CHECK] = "machine check",
        [19] = "vector floating point",
    };
    bool known = vector < sizeof names / sizeof *names && names[vector] != NULL;
    return known ? names[vector] : "unexpected vector";
}

static void (*interrupted_program)(void);

void traps_on_interrupted_program(void (*work)(void))
{
    interrupted_program = work;
}

static const struct trap_frame *interrupted;

struct trap_registers traps_interrupted(void)
{
    return registers_of(interrupted);
}

static void interrupt(struct trap_frame *frame)
{
    interrupted = frame;
    irq_dispatch(frame->vector);
    if (interrupted_program != NULL && trap_in_program(frame->rip))
        interrupted_program();
}

void trap_dispatch(struct trap_frame *frame)
{
    if (frame->vector >= VECTOR_FIRST_INTERRUPT)
        interrupt(frame);
    else if (frame->vector == VECTOR_PAGE_FAULT)
        page_fault(frame);
    else if (frame->vector == VECTOR_INVALID_OPCODE)
        invalid_opcode(frame);
    else
        panic_at(frame, "exception", "%s (vector %lu, error %lx)", exception_name(frame->vector), frame->vector,
                 frame->error);
}

/* --- setting up --- */

void traps_init(void)
{
    segments_init();
    for (unsigned i = 0; i < VECTOR_COUNT; i++) {
        uint64_t entry = (uint64_t)vector_entries + i * VECTOR_ENTRY_SIZE;
        gates[i] = (struct gate){
            .offset_0 = (uint16_t)entry,
            .segment = SEGMENT_CODE,
            .type = GATE_INTERRUPT,
            .offset_16 = (uint16_t)(entry >> 16),
            .offset_32 = (uint32_t)(entry >> 32),
        };
    }
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) pointer = {sizeof gates - 1, (uint64_t)gates};
    __asm__ volatile("lidt %0" : : "m"(pointer));
}

static uint8_t stack_for(unsigned vector)
{
    if (vector >= VECTOR_FIRST_INTERRUPT)
        return STACK_INTERRUPT;
    switch (vector) {
    case VECTOR_DOUBLE_FAULT:
        return STACK_DOUBLE_FAULT;
    case VECTOR_NMI:
        return STACK_NMI;
    case VECTOR_MACHINE_CHECK:
        return STACK_MACHINE_CHECK;
    case VECTOR_PAGE_FAULT:
        return STACK_PAGE_FAULT;
    default:
        return STACK_EXCEPTION;
    }
}

void traps_init_stacks(void)
{
    for (unsigned stack = STACK_DOUBLE_FAULT; stack <= STACK_INTERRUPT; stack++)
        segments_set_stack(stack, stack_new(STACK_SIZE));
    for (unsigned i = 0; i < VECTOR_COUNT; i++)
        gates[i].stack = stack_for(i);
    traps_end_stack = stack_new(STACK_SIZE_END);
}
