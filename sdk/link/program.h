/* program.h: the descriptor of a program (abi.h, struct mewz_program) in an object or an executable. */
#ifndef LINK_PROGRAM_H
#define LINK_PROGRAM_H

#include <mewz/abi.h>

#include "base/arena.h"
#include "base/elf.h"

/* The descriptor's bytes as they are in the file: before the link there are no addresses in it. False if the file
 * has none. */
bool program_find(const struct elf *elf, struct mewz_program *program);

/* The name of the module that the program was compiled from, on the arena; NULL if the file does not say it. */
const char *program_name(const struct elf *elf, struct arena *arena);

/* The texts of a section of mewz/provenance.h, NULL-terminated on the arena; empty where there is none. */
const char *const *program_provenance(const struct elf *elf, const char *section, struct arena *arena);

#endif
