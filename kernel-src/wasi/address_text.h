/* address_text.h: IP addresses as people write them. */
#ifndef WASI_ADDRESS_TEXT_H
#define WASI_ADDRESS_TEXT_H

#include "wasi/host_socket.h"

/* "192.0.2.1" or "2001:db8::1" (RFC 4291, section 2.2), the whole text; the port becomes 0. */
bool address_parse(const char *text, size_t size, struct host_address *address);

/* A decimal number up to 65535, the whole text. */
bool port_parse(const char *text, size_t size, uint16_t *port);

#endif
