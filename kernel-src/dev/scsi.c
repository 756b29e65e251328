/* scsi.c: see scsi.h. Section numbers without a name are those of SPC-4. */
#include "dev/scsi.h"

/* 6.1, and SBC-3, section 5.1. */
enum {
    INQUIRY = 0x12,
    MODE_SENSE_6 = 0x1a,
    SYNCHRONIZE_CACHE_10 = 0x35,
    READ_16 = 0x88,
    WRITE_16 = 0x8a,
    SERVICE_ACTION_IN_16 = 0x9e,
    REPORT_LUNS = 0xa0,
};
enum { READ_CAPACITY_16 = 0x10 };                                  /* SBC-3, section 5.16.2: the service action */
enum { VITAL_PRODUCT_DATA = 1, PAGE_SERIAL = 0x80 };               /* 6.6.1, 7.8.17 */
enum { NO_BLOCK_DESCRIPTORS = 8, PAGE_CACHING = 0x08 };            /* 6.11.1, SBC-3, section 6.5.6 */
enum { STATUS_GOOD = 0x00, STATUS_CHECK_CONDITION = 0x02 };        /* SAM-5, section 5.3.1 */
enum { STATUS_BUSY = 0x08, STATUS_TASK_SET_FULL = 0x28 };          /* SAM-5, section 5.3.1 */
enum { FIXED_FORMAT = 0x70, DESCRIPTOR_FORMAT = 0x72 };            /* 4.5.1; 1 more of each: an error of before */
enum { RECOVERED = 1, UNIT_ATTENTION = 6, ABORTED_COMMAND = 0xb }; /* 4.5.6, sense keys */

static void put_be(uint8_t *bytes, unsigned size, uint64_t value)
{
    for (; size > 0; size--, value >>= 8)
        bytes[size - 1] = (uint8_t)value;
}

static uint64_t get_be(const uint8_t *bytes, unsigned size)
{
    uint64_t value = 0;
    for (; size > 0; size--)
        value = value << 8 | *bytes++;
    return value;
}

static void begin(uint8_t *command, uint8_t operation)
{
    __builtin_memset(command, 0, SCSI_COMMAND_SIZE);
    command[0] = operation;
}

/* --- commands --- */

void scsi_report_luns(uint8_t *command, uint32_t size)
{
    begin(command, REPORT_LUNS); /* 6.33 */
    put_be(command + 6, 4, size);
}

void scsi_inquiry(uint8_t *command, uint8_t size)
{
    begin(command, INQUIRY); /* 6.6 */
    command[4] = size;
}

void scsi_inquiry_serial(uint8_t *command, uint8_t size)
{
    scsi_inquiry(command, size);
    command[1] = VITAL_PRODUCT_DATA;
    command[2] = PAGE_SERIAL;
}

void scsi_read_capacity(uint8_t *command, uint32_t size)
{
    begin(command, SERVICE_ACTION_IN_16);
    command[1] = READ_CAPACITY_16;
    put_be(command + 10, 4, size);
}

void scsi_mode_sense_caching(uint8_t *command, uint8_t size)
{
    begin(command, MODE_SENSE_6); /* 6.11 */
    command[1] = NO_BLOCK_DESCRIPTORS;
    command[2] = PAGE_CACHING;
    command[4] = size;
}

void scsi_transfer(uint8_t *command, bool write, uint64_t block, uint32_t count)
{
    begin(command, write ? WRITE_16 : READ_16); /* SBC-3, sections 5.11 and 5.33 */
    put_be(command + 2, 8, block);
    put_be(command + 10, 4, count);
}

/* SBC-3, section 5.22: no blocks are all that follow the first one. The short form is the one that every disk has. */
void scsi_synchronize_cache(uint8_t *command)
{
    begin(command, SYNCHRONIZE_CACHE_10);
}

/* --- answers --- */

bool scsi_lun(const uint8_t *answer, size_t size, unsigned index, uint16_t *lun)
{
    enum { HEADER = 8, ENTRY = 8, METHOD = 0xc0, FLAT = 0x40 }; /* 6.33; SAM-5, section 4.7.7 */
    size_t listed = get_be(answer, 4);
    if (listed > size - HEADER)
        listed = size - HEADER;
    for (const uint8_t *entry = answer + HEADER; listed >= ENTRY; entry += ENTRY, listed -= ENTRY) {
        if ((entry[0] & METHOD) > FLAT || index-- > 0)
            continue;
        *lun = (uint16_t)((entry[0] & ~METHOD) << 8 | entry[1]);
        return true;
    }
    return false;
}

/* 6.6.2: qualifier and type of the device are both 0. The version in the third byte tells an answer from none. */
bool scsi_is_disk(const uint8_t *answer)
{
    return answer[0] == 0 && answer[2] != 0;
}

bool scsi_serial(const uint8_t *answer, size_t size, char *serial, size_t room)
{
    enum { HEADER = 4 }; /* 7.8.17 */
    size_t length = get_be(answer + 2, 2);
    if (answer[1] != PAGE_SERIAL)
        return false;
    if (length > size - HEADER)
        length = size - HEADER;
    if (length > room - 1)
        length = room - 1;
    __builtin_memcpy(serial, answer + HEADER, length);
    serial[length] = 0;
    return true;
}

bool scsi_capacity(const uint8_t *answer, struct scsi_capacity *capacity)
{
    enum { PROTECTED = 1, LARGEST = 4096, SMALLEST = 512 }; /* SBC-3, section 5.16.2 */
    uint64_t last = get_be(answer, 8);
    *capacity = (struct scsi_capacity){last + 1, (uint32_t)get_be(answer + 8, 4)};
    uint32_t size = capacity->block_size;
    return size >= SMALLEST && size <= LARGEST && (size & (size - 1)) == 0 && !(answer[12] & PROTECTED) &&
           last < UINT64_MAX / size;
}

void scsi_caching(const uint8_t *answer, bool *read_only, bool *caches)
{
    enum { HEADER = 4, PAGE_CODE = 0x3f, WRITE_PROTECTED = 0x80, WRITE_CACHE = 4 }; /* 7.5.4 */
    const uint8_t *page = answer + HEADER;
    *read_only = answer[2] & WRITE_PROTECTED;
    /* Where the page is not what it should be, a cache is the safe thing to think of. */
    *caches = answer[3] != 0 || (page[0] & PAGE_CODE) != PAGE_CACHING || page[2] & WRITE_CACHE;
}

static unsigned sense_key(const uint8_t *sense, size_t size)
{
    unsigned format = size > 2 ? sense[0] & 0x7eu : 0;
    return (format == FIXED_FORMAT ? sense[2] : format == DESCRIPTOR_FORMAT ? sense[1] : 0) & 0xf;
}

enum scsi_result scsi_result(uint8_t status, const uint8_t *sense, size_t size)
{
    if (status == STATUS_GOOD)
        return SCSI_DONE;
    if (status == STATUS_BUSY || status == STATUS_TASK_SET_FULL)
        return SCSI_TRY_AGAIN;
    if (status != STATUS_CHECK_CONDITION)
        return SCSI_FAILED;
    unsigned key = sense_key(sense, size);
    if (key == UNIT_ATTENTION || key == ABORTED_COMMAND)
        return SCSI_TRY_AGAIN;
    return key == RECOVERED ? SCSI_DONE : SCSI_FAILED;
}
