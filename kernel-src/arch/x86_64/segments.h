/* segments.h: what is left of segmentation: one code segment, and the stacks that exceptions switch to. */
#ifndef X86_64_SEGMENTS_H
#define X86_64_SEGMENTS_H

#include <stdint.h>

#define SEGMENT_CODE 0x08

/* Numbers of the interrupt stack table's entries; 0 in a gate stays on the current stack. */
enum { STACK_DOUBLE_FAULT = 1, STACK_NMI, STACK_MACHINE_CHECK, STACK_PAGE_FAULT, STACK_EXCEPTION, STACK_INTERRUPT };
#define STACK_COUNT 7 /* the entries that the processor has */

/* Loads the GDT and an empty task state segment. */
void segments_init(void);

/* The stack that gates with that number switch to. */
void segments_set_stack(unsigned number, void *top);

#endif
