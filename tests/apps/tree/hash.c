/* hash.c: objects of Git's, which has a file's as SHA-1 of "blob SIZE", a zero and the contents, and a folder's as that
 * of "tree SIZE", a zero and its entries: mode, name and object of each (gitformat-pack, git-hash-object). */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tree.h"

#define OBJECT_SIZE 20

/* --- SHA-1 (FIPS 180-4, 6.1) --- */

struct sha1 {
    uint32_t state[5];
    uint64_t size;
    uint8_t block[64];
};

static void sha1_begin(struct sha1 *sha1)
{
    *sha1 = (struct sha1){.state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}};
}

static uint32_t rotate(uint32_t word, int bits)
{
    return word << bits | word >> (32 - bits);
}

static void sha1_block(struct sha1 *sha1)
{
    uint32_t w[80], a = sha1->state[0], b = sha1->state[1], c = sha1->state[2], d = sha1->state[3], e = sha1->state[4];
    for (int t = 0; t < 16; t++)
        w[t] = (uint32_t)sha1->block[4 * t] << 24 | (uint32_t)sha1->block[4 * t + 1] << 16 |
               (uint32_t)sha1->block[4 * t + 2] << 8 | sha1->block[4 * t + 3];
    for (int t = 16; t < 80; t++)
        w[t] = rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
    for (int t = 0; t < 80; t++) {
        static const uint32_t k[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
        const uint32_t parity = b ^ c ^ d;
        const uint32_t f[4] = {(b & c) | (~b & d), parity, (b & c) | (b & d) | (c & d), parity};
        uint32_t next = rotate(a, 5) + f[t / 20] + e + k[t / 20] + w[t];
        e = d, d = c, c = rotate(b, 30), b = a, a = next;
    }
    sha1->state[0] += a, sha1->state[1] += b, sha1->state[2] += c, sha1->state[3] += d, sha1->state[4] += e;
}

static void sha1_add(struct sha1 *sha1, const void *bytes, size_t size)
{
    const uint8_t *from = bytes;
    for (size_t i = 0; i < size; i++) {
        sha1->block[sha1->size++ % 64] = from[i];
        if (sha1->size % 64 == 0)
            sha1_block(sha1);
    }
}

static void sha1_end(struct sha1 *sha1, uint8_t result[OBJECT_SIZE])
{
    uint64_t bits = sha1->size * 8;
    sha1_add(sha1, "\x80", 1);
    while (sha1->size % 64 != 56)
        sha1_add(sha1, "", 1);
    for (int i = 7; i >= 0; i--)
        sha1_add(sha1, &(uint8_t){(uint8_t)(bits >> (8 * i))}, 1);
    for (int i = 0; i < OBJECT_SIZE; i++)
        result[i] = (uint8_t)(sha1->state[i / 4] >> (24 - 8 * (i % 4)));
}

/* --- objects --- */

static void begin_object(struct sha1 *sha1, const char *kind, size_t size)
{
    char header[32];
    sha1_begin(sha1);
    sha1_add(sha1, header, (size_t)snprintf(header, sizeof header, "%s %zu", kind, size) + 1);
}

static void hash_file(const char *path, size_t size, uint8_t object[OBJECT_SIZE])
{
    static char buffer[65536];
    struct sha1 sha1;
    begin_object(&sha1, "blob", size);
    int file = open(path, O_RDONLY);
    if (file < 0)
        fail(path);
    ssize_t got;
    while ((got = read(file, buffer, sizeof buffer)) > 0)
        sha1_add(&sha1, buffer, (size_t)got);
    if (got < 0)
        fail(path);
    close(file);
    sha1_end(&sha1, object);
}

static void hash_link(const char *path, uint8_t object[OBJECT_SIZE])
{
    char target[PATH_SIZE];
    struct sha1 sha1;
    ssize_t size = readlink(path, target, sizeof target);
    if (size < 0)
        fail(path);
    begin_object(&sha1, "blob", (size_t)size);
    sha1_add(&sha1, target, (size_t)size);
    sha1_end(&sha1, object);
}

struct entry {
    char *name;
    const char *mode;
    uint8_t object[OBJECT_SIZE];
};

/* In the order of their names, those of folders with a slash behind them. */
static int compare_entries(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    char first[300], second[300];
    snprintf(first, sizeof first, "%s%s", a->name, *a->mode == '4' ? "/" : "");
    snprintf(second, sizeof second, "%s%s", b->name, *b->mode == '4' ? "/" : "");
    return strcmp(first, second);
}

static size_t hash_folder(const char *folder, uint8_t object[OBJECT_SIZE]);

/* False: Git has no empty folders. */
static int hash_entry(const char *folder, const char *name, struct entry *entry)
{
    char path[PATH_SIZE];
    struct stat stat;
    join(path, folder, name);
    if (lstat(path, &stat))
        fail(path);
    entry->name = strdup(name);
    entry->mode = S_ISDIR(stat.st_mode) ? "40000" : S_ISLNK(stat.st_mode) ? "120000" : "100644";
    if (S_ISDIR(stat.st_mode))
        return hash_folder(path, entry->object) > 0;
    if (S_ISLNK(stat.st_mode))
        hash_link(path, entry->object);
    else
        hash_file(path, (size_t)stat.st_size, entry->object);
    return 1;
}

static void hash_entries(struct entry *entries, size_t count, uint8_t object[OBJECT_SIZE])
{
    size_t size = 0;
    struct sha1 sha1;
    qsort(entries, count, sizeof *entries, compare_entries);
    for (size_t i = 0; i < count; i++)
        size += strlen(entries[i].mode) + 1 + strlen(entries[i].name) + 1 + OBJECT_SIZE;
    begin_object(&sha1, "tree", size);
    for (size_t i = 0; i < count; i++) {
        sha1_add(&sha1, entries[i].mode, strlen(entries[i].mode));
        sha1_add(&sha1, " ", 1);
        sha1_add(&sha1, entries[i].name, strlen(entries[i].name) + 1);
        sha1_add(&sha1, entries[i].object, OBJECT_SIZE);
        free(entries[i].name);
    }
    sha1_end(&sha1, object);
}

/* How many entries it has. */
static size_t hash_folder(const char *folder, uint8_t object[OBJECT_SIZE])
{
    struct entry *entries = NULL;
    size_t count = 0;
    DIR *open = opendir(folder);
    if (!open)
        fail(folder);
    for (struct dirent *entry; (entry = next_entry(open, folder));) {
        if ((count & (count - 1)) == 0 && !(entries = realloc(entries, (count ? 2 * count : 1) * sizeof *entries)))
            fail(folder);
        if (hash_entry(folder, entry->d_name, &entries[count]))
            count++;
        else
            free(entries[count].name);
    }
    closedir(open);
    hash_entries(entries, count, object);
    free(entries);
    return count;
}

void tree_hash(const char *folder)
{
    uint8_t object[OBJECT_SIZE];
    hash_folder(folder, object);
    for (int i = 0; i < OBJECT_SIZE; i++)
        printf("%02x", object[i]);
    printf("\n");
}
