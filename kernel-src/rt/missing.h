/* missing.h: what `mewz-cc link --allow-missing` binds the imports to that this system lacks. */
#ifndef RT_MISSING_H
#define RT_MISSING_H

/* Traps, whatever the import's type is. */
_Noreturn void mewz_missing_import(void);

#endif
