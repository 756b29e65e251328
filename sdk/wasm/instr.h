/* instr.h: instructions and how to read them one by one.
 *
 * opcodes.def is the one table: it generates the enum, the reader, the immediates, the stack effects for the
 * validator, the names, and in llvm/ the lowering. */
#ifndef WASM_INSTR_H
#define WASM_INSTR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "wasm/types.h"

enum wasm_op {
#define OP(name, ...) WASM_OP_##name,
#include "wasm/opcodes.def"
#undef OP
    WASM_OP_COUNT
};

/* The kinds of immediate operands; the comment names the member of struct wasm_instr that holds them. */
enum wasm_imm {
    WASM_IMM_NONE,
    WASM_IMM_BLOCK,     /* block */
    WASM_IMM_TRY_TABLE, /* block, catch_count, catches_at */
    WASM_IMM_LABEL,     /* index, as in the following ones: relative depth of the label */
    WASM_IMM_DELEGATE,  /* a label outside of the block that this instruction ends */
    WASM_IMM_FUNC,
    WASM_IMM_TYPE,
    WASM_IMM_TAG,
    WASM_IMM_LOCAL,
    WASM_IMM_GLOBAL,
    WASM_IMM_TABLE,
    WASM_IMM_MEMORY,
    WASM_IMM_ELEM,
    WASM_IMM_DATA,
    WASM_IMM_TYPE_TABLE, /* index, index2, as in the following ones: in the order of the binary format */
    WASM_IMM_ELEM_TABLE,
    WASM_IMM_TABLE_TABLE, /* the destination first */
    WASM_IMM_DATA_MEMORY,
    WASM_IMM_MEMORY_MEMORY, /* the destination first */
    WASM_IMM_BR_TABLE,      /* br_table */
    WASM_IMM_SELECT,        /* type: exactly one type */
    WASM_IMM_HEAP_TYPE,     /* type: the nullable reference to it */
    WASM_IMM_MEM,           /* mem */
    WASM_IMM_MEM_ATOMIC,    /* mem */
    WASM_IMM_MEM_LANE,      /* mem, with its lane */
    WASM_IMM_LANE,          /* lane */
    WASM_IMM_SHUFFLE,       /* bytes: 16 lane numbers below 32 */
    WASM_IMM_I32,           /* i64, sign-extended */
    WASM_IMM_I64,           /* i64 */
    WASM_IMM_F32,           /* i64: the bit pattern, zero-extended */
    WASM_IMM_F64,           /* i64: the bit pattern */
    WASM_IMM_V128,          /* bytes */
    WASM_IMM_FENCE,         /* none: a zero byte */
};

/* Features, by the proposal that brought them; what a module uses is a bit set of these. */
enum wasm_feature {
#define FEATURE(name, text) WASM_FEATURE_##name,
#include "wasm/features.def"
#undef FEATURE
    WASM_FEATURE_COUNT
};

struct wasm_op_info {
    const char *name; /* text format, "i32.add" */
    uint8_t prefix;   /* 0, or 0xfc, 0xfd, 0xfe */
    uint32_t code;
    enum wasm_imm imm;
    const char *signature; /* "ii:i": letters of opcodes.def, or NULL where the validator has a rule */
    enum wasm_feature feature;
    uint8_t access; /* loads and stores: log2 of the bytes accessed; instructions with a lane: of the lane's */
};
extern const struct wasm_op_info wasm_op_info[WASM_OP_COUNT];

struct wasm_block {      /* block type (section 5.4.1): a type index, or else no parameters and at most one result */
    uint32_t type_index; /* or WASM_BLOCK_INLINE */
    wasm_valtype result; /* with WASM_BLOCK_INLINE: the result's type, or 0 for none */
};
#define WASM_BLOCK_INLINE UINT32_MAX

struct wasm_instr {
    enum wasm_op op;
    uint32_t offset; /* of its first byte, from the module's first byte */
    union {
        struct {
            struct wasm_block block;
            uint32_t catch_count;
            uint32_t catches_at; /* offset of the first catch clause: read with wasm_read_catch */
        };
        struct {
            uint32_t index;
            uint32_t index2;
        };
        struct {
            uint32_t count;     /* labels without the default one */
            uint32_t labels_at; /* offset of the first of count + 1 LEB128 labels: read with wasm_read_label */
        } br_table;
        wasm_valtype type;
        struct {
            uint64_t offset;
            uint32_t align; /* log2, as written */
            uint32_t memory;
            uint8_t lane;
        } mem;
        uint8_t lane;
        uint8_t bytes[16];
        int64_t i64;
    };
};

enum wasm_catch_kind { WASM_CATCH, WASM_CATCH_REF, WASM_CATCH_ALL, WASM_CATCH_ALL_REF };

struct wasm_catch { /* a clause of try_table */
    enum wasm_catch_kind kind;
    uint32_t tag;   /* not in the _ALL kinds */
    uint32_t label; /* counted from outside of the try_table */
};

/* A position in a module's bytes. Reading never goes past `end`. */
struct wasm_reader {
    const uint8_t *module; /* the module's first byte */
    uint32_t offset;       /* next byte */
    uint32_t end;
    const uint32_t *canonical; /* of struct wasm_module: what type indices in value types become, as far as */
    uint32_t type_count;       /* there are types */
};

/* Reads the next instruction. Fails, with a message that lacks the file's name and the function (the caller adds
 * them), on an unknown opcode, a malformed immediate, or the end of the bytes. */
int wasm_read_instr(struct wasm_reader *reader, struct wasm_instr *instr, struct err *err);

/* Reads a br_table's next label, with a reader that was set to `labels_at`; the labels have been checked already. The
 * same for a try_table's catch clauses. */
uint32_t wasm_read_label(struct wasm_reader *reader);
struct wasm_catch wasm_read_catch(struct wasm_reader *reader);

/* Whether an `end`, or `delegate`, belongs to the instruction. */
static inline bool wasm_begins_block(enum wasm_op op)
{
    return wasm_op_info[op].imm == WASM_IMM_BLOCK || wasm_op_info[op].imm == WASM_IMM_TRY_TABLE;
}

/* Whether it ends one part of a block and begins the next. */
static inline bool wasm_begins_part(enum wasm_op op)
{
    return op == WASM_OP_ELSE || op == WASM_OP_CATCH || op == WASM_OP_CATCH_ALL;
}

static inline bool wasm_ends_block(enum wasm_op op)
{
    return op == WASM_OP_END || op == WASM_OP_DELEGATE;
}

#endif
