/* text.h: text of others, made fit to be shown. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stddef.h>

/* Puts a '?' for every control character of ASCII and Unicode (C0, DEL, C1 as UTF-8 has it: c2 80 to c2 9f), so that
 * names in hostile files cannot break lines or command a terminal. Zero bytes become '?' as well. */
void text_make_printable(char *text, size_t size);

#endif
