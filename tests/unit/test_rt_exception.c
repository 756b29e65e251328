/* The memory of exceptions: what can be reached stays as it is, all else makes room, however much is thrown. */
#include <setjmp.h>
#include <string.h>

#include "check.h"

/* Found by the symbols of the linker in a program; here there are these two. */
static struct mewz_exception *table[3000], *global;
#include "rt/exception.c"

static const struct mewz_exception_root roots[]
    __attribute__((section(MEWZ_EXCEPTION_ROOTS_SECTION), used)) = {{table, 3000}, {&global, 1}};

uint64_t program_stack_end;
static enum mewz_trap reported;
static jmp_buf back;

_Noreturn void trap_report(enum mewz_trap kind, const struct trap_registers *registers, uint64_t fault_address)
{
    (void)registers, (void)fault_address;
    reported = kind;
    longjmp(back, 1);
}

static const struct mewz_tag tag, other_tag;

static struct mewz_exception *make(uint64_t number, uint64_t size)
{
    struct mewz_exception *exception = mewz_exception_new(size % 3 ? &tag : &other_tag, size);
    CHECK((uint64_t)exception->values % 16 == 0);
    memset(exception->values, (int)(number % 255 + 1), size);
    return exception;
}

static bool is_intact(const struct mewz_exception *exception, uint64_t number, uint64_t size)
{
    bool intact = exception->size == size && exception->tag == (size % 3 ? &tag : &other_tag);
    for (uint64_t i = 0; i < size; i++)
        intact &= exception->values[i] == number % 255 + 1;
    return intact;
}

/* Every 300th stays, in the table; they are of all sizes, and so are those between. */
static void test_reachable(void)
{
    for (uint64_t i = 0; i < 300000; i++) {
        struct mewz_exception *exception = make(i, i % 200);
        if (i % 300 == 0)
            table[i / 300] = exception;
    }
    for (uint64_t i = 0; i < 300000; i += 300)
        CHECK(is_intact(table[i / 300], i, i % 200));
    memset(table, 0, sizeof table);
}

/* A chain of exceptions, each in the values of the next; its end is in a global, or only on the stack. */
static struct mewz_exception *make_chain(unsigned length)
{
    struct mewz_exception *last = NULL;
    for (unsigned i = 0; i < length; i++) {
        struct mewz_exception *next = mewz_exception_new(&tag, 16);
        memcpy(next->values, &last, sizeof last);
        last = next;
    }
    return last;
}

static unsigned chain_length(const struct mewz_exception *exception)
{
    unsigned length = 0;
    for (; exception; length++)
        memcpy(&exception, exception->values, sizeof exception);
    return length;
}

/* The sanitizer would keep the local variable somewhere else. */
__attribute__((no_sanitize("address"))) static void test_chains(void)
{
    global = make_chain(2000);
    struct mewz_exception *volatile on_stack = make_chain(2000);
    for (unsigned i = 0; i < 100000; i++)
        make(i, i % 50);
    CHECK(chain_length(global) == 2000 && chain_length(on_stack) == 2000);
    global = NULL;
}

/* Room for all that can be kept, and a trap beyond it; then all of it again. */
static void test_full(void)
{
    for (unsigned round = 0; round < 3; round++) {
        volatile unsigned kept = 0;
        if (setjmp(back) == 0) {
            for (;; kept++)
                table[kept] = make(kept, 100);
        }
        CHECK(reported == MEWZ_TRAP_OUT_OF_MEMORY);
        CHECK(kept > SLOTS / 4 - 100 && kept <= SLOTS / 4);
        for (unsigned i = 0; i < kept; i++)
            CHECK(is_intact(table[i], i, 100));
        memset(table, 0, sizeof table);
    }
}

static void test_huge(void)
{
    for (unsigned i = 0; i < 1000; i++)
        CHECK(is_intact(make(i, 16000), i, 16000));
}

int main(void)
{
    program_stack_end = (uint64_t)__builtin_frame_address(0);
    test_reachable();
    test_chains();
    test_full();
    test_huge();
    return 0;
}
