/* wasm_build.h: modules for the tests of sdk/wasm, written byte by byte, and what decoder and validator say of them. */
#ifndef WASM_BUILD_H
#define WASM_BUILD_H

#include <string.h>

#include "base/buf.h"
#include "check.h"
#include "wasm/module.h"

enum { /* section ids */
       SECTION_CUSTOM,
       SECTION_TYPE,
       SECTION_IMPORT,
       SECTION_FUNC,
       SECTION_TABLE,
       SECTION_MEMORY,
       SECTION_GLOBAL,
       SECTION_EXPORT,
       SECTION_START,
       SECTION_ELEM,
       SECTION_CODE,
       SECTION_DATA,
       SECTION_DATA_COUNT,
       SECTION_TAG,
};

enum verdict { VALID, MALFORMED, INVALID };

/* Bytes in hexadecimal, blanks between them as one likes: "41 00 0b". */
static inline void put_hex(struct buf *buf, const char *hex)
{
    while (*hex) {
        unsigned byte;
        int used;
        if (*hex == ' ') {
            hex++;
            continue;
        }
        CHECK(sscanf(hex, "%2x%n", &byte, &used) == 1 && used == 2);
        buf_byte(buf, (uint8_t)byte);
        hex += 2;
    }
}

static inline void put_name(struct buf *buf, const char *name)
{
    buf_uleb(buf, strlen(name));
    buf_append(buf, name, strlen(name));
}

static inline void begin_module(struct buf *buf)
{
    buf->size = 0;
    put_hex(buf, "00 61 73 6d 01 00 00 00");
}

/* What follows up to the matching end_sized is preceded by its size, in five bytes. */
static inline size_t begin_sized(struct buf *buf)
{
    buf_extend(buf, 5);
    return buf->size;
}

static inline void end_sized(struct buf *buf, size_t begin)
{
    size_t size = buf->size - begin;
    for (unsigned i = 0; i < 5; i++)
        buf->data[begin - 5 + i] = (uint8_t)((size >> (7 * i) & 0x7f) | (i < 4 ? 0x80 : 0));
}

static inline size_t begin_section(struct buf *buf, uint8_t id)
{
    buf_byte(buf, id);
    return begin_sized(buf);
}

static inline void put_section(struct buf *buf, uint8_t id, const char *hex)
{
    size_t begin = begin_section(buf, id);
    put_hex(buf, hex);
    end_sized(buf, begin);
}

/* A code section of one body: no locals, the instructions in `hex`, and `end`. */
static inline void put_body(struct buf *buf, const char *hex)
{
    size_t section = begin_section(buf, SECTION_CODE);
    buf_byte(buf, 1);
    size_t body = begin_sized(buf);
    buf_byte(buf, 0);
    put_hex(buf, hex);
    buf_byte(buf, 0x0b);
    end_sized(buf, body);
    end_sized(buf, section);
}

/* Decodes and validates. The arena is the caller's, and so is the error, which is empty afterwards if VALID. */
static inline enum verdict judge(const struct buf *bytes, struct wasm_module *module, struct arena *arena,
                                 struct err *err)
{
    if (wasm_decode(module, "t.wasm", bytes->data, bytes->size, arena, err))
        return MALFORMED;
    return wasm_validate(module, arena, err) ? INVALID : VALID;
}

/* The same for who wants only the verdict; and the message, which holds until the next call. */
static char judged_message[sizeof((struct err *)0)->text];

static inline enum verdict judge_only(const struct buf *bytes)
{
    struct wasm_module module;
    struct arena arena = {0};
    struct err err = {0};
    enum verdict verdict = judge(bytes, &module, &arena, &err);
    CHECK(err.set == (verdict != VALID));
    memcpy(judged_message, err.text, sizeof judged_message);
    arena_free(&arena);
    return verdict;
}

static inline void expect(const struct buf *bytes, enum verdict verdict, const char *message)
{
    enum verdict found = judge_only(bytes);
    if (found != verdict || !strstr(judged_message, message)) {
        fprintf(stderr, "verdict %d, expected %d; message \"%s\", expected \"%s\"\n", found, verdict, judged_message,
                message);
        exit(1);
    }
}

#endif
