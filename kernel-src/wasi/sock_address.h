/* sock_address.h: addresses as WasmEdge's functions have them, a struct wasi_address with a buffer. */
#ifndef WASI_SOCK_ADDRESS_H
#define WASI_SOCK_ADDRESS_H

#include "wasi/host_socket.h"

/* WASI_EFAULT; WASI_EINVAL for another size or family, or for a port over 65535. */
uint32_t address_read(uint32_t place, uint32_t port, struct host_address *address);

/* Whether address_write could write any address there, so that it is known before something is received: WASI_EFAULT,
 * or WASI_EINVAL for another size. */
uint32_t address_check(uint32_t place);

/* WASI_EFAULT; WASI_EINVAL for another size; WASI_ENOMEM if the address is longer than the buffer. */
uint32_t address_write(uint32_t place, const struct host_address *address);

#endif
