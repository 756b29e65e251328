// cxa.cpp: what C++ compiled with -fwasm-exceptions asks of its runtime (Itanium C++ ABI, exception handling, level II;
// WebAssembly tool conventions, exception handling).
//
// A throw is wasm's, with the address of a header in front of the object. Where wasm code has caught one, it asks
// _Unwind_CallPersonality which of the handlers there takes it, by the table whose address it has left in
// __wasm_lpad_context; 0 means that it has to throw again.
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <typeinfo>

namespace
{

constexpr int tag_cpp_exception = 0; // the compiler's number of it

using destructor = void *(void *); // returns what it is given, in wasm

struct header {
    std::type_info *type;
    destructor *destroy;
    int handlers;   // that have begun and not ended; negative once it is thrown again
    header *below;  // caught before and not ended yet
    void *adjusted; // the object as the handler's type sees it
    alignas(16) char object[];
};

header *caught;

header *header_of(void *object)
{
    return reinterpret_cast<header *>(static_cast<char *>(object) - sizeof(header));
}

// The part of libc++abi's type_info that says what a handler takes, in the order of its table.
struct handler_type : std::type_info {
    virtual ~handler_type();
    virtual void unused1() const;
    virtual void unused2() const;
    virtual bool can_catch(const std::type_info *thrown, void *&object) const = 0;
};

uintptr_t read_uleb(const uint8_t *&at)
{
    uintptr_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
        uint8_t byte = *at++;
        value |= static_cast<uintptr_t>(byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
    }
}

intptr_t read_sleb(const uint8_t *&at)
{
    uintptr_t value = 0;
    unsigned shift = 0;
    uint8_t byte;
    do {
        byte = *at++;
        value |= static_cast<uintptr_t>(byte & 0x7f) << shift;
        shift += 7;
    } while (byte >= 0x80);
    if (byte & 0x40 && shift < 32)
        value |= ~uintptr_t{0} << shift;
    return static_cast<intptr_t>(value);
}

struct handler_table {
    const uint8_t *calls, *actions;
    std::type_info *const *types; // number 1 is before it

    explicit handler_table(const uint8_t *at)
    {
        at += 2; // no other base, types are addresses
        uintptr_t size = read_uleb(at);
        types = reinterpret_cast<std::type_info *const *>(at + size);
        at++; // calls are LEB128 numbers
        size = read_uleb(at);
        calls = at;
        actions = at + size;
    }

    // The first action for that call, or null.
    const uint8_t *find_action(uintptr_t call) const
    {
        const uint8_t *at = calls;
        for (uintptr_t i = 0; i < 2 * call + 1; i++)
            read_uleb(at);
        uintptr_t action = read_uleb(at);
        return action ? actions + action - 1 : nullptr;
    }
};

bool takes(const std::type_info *type, header *exception)
{
    exception->adjusted = exception->object;
    return !type || reinterpret_cast<const handler_type *>(type)->can_catch(exception->type, exception->adjusted);
}

intptr_t select_handler(const handler_table &table, uintptr_t call, header *exception)
{
    const uint8_t *at = table.find_action(call);
    while (at) {
        intptr_t number = read_sleb(at);
        const uint8_t *place = at;
        intptr_t next = read_sleb(at);
        if (number > 0 && takes(table.types[-number], exception))
            return number;
        at = next ? place + next : nullptr;
    }
    return 0;
}

} // namespace

extern "C" {

struct {
    uintptr_t call;
    const uint8_t *table;
    uintptr_t selector;
} __wasm_lpad_context;

int _Unwind_CallPersonality(void *exception)
{
    handler_table table(__wasm_lpad_context.table);
    __wasm_lpad_context.selector =
        static_cast<uintptr_t>(select_handler(table, __wasm_lpad_context.call, static_cast<header *>(exception)));
    return 0;
}

void *__cxa_allocate_exception(size_t size)
{
    return static_cast<header *>(calloc(1, sizeof(header) + size))->object;
}

void __cxa_free_exception(void *object)
{
    free(header_of(object));
}

[[noreturn]] void __cxa_throw(void *object, std::type_info *type, destructor *destroy)
{
    header *exception = header_of(object);
    exception->type = type;
    exception->destroy = destroy;
    __builtin_wasm_throw(tag_cpp_exception, exception);
}

void *__cxa_begin_catch(void *thrown)
{
    header *exception = static_cast<header *>(thrown);
    exception->handlers = abs(exception->handlers) + 1;
    if (exception != caught) {
        exception->below = caught;
        caught = exception;
    }
    return exception->adjusted;
}

void *__cxa_get_exception_ptr(void *thrown)
{
    return static_cast<header *>(thrown)->adjusted;
}

void __cxa_end_catch()
{
    header *exception = caught;
    bool is_rethrown = exception->handlers < 0;
    exception->handlers += is_rethrown ? 1 : -1;
    if (exception->handlers)
        return;
    caught = exception->below;
    if (is_rethrown)
        return;
    if (exception->destroy)
        exception->destroy(exception->object);
    __cxa_free_exception(exception->object);
}

[[noreturn]] void __cxa_rethrow()
{
    if (!caught)
        std::terminate();
    caught->handlers = -caught->handlers;
    __builtin_wasm_throw(tag_cpp_exception, caught);
}
}
