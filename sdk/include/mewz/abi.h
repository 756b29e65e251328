/* abi.h: the contract between a program object and the system that runs it.
 *
 * `mewz-cc compile` turns a wasm module into an ELF object for x86-64 that belongs to no operating system. Whoever
 * links it and supplies what it leaves undefined is its operating system. docs/abi.md explains the contract at length.
 *
 * The object leaves undefined:
 *   MODULE.FUNCTION          one function for each imported function, for example `wasi_snapshot_preview1.fd_write`,
 *                            called with the System V C convention; wasm addresses are plain 32-bit integers
 *   mewz_memory              an absolute symbol: the address of linear memory 0 (see below)
 *   mewz_memory_grow         see below
 *   mewz_exception_new, mewz_throw   see below; only in programs with exceptions
 *   memcpy memmove memset    with their C meaning
 * The object defines one symbol that its operating system uses: `mewz_program`.
 */
#ifndef MEWZ_ABI_H
#define MEWZ_ABI_H

#include <stddef.h>
#include <stdint.h>

#define MEWZ_ABI_VERSION 3

/* A wasm page (core specification 2.0, section 4.2.8). */
#define MEWZ_PAGE_SIZE 65536ull

/* Each system chooses where linear memory 0 starts: a multiple of 64 KiB in [64 KiB, 1 GiB], no further than
 * 2 GiB - 16 MiB from any code of the object, up or down, where the address space wraps round (the top is next to 0).
 * The object refers to it by 32-bit signed relocations only, absolute ones, and for constant wasm addresses ones
 * relative to the instruction. */

/* The address space that belongs to one 32-bit linear memory: 4 GiB that can be grown into, and as much guard as the
 * largest static offset reaches beyond them, with the widest access. What is not inside the memory's current size
 * must fault, so that an access out of bounds is a trap without a check in the code. */
#define MEWZ_MEMORY_RESERVE ((8ull << 30) + MEWZ_PAGE_SIZE)

/* One linear memory. It lives in the object's writable data; the object's code reads `pages` (memory.size, bulk
 * operations), and only mewz_memory_grow and the system's start-up code write it. */
struct mewz_memory {
    uint8_t *base;      /* first byte; where it is NULL the system chooses it before `instantiate` */
    uint64_t pages;     /* current size in wasm pages; the object initialises it to min_pages */
    uint64_t min_pages; /* limits of the module's declaration; max_pages is 65536 where it declares none */
    uint64_t max_pages;
};

/* A table that several modules of the program use; the object's code reads and writes it. */
struct mewz_table {
    void **elements;   /* never moves */
    uint32_t size;     /* current number of elements */
    uint32_t capacity; /* elements there is room for */
};

/* Grows `memory` by `delta` pages of zeroes. Returns the size before in pages, or UINT64_MAX, with nothing changed,
 * where that would pass max_pages or the system's own limit (core specification, memory.grow). */
uint64_t mewz_memory_grow(struct mewz_memory *memory, uint64_t delta);

/* A function type at run time. Types are compared by address: equal types of all objects of a program share one
 * definition, because each is a COMDAT symbol named `wasm.type.` followed by `text`. */
struct mewz_type {
    const char *text; /* such as "i32,i64->f32", "->" for no parameters and no results */
};

/* What a funcref that is not null points to, and so what fills the slots of a table of functions. */
struct mewz_func {
    void (*code)(void);
    const struct mewz_type *type;
};

/* A tag of exceptions. Tags are compared by address. */
struct mewz_tag {
    const struct mewz_type *type; /* its parameters are what an exception carries */
};

/* An exception, which is what an exnref that is not null points to. Once it is thrown it never changes. */
struct mewz_exception {
    const struct mewz_tag *tag;
    uint64_t size;                       /* of the values in bytes */
    _Alignas(16) unsigned char values[]; /* laid out as the members of a C structure */
};

/* Makes an exception with room for `size` bytes of values, which the caller writes, and then throws it. It lives as
 * long as it can be reached: by a reference on the program's stack or in a register of its functions, in another such
 * exception, or in one of the roots below. Traps with MEWZ_TRAP_OUT_OF_MEMORY where there is no room. */
struct mewz_exception *mewz_exception_new(const struct mewz_tag *tag, uint64_t size);

/* Throws: finds the nearest calling function that has a handler for the exception at the call, and goes on there with
 * the exception in rax and the handler's selector in rdx, all other registers as after a call. The functions' .eh_frame
 * entries lead to the handlers, in the tables that C++ compilers write (.gcc_except_table), with tags in the place of
 * types. Traps with MEWZ_TRAP_EXCEPTION at the throw where there is no handler. */
_Noreturn void mewz_throw(struct mewz_exception *exception);

/* A run of words that may hold references to exceptions: a table or a global of the object. They lie one after the
 * other in the section of this name. */
#define MEWZ_EXCEPTION_ROOTS_SECTION "mewz_exception_roots"

struct mewz_exception_root {
    struct mewz_exception *const *references;
    uint64_t count;
};

/* Why the program stopped; trap.def lists the kinds. An explicit check ends in `ud1l KIND(%eax), %eax` (bytes
 * 67 0f b9 40 KIND), so that the kind can be read at the instruction pointer of the invalid-opcode exception. A page
 * fault inside a memory's reserve is MEWZ_TRAP_MEMORY, one in the stack's guard MEWZ_TRAP_STACK. */
enum mewz_trap {
#define TRAP(code, name, text) MEWZ_TRAP_##name = (code),
#include <mewz/trap.def>
#undef TRAP
};

/* From a native address back to the wasm module: one entry a function that the module defines, in ascending order of
 * address (the object keeps its code in one section).
 *
 * `rows` is the offset in `row_bytes` of a sequence of (unsigned LEB128 native delta, signed LEB128 wasm delta)
 * pairs, `row_count` of them. Native addresses start at the function's first byte, wasm offsets at `wasm_offset`.
 * A row holds from its native address up to the next one's; the last one to the function's end. The wasm offset
 * counts from the module's first byte; it may lie in another function, which then was inlined here. */
struct mewz_code_func {
    uint32_t code; /* distance of its first byte from the map's `code` */
    uint32_t code_size;
    uint32_t wasm_offset; /* of the function's body in the module */
    uint32_t wasm_size;
    uint32_t index; /* function index in the module */
    uint32_t name;  /* offset in `names` of the zero-terminated name, without which the function is "func[INDEX]" */
    uint32_t rows;
    uint32_t row_count;
};

/* The source code of wasm offsets from this one up to the next row's. */
struct mewz_code_line {
    uint32_t wasm_offset;
    uint32_t file; /* offset in `names` of its zero-terminated path */
    uint32_t line; /* 0: unknown */
};

/* Each module of the program has a map. */
struct mewz_code_map {
    uint32_t func_count;
    uint32_t line_count; /* 0: nothing is known of the source code */
    const uint8_t *code; /* the first byte of the module's code */
    const struct mewz_code_func *funcs;
    const char *names; /* free of control characters: they end on terminals */
    const uint8_t *row_bytes;
    const char *module;                 /* file name of the module without its folder */
    const struct mewz_code_map *next;   /* of the program's next module, or NULL */
    const struct mewz_code_line *lines; /* in ascending order of wasm_offset */
};

/* The descriptor: what a program needs and where it begins. */
struct mewz_program {
    uint32_t abi_version; /* MEWZ_ABI_VERSION of the compiler */
    uint32_t memory_count;
    struct mewz_memory *const
        *memories;    /* memory_count of them, of all modules; the first one's base is `mewz_memory` */
    const char *name; /* file name of the main module without its folder */
    /* Instantiation of all modules: copies the active segments and runs the start functions. The system maps the
     * memories (min_pages of zeroes each) before it calls this, on the stack that the program will use. May trap. */
    void (*instantiate)(void);
    /* The export `_start`, or NULL where the main module has none. Called once after `instantiate`. */
    void (*start)(void);
    const struct mewz_code_map *code_map; /* of the main module */
};

extern struct mewz_program mewz_program;

#endif
