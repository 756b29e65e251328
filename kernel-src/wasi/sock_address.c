/* sock_address.c: addresses between the program's form and the host's, and the functions that tell a socket's own. */
#include "wasi/sock_address.h"

#include "wasi/fd.h"
#include "wasi/guest.h"
#include "wasi/wasmedge.h"

enum { SIZE_IPV4 = 4, SIZE_IPV6 = 16 };

/* The buffer of a struct wasi_address. */
static uint32_t find_buffer(uint32_t place, uint8_t **bytes, uint32_t *size)
{
    struct wasi_address address;
    if (!guest_read(&address, place, sizeof address))
        return WASI_EFAULT;
    if (address.size != SIZE_IPV4 && address.size != SIZE_IPV6 && address.size != WASI_ADDRESS_STORAGE)
        return WASI_EINVAL;
    *bytes = guest_bytes(address.data, address.size);
    *size = address.size;
    return *bytes ? WASI_SUCCESS : WASI_EFAULT;
}

/* The family in front of a buffer of version 2; 0 for another one. */
static uint32_t size_of_storage(const uint8_t *bytes)
{
    uint16_t family;
    __builtin_memcpy(&family, bytes, sizeof family);
    return family == WASI_FAMILY_INET4 ? SIZE_IPV4 : family == WASI_FAMILY_INET6 ? SIZE_IPV6 : 0;
}

uint32_t address_read(uint32_t place, uint32_t port, struct host_address *address)
{
    uint8_t *bytes;
    uint32_t size;
    uint32_t error = find_buffer(place, &bytes, &size);
    if (error)
        return error;
    if (size == WASI_ADDRESS_STORAGE) {
        size = size_of_storage(bytes);
        bytes += sizeof(uint16_t);
    }
    if (size == 0 || port > UINT16_MAX)
        return WASI_EINVAL;
    *address = (struct host_address){.family = size == SIZE_IPV4 ? HOST_IPV4 : HOST_IPV6, .port = (uint16_t)port};
    __builtin_memcpy(address->bytes, bytes, size);
    return WASI_SUCCESS;
}

/* The buffer, where it has room for an address of that family. */
static uint32_t find_room(uint32_t place, enum host_family family, uint8_t **bytes, uint32_t *size)
{
    uint32_t error = find_buffer(place, bytes, size);
    if (!error && *size < (family == HOST_IPV4 ? SIZE_IPV4 : SIZE_IPV6))
        error = WASI_ENOMEM;
    return error;
}

uint32_t address_check(uint32_t place, enum host_family family)
{
    uint8_t *bytes;
    uint32_t size;
    return find_room(place, family, &bytes, &size);
}

uint32_t address_write(uint32_t place, const struct host_address *address)
{
    uint8_t *bytes;
    uint32_t size;
    uint32_t error = find_room(place, address->family, &bytes, &size);
    if (error)
        return error;
    if (size == WASI_ADDRESS_STORAGE) {
        uint16_t family = address->family == HOST_IPV4 ? WASI_FAMILY_INET4 : WASI_FAMILY_INET6;
        __builtin_memcpy(bytes, &family, sizeof family);
        bytes += sizeof family;
    }
    __builtin_memcpy(bytes, address->bytes, address->family == HOST_IPV4 ? SIZE_IPV4 : SIZE_IPV6);
    return WASI_SUCCESS;
}

/* --- the functions --- */

typedef uint32_t get_address(struct host_socket *socket, struct host_address *address);

static uint32_t tell(get_address *get, uint32_t number, uint32_t place, uint32_t port, struct host_address *address)
{
    struct fd *fd;
    uint32_t error = fd_find_socket(number, 0, &fd);
    if (!error)
        error = get(fd->watch.socket, address);
    if (!error)
        error = address_write(place, address);
    if (!error && !guest_write_u32(port, address->port))
        error = WASI_EFAULT;
    return error;
}

/* Version 1 gives the type as the number in the protocol's name. */
static uint32_t tell_with_type(get_address *get, uint32_t number, uint32_t place, uint32_t type, uint32_t port)
{
    struct host_address address;
    uint32_t error = tell(get, number, place, port, &address);
    if (!error && !guest_write_u32(type, address.family == HOST_IPV4 ? 4 : 6))
        error = WASI_EFAULT;
    return error;
}

uint32_t wasi_sock_getlocaladdr(uint32_t number, uint32_t place, uint32_t type, uint32_t port)
{
    return tell_with_type(host_socket_local, number, place, type, port);
}

uint32_t wasi_sock_getpeeraddr(uint32_t number, uint32_t place, uint32_t type, uint32_t port)
{
    return tell_with_type(host_socket_peer, number, place, type, port);
}

uint32_t wasi_sock_getlocaladdr_v2(uint32_t number, uint32_t place, uint32_t port)
{
    struct host_address address;
    return tell(host_socket_local, number, place, port, &address);
}

uint32_t wasi_sock_getpeeraddr_v2(uint32_t number, uint32_t place, uint32_t port)
{
    struct host_address address;
    return tell(host_socket_peer, number, place, port, &address);
}
