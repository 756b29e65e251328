/* scsi.h: the commands of SCSI disks, and what they answer (SPC-4, SBC-3). Knows no transport. */
#ifndef DEV_SCSI_H
#define DEV_SCSI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SCSI_COMMAND_SIZE = 16, SCSI_SENSE_SIZE = 32 };

/* Commands, of SCSI_COMMAND_SIZE bytes each. `size`: of the memory for the answer, at most 255 bytes for
 * scsi_inquiry and scsi_mode_sense. */
void scsi_report_luns(uint8_t *command, uint32_t size);
void scsi_inquiry(uint8_t *command, uint8_t size);
void scsi_inquiry_serial(uint8_t *command, uint8_t size);
void scsi_read_capacity(uint8_t *command, uint32_t size);
void scsi_mode_sense_caching(uint8_t *command, uint8_t size);
void scsi_transfer(uint8_t *command, bool write, uint64_t block, uint32_t count);
void scsi_synchronize_cache(uint8_t *command); /* all of it */

/* --- answers: memory that was zeroed before, in which the device may have written less than it should --- */

/* REPORT LUNS: number `index` of those that single-level addressing can name. False if there are not so many. */
bool scsi_lun(const uint8_t *answer, size_t size, unsigned index, uint16_t *lun);

enum { SCSI_INQUIRY_SIZE = 36 };

/* INQUIRY: it is there, and a disk. */
bool scsi_is_disk(const uint8_t *answer);

/* The page with the serial number: copies its characters and a zero, as many as fit. False if it is another page. */
bool scsi_serial(const uint8_t *answer, size_t size, char *serial, size_t room);

enum { SCSI_CAPACITY_SIZE = 32 };

struct scsi_capacity {
    uint64_t blocks;
    uint32_t block_size; /* 512, 1024, 2048 or 4096 */
};

/* READ CAPACITY(16). False for what no driver of ours can use: other sizes, or blocks with protection data. */
bool scsi_capacity(const uint8_t *answer, struct scsi_capacity *capacity);

enum { SCSI_CACHING_SIZE = 24 };

/* MODE SENSE: whether the disk may be written to, and whether it has a cache of what is written. */
void scsi_caching(const uint8_t *answer, bool *read_only, bool *caches);

/* How a command has ended, by its status and sense data (SAM-5, section 5.3; SPC-4, section 4.5). */
enum scsi_result { SCSI_DONE, SCSI_TRY_AGAIN, SCSI_FAILED };
enum scsi_result scsi_result(uint8_t status, const uint8_t *sense, size_t size);

#endif
