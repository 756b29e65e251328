/* code_map.h: from native addresses to the wasm module (abi.h, struct mewz_code_map). */
#ifndef RT_CODE_MAP_H
#define RT_CODE_MAP_H

#include <stdint.h>

#include <mewz/abi.h>

/* The function whose code has the address, or NULL. */
const struct mewz_code_func *code_map_find(const struct mewz_code_map *map, uint64_t address);

/* The offset in the wasm module of the instruction that the address, in `func`, was compiled from. */
uint32_t code_map_offset(const struct mewz_code_map *map, const struct mewz_code_func *func, uint64_t address);

/* The function whose body in the module has the wasm offset: not `func` where that was inlined. Never NULL: `func`
 * where there is none. */
const struct mewz_code_func *code_map_owner(const struct mewz_code_map *map, const struct mewz_code_func *func,
                                            uint32_t offset);

/* The source line of the wasm offset, or NULL where it is unknown. */
const struct mewz_code_line *code_map_line(const struct mewz_code_map *map, uint32_t offset);

#endif
