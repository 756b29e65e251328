/* SCSI's commands byte by byte, and answers: good ones, short ones, and such as no disk should give. */
#include <string.h>

#include "check.h"

#include "dev/scsi.c"

static uint8_t command[SCSI_COMMAND_SIZE];

static bool is(const char *bytes)
{
    return memcmp(command, bytes, sizeof command) == 0;
}

static void test_commands(void)
{
    scsi_report_luns(command, 0x12345);
    CHECK(is("\xa0\0\0\0\0\0\0\x01\x23\x45\0\0\0\0\0\0"));
    scsi_inquiry(command, 36);
    CHECK(is("\x12\0\0\0\x24\0\0\0\0\0\0\0\0\0\0\0"));
    scsi_inquiry_serial(command, 255);
    CHECK(is("\x12\x01\x80\0\xff\0\0\0\0\0\0\0\0\0\0\0"));
    scsi_read_capacity(command, 32);
    CHECK(is("\x9e\x10\0\0\0\0\0\0\0\0\0\0\0\x20\0\0"));
    scsi_mode_sense_caching(command, 24);
    CHECK(is("\x1a\x08\x08\0\x18\0\0\0\0\0\0\0\0\0\0\0"));
    scsi_transfer(command, false, 0x123456789abcdef0, 0x11223344);
    CHECK(is("\x88\0\x12\x34\x56\x78\x9a\xbc\xde\xf0\x11\x22\x33\x44\0\0"));
    scsi_transfer(command, true, 1, 2);
    CHECK(is("\x8a\0\0\0\0\0\0\0\0\x01\0\0\0\x02\0\0"));
    scsi_synchronize_cache(command);
    CHECK(is("\x35\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"));
}

static void test_luns(void)
{
    uint8_t answer[8 + 4 * 8] = {
        [3] = 4 * 8, [8 + 1] = 7, [16] = 0xc1, [24] = 0x41, [25] = 2, [32] = 0x3f, [33] = 0xff};
    uint16_t lun;
    CHECK(scsi_lun(answer, sizeof answer, 0, &lun) && lun == 7);
    CHECK(scsi_lun(answer, sizeof answer, 1, &lun) && lun == 0x102); /* the second one is no single-level address */
    CHECK(scsi_lun(answer, sizeof answer, 2, &lun) && lun == 0x3fff);
    CHECK(!scsi_lun(answer, sizeof answer, 3, &lun));
    memset(answer, 0xff, 4); /* it claims more than there is */
    CHECK(scsi_lun(answer, sizeof answer, 2, &lun) && !scsi_lun(answer, sizeof answer, 3, &lun));
    memset(answer, 0, 4);
    CHECK(!scsi_lun(answer, sizeof answer, 0, &lun));
}

static void test_inquiry(void)
{
    uint8_t answer[SCSI_INQUIRY_SIZE] = {0};
    CHECK(!scsi_is_disk(answer)); /* no answer at all */
    answer[2] = 5;
    CHECK(scsi_is_disk(answer));
    answer[0] = 5; /* a CD */
    CHECK(!scsi_is_disk(answer));
    answer[0] = 0x20; /* a disk that is not there */
    CHECK(!scsi_is_disk(answer));
}

static void test_serial(void)
{
    uint8_t answer[16] = {0, 0x80, 0, 3, 'a', 'b', 'c', 'd'};
    char serial[8];
    CHECK(scsi_serial(answer, sizeof answer, serial, sizeof serial) && strcmp(serial, "abc") == 0);
    answer[2] = 0xff; /* longer than the answer, and than the room */
    memset(answer + 4, 'x', 12);
    CHECK(scsi_serial(answer, sizeof answer, serial, sizeof serial) && strcmp(serial, "xxxxxxx") == 0);
    answer[1] = 0x83;
    CHECK(!scsi_serial(answer, sizeof answer, serial, sizeof serial));
}

static bool capacity_of(uint64_t last, uint32_t block_size, uint8_t flags, struct scsi_capacity *capacity)
{
    uint8_t answer[SCSI_CAPACITY_SIZE] = {0};
    put_be(answer, 8, last);
    put_be(answer + 8, 4, block_size);
    answer[12] = flags;
    return scsi_capacity(answer, capacity);
}

static void test_capacity(void)
{
    struct scsi_capacity capacity;
    CHECK(capacity_of(0x123456789, 512, 0, &capacity) && capacity.blocks == 0x12345678a && capacity.block_size == 512);
    CHECK(capacity_of(0, 4096, 0, &capacity) && capacity.blocks == 1 && capacity.block_size == 4096);
    CHECK(!capacity_of(0, 0, 0, &capacity)); /* no answer */
    CHECK(!capacity_of(0, 520, 0, &capacity) && !capacity_of(0, 8192, 0, &capacity) &&
          !capacity_of(0, 256, 0, &capacity));
    CHECK(!capacity_of(0, 512, 1, &capacity));
    CHECK(!capacity_of(UINT64_MAX, 512, 0, &capacity) && !capacity_of(UINT64_MAX / 512, 512, 0, &capacity));
}

static void test_caching(void)
{
    uint8_t answer[SCSI_CACHING_SIZE] = {0};
    bool read_only, caches;
    scsi_caching(answer, &read_only, &caches);
    CHECK(!read_only && caches); /* no answer: to be on the safe side */
    answer[4] = 0x88;            /* the page, one that can be saved */
    scsi_caching(answer, &read_only, &caches);
    CHECK(!caches);
    answer[6] = 4;
    answer[2] = 0x90;
    scsi_caching(answer, &read_only, &caches);
    CHECK(read_only && caches);
}

static enum scsi_result with_key(unsigned key)
{
    uint8_t fixed[18] = {0x70, 0, (uint8_t)(0xe0 | key)}, descriptor[8] = {0x73, (uint8_t)key};
    enum scsi_result result = scsi_result(2, fixed, sizeof fixed);
    CHECK(scsi_result(2, descriptor, sizeof descriptor) == result);
    return result;
}

static void test_results(void)
{
    CHECK(scsi_result(0, NULL, 0) == SCSI_DONE);
    CHECK(scsi_result(8, NULL, 0) == SCSI_TRY_AGAIN && scsi_result(0x28, NULL, 0) == SCSI_TRY_AGAIN);
    CHECK(scsi_result(0x18, NULL, 0) == SCSI_FAILED && scsi_result(2, NULL, 0) == SCSI_FAILED);
    CHECK(with_key(6) == SCSI_TRY_AGAIN && with_key(0xb) == SCSI_TRY_AGAIN && with_key(1) == SCSI_DONE);
    CHECK(with_key(3) == SCSI_FAILED && with_key(4) == SCSI_FAILED && with_key(5) == SCSI_FAILED);
}

int main(void)
{
    test_commands();
    test_luns();
    test_inquiry();
    test_serial();
    test_capacity();
    test_caching();
    test_results();
    return 0;
}
