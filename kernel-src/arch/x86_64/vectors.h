/* vectors.h: the numbers of exceptions and interrupts. Read by C and by the assembler. */
#ifndef X86_64_VECTORS_H
#define X86_64_VECTORS_H

#define VECTOR_INVALID_OPCODE 6
#define VECTOR_NMI            2
#define VECTOR_DOUBLE_FAULT   8
#define VECTOR_PAGE_FAULT     14
#define VECTOR_MACHINE_CHECK  18

#define VECTOR_FIRST_INTERRUPT 32 /* 0 to 31 are the processor's own */
#define VECTOR_TIMER           62
#define VECTOR_SPURIOUS        63 /* its low four bits must be set on old processors (SDM 10.9) */
#define VECTOR_COUNT           64

/* The exceptions that push an error code (SDM volume 3A, table 6-1), as a bit mask. */
#define VECTORS_WITH_ERROR 0x60227d00

/* From one entry point in vectors.S to the next. */
#define VECTOR_ENTRY_SIZE 16

#endif
