/* provenance.h: where a program comes from, in sections of its ELF file that are not loaded and cost no memory. */
#ifndef MEWZ_PROVENANCE_H
#define MEWZ_PROVENANCE_H

/* Of an object, and of what is linked from it: the SHA-256 of the module's file as 64 digits and a zero; several where
 * there are several modules. */
#define MEWZ_SECTION_MODULE ".mewz.module"

/* Of what `mewz-cc link` and `build` made: the SDK's version and a zero. */
#define MEWZ_SECTION_SDK ".mewz.sdk"

#endif
