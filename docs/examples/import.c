/* import.c: functions in C that a WebAssembly program imports (docs/linking.md). Each has the import's name,
 * `module.function`, as its symbol; numbers come as they are, and addresses as offsets in linear memory. */
#include <stdint.h>

int32_t add(int32_t a, int32_t b) __asm__("native.add");
void shout(uint32_t text, uint32_t size) __asm__("native.shout");

extern uint8_t mewz_memory[];

int32_t add(int32_t a, int32_t b)
{
    return a + b;
}

/* Nobody checks what the program says: this code does, or trusts it. */
void shout(uint32_t text, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++) {
        uint8_t *letter = mewz_memory + text + i;
        if (*letter >= 'a' && *letter <= 'z')
            *letter -= 'a' - 'A';
    }
}
