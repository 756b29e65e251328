/* text.h: text of others, made fit to be shown. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stddef.h>
#include <stdio.h>

#include "base/arena.h"

/* Puts a '?' for every control character of ASCII and Unicode (C0, DEL, C1 as UTF-8 has it: c2 80 to c2 9f), so that
 * names in hostile files cannot break lines or command a terminal. Zero bytes become '?' as well. */
void text_make_printable(char *text, size_t size);

/* Prints a word as a shell takes it, in quotes where it needs them. */
void text_print_word(const char *word, FILE *stream);

/* "path/My App.wasm" as "my-app": letters, digits and single hyphens, a letter first, at most 63 of them, which is a
 * name in every registry and cloud. */
const char *text_plain_name(const char *file_name, struct arena *arena);

#endif
