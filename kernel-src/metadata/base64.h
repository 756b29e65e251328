/* base64.h: RFC 4648, section 4. */
#ifndef METADATA_BASE64_H
#define METADATA_BASE64_H

#include <stdbool.h>
#include <stddef.h>

/* Decodes the text in its own place; white space is skipped. *size becomes that of the bytes. False where it is none.
 */
bool base64_decode(char *text, size_t *size);

#endif
