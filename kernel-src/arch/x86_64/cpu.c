/* cpu.c: the processor's own switches (SDM volume 3A, sections 2.5 and 13.5). */
#include "arch/x86_64/cpu.h"

#define CR0_MP (1ull << 1)
#define CR0_EM (1ull << 2)
#define CR0_TS (1ull << 3)

#define CR4_OSFXSR     (1ull << 9)
#define CR4_OSXMMEXCPT (1ull << 10)
#define CR4_UMIP       (1ull << 11)
#define CR4_OSXSAVE    (1ull << 18)
#define CR4_SMEP       (1ull << 20)
#define CR4_SMAP       (1ull << 21)

#define LEAF_1_ECX_XSAVE          (1u << 26)
#define LEAF_7_EBX_SMEP           (1u << 7)
#define LEAF_7_EBX_SMAP           (1u << 20)
#define LEAF_7_ECX_UMIP           (1u << 2)
#define LEAF_80000001_EDX_PAGE1GB (1u << 26)

/* x87, SSE, AVX, and AVX-512's three parts: the states that user code has. */
#define XCR0_PROGRAM 0xe7u

static bool gib_pages;

bool cpu_has_gib_pages(void)
{
    return gib_pages;
}

static void enable_vectors(void)
{
    uint64_t cr0, cr4;
    __asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
    __asm__ volatile("mov %0, %%cr0" : : "r"((cr0 | CR0_MP) & ~(CR0_EM | CR0_TS)));
    __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
    cr4 |= CR4_OSFXSR | CR4_OSXMMEXCPT;
    bool xsave = cpuid(1, 0).ecx & LEAF_1_ECX_XSAVE;
    __asm__ volatile("mov %0, %%cr4" : : "r"(xsave ? cr4 | CR4_OSXSAVE : cr4));
    if (xsave)
        __asm__ volatile("xsetbv" : : "c"(0), "a"(cpuid(0xd, 0).eax & XCR0_PROGRAM), "d"(0));
    __asm__ volatile("fninit");
}

/* There are no user pages and no user mode, so these bits cost nothing and stop what should never happen. */
static void enable_protections(void)
{
    struct cpuid features = cpuid_probe(7);
    uint64_t cr4;
    __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
    if (features.ebx & LEAF_7_EBX_SMEP)
        cr4 |= CR4_SMEP;
    if (features.ebx & LEAF_7_EBX_SMAP)
        cr4 |= CR4_SMAP;
    if (features.ecx & LEAF_7_ECX_UMIP)
        cr4 |= CR4_UMIP;
    __asm__ volatile("mov %0, %%cr4" : : "r"(cr4));
}

void cpu_init(void)
{
    gib_pages = cpuid_probe(0x80000001).edx & LEAF_80000001_EDX_PAGE1GB;
    enable_vectors();
    enable_protections();
}
