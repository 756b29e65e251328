/* A program without wasm, written against abi.h, that breaks a rule of the kernel: the one that its first argument
 * names. Each of these must end in a panic whose backtrace names the function here. */
#include <stddef.h>
#include <stdint.h>

#include <mewz/abi.h>

#include "panic.h"
#include "wasi/host.h"

static const volatile uint32_t constant = 42;
static uint8_t data[16] = {0xc3}; /* ret */

static bool equal(const char *a, const char *b)
{
    for (; *a && *a == *b; a++, b++)
        ;
    return *a == *b;
}

static void poke(uint64_t address)
{
    *(volatile uint8_t *)address = 0;
}

static void call(uint64_t address)
{
    ((void (*)(void))address)();
}

static uint8_t peek(uint64_t address)
{
    return *(volatile uint8_t *)address;
}

static __attribute__((noinline)) void write_text(void)
{
    poke((uint64_t)&write_text);
}

static __attribute__((noinline)) void write_constant(void)
{
    poke((uint64_t)&constant);
}

static __attribute__((noinline)) void execute_data(void)
{
    call((uint64_t)data);
}

static __attribute__((noinline)) void execute_stack(void)
{
    volatile uint8_t code = 0xc3;
    call((uint64_t)&code);
}

static __attribute__((noinline)) void read_zero(void)
{
    peek(8);
}

static __attribute__((noinline)) void write_zero(void)
{
    poke(0x1000);
}

static __attribute__((noinline)) void read_unmapped(void)
{
    peek(0xffffffffffff0000);
}

static __attribute__((noinline)) void divide(void)
{
    __asm__ volatile("xorl %%ecx, %%ecx; divl %%ecx" : : : "eax", "ecx", "edx");
}

static __attribute__((noinline)) void invalid_opcode(void)
{
    __asm__ volatile("ud2");
}

static __attribute__((noinline)) void protection(void)
{
    __asm__ volatile("movq %0, %%rax; movb (%%rax), %%al" : : "i"(0x7fff800000000000) : "rax");
}

static __attribute__((noinline)) void call_panic(void)
{
    panic("test", "number %d of %s", 7, "seven");
}

static __attribute__((noinline)) void broken_invariant(void)
{
    assert(data[0] == 1);
}

static const struct {
    const char *name;
    void (*run)(void);
} faults[] = {
    {"write_text", write_text},         {"write_constant", write_constant},
    {"execute_data", execute_data},     {"execute_stack", execute_stack},
    {"read_zero", read_zero},           {"write_zero", write_zero},
    {"read_unmapped", read_unmapped},   {"divide", divide},
    {"invalid_opcode", invalid_opcode}, {"protection", protection},
    {"call_panic", call_panic},         {"broken_invariant", broken_invariant},
};

static void start(void)
{
    const char *name;
    uint32_t count, size;
    host_args(&name, &count, &size);
    while (*name++) /* the program's own name comes first */
        ;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        if (equal(name, faults[i].name))
            faults[i].run();
}

static void instantiate(void)
{
}

static const struct mewz_code_map code_map;

struct mewz_program mewz_program = {
    .abi_version = MEWZ_ABI_VERSION,
    .name = "faults",
    .instantiate = instantiate,
    .start = start,
    .code_map = &code_map,
};
