/* sock_address.h: addresses as WasmEdge's functions have them, a struct wasi_address with a buffer. */
#ifndef WASI_SOCK_ADDRESS_H
#define WASI_SOCK_ADDRESS_H

#include "wasi/host_socket.h"

/* WASI_EFAULT; WASI_EINVAL for another size or family, or for a port over 65535. */
uint32_t address_read(uint32_t place, uint32_t port, struct host_address *address);

/* What address_write would say of an address of that family, so that it is known before something is received. */
uint32_t address_check(uint32_t place, enum host_family family);

/* WASI_EFAULT; WASI_EINVAL for another size; WASI_ENOMEM if the address is longer than the buffer. */
uint32_t address_write(uint32_t place, const struct host_address *address);

#endif
