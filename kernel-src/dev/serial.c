/* serial.c: see serial.h. Registers as in the 16550D's data sheet. */
#include "dev/serial.h"

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/irq.h"

enum { BASE = 0x3f8, ISA_INTERRUPT = 4 };
enum {
    DATA = BASE + 0, /* DIVISOR_LOW and DIVISOR_HIGH where LCR_DIVISOR is set */
    INTERRUPT_ENABLE = BASE + 1,
    FIFO_CONTROL = BASE + 2,
    LINE_CONTROL = BASE + 3,
    MODEM_CONTROL = BASE + 4,
    LINE_STATUS = BASE + 5,
    SCRATCH = BASE + 7,
};
enum { LCR_8N1 = 0x03, LCR_DIVISOR = 0x80, FCR_ENABLE_CLEAR = 0x07, IER_RECEIVED = 0x01 };
enum { MCR_DTR_RTS = 0x03, MCR_INTERRUPT = 0x08 }; /* OUT2 connects the interrupt line on a PC */
enum { LSR_RECEIVED = 0x01, LSR_TRANSMIT_EMPTY = 0x20 };
enum { FIFO_SIZE = 16, DIVISOR_115200 = 1 };

static enum { UNKNOWN, ABSENT, PRESENT } state;

/* The scratch register keeps what is written to it, the empty bus does not. */
static bool probe(void)
{
    out8(SCRATCH, 0x5a);
    if (in8(SCRATCH) != 0x5a)
        return false;
    out8(SCRATCH, 0xa5);
    return in8(SCRATCH) == 0xa5;
}

static void set_up(void)
{
    out8(INTERRUPT_ENABLE, 0);
    out8(LINE_CONTROL, LCR_DIVISOR);
    out8(DATA, DIVISOR_115200);
    out8(INTERRUPT_ENABLE, 0); /* the divisor's high byte */
    out8(LINE_CONTROL, LCR_8N1);
    out8(FIFO_CONTROL, FCR_ENABLE_CLEAR);
    out8(MODEM_CONTROL, MCR_DTR_RTS | MCR_INTERRUPT);
}

bool serial_is_present(void)
{
    if (state == UNKNOWN) {
        state = probe() ? PRESENT : ABSENT;
        if (state == PRESENT)
            set_up();
    }
    return state == PRESENT;
}

void serial_write(const char *bytes, size_t size)
{
    /* A real port sends a byte in 87 us: one that has not in a million looks will not, and must not hang us. */
    enum { LOOKS = 1000000 };
    if (!serial_is_present())
        return;
    for (size_t i = 0; i < size; i++) {
        /* An empty transmitter takes a whole FIFO without being asked again. */
        for (unsigned look = 0; i % FIFO_SIZE == 0 && look < LOOKS && !(in8(LINE_STATUS) & LSR_TRANSMIT_EMPTY); look++)
            cpu_pause();
        out8(DATA, (uint8_t)bytes[i]);
    }
}

bool serial_is_readable(void)
{
    return serial_is_present() && in8(LINE_STATUS) & LSR_RECEIVED;
}

size_t serial_read(char *bytes, size_t size)
{
    size_t count = 0;
    while (count < size && serial_is_readable())
        bytes[count++] = (char)in8(DATA);
    return count;
}

/* The line stays up while there are bytes, so the port is told to be quiet until serial_listen. */
static void handle_interrupt(void *argument)
{
    (void)argument;
    out8(INTERRUPT_ENABLE, 0);
}

void serial_listen(void)
{
    static bool connected;
    if (!serial_is_present())
        return;
    if (!connected) {
        irq_connect_gsi(ISA_INTERRUPT, handle_interrupt, NULL);
        connected = true;
    }
    out8(INTERRUPT_ENABLE, IER_RECEIVED);
}
