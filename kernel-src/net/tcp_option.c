/* tcp_option.c: what a program sets of a TCP socket. */
#include <lwip/ip.h>
#include <lwip/tcp.h>

#include "net/tcp_socket.h"
#include "wasi/types.h"

/* A listening PCB is shorter than others: it has no such flag. */
void tcp_socket_apply_no_delay(struct tcp_socket *socket)
{
    if (socket->listening)
        return;
    if (socket->no_delay)
        tcp_nagle_disable(socket->pcb);
    else
        tcp_nagle_enable(socket->pcb);
}

static void set_flag(struct tcp_pcb *pcb, u8_t flag, bool on)
{
    if (on)
        ip_set_option(pcb, flag);
    else
        ip_reset_option(pcb, flag);
}

uint32_t tcp_socket_set(struct host_socket *base, enum host_option option, int32_t value)
{
    struct tcp_socket *socket = as_tcp(base);
    struct tcp_pcb *pcb = socket->pcb;
    if (option == HOST_LINGER) {
        socket->reset_on_close = value == 0;
        return WASI_SUCCESS;
    }
    if (!pcb)
        return WASI_EINVAL;
    switch (option) {
    case HOST_REUSE_ADDRESS:
        set_flag(pcb, SOF_REUSEADDR, value);
        return WASI_SUCCESS;
    case HOST_KEEP_ALIVE:
        set_flag(pcb, SOF_KEEPALIVE, value);
        return WASI_SUCCESS;
    case HOST_V6_ONLY:
        if (base->family != HOST_IPV6 || socket->listening || pcb->state != CLOSED || pcb->local_port != 0)
            return WASI_EINVAL;
        IP_SET_TYPE_VAL(pcb->local_ip, value ? IPADDR_TYPE_V6 : IPADDR_TYPE_ANY);
        IP_SET_TYPE_VAL(pcb->remote_ip, value ? IPADDR_TYPE_V6 : IPADDR_TYPE_ANY);
        return WASI_SUCCESS;
    case HOST_NO_DELAY:
        socket->no_delay = value;
        tcp_socket_apply_no_delay(socket);
        return WASI_SUCCESS;
    case HOST_SEND_BUFFER: /* both grow with need, up to lwipopts.h's */
    case HOST_RECEIVE_BUFFER:
        return WASI_SUCCESS;
    default:
        return WASI_ENOPROTOOPT;
    }
}

uint32_t tcp_socket_get(struct host_socket *base, enum host_option option, int32_t *value)
{
    const struct tcp_socket *socket = as_tcp(base);
    const struct tcp_pcb *pcb = socket->pcb;
    switch (option) {
    case HOST_REUSE_ADDRESS:
        *value = pcb && ip_get_option(pcb, SOF_REUSEADDR) != 0;
        return WASI_SUCCESS;
    case HOST_KEEP_ALIVE:
        *value = pcb && ip_get_option(pcb, SOF_KEEPALIVE) != 0;
        return WASI_SUCCESS;
    case HOST_V6_ONLY:
        *value = pcb && IP_IS_V6_VAL(pcb->local_ip) && !IP_IS_ANY_TYPE_VAL(pcb->local_ip);
        return WASI_SUCCESS;
    case HOST_NO_DELAY:
        *value = socket->no_delay;
        return WASI_SUCCESS;
    case HOST_SEND_BUFFER:
        *value = TCP_SND_BUF;
        return WASI_SUCCESS;
    case HOST_RECEIVE_BUFFER:
        *value = TCP_WND;
        return WASI_SUCCESS;
    default:
        return WASI_ENOPROTOOPT;
    }
}
