/* link.c: see link.h. Bringing the card up, waiting for it, and looking after it. */
#include "net/link.h"

#include <stdint.h>

#include <mewz/metrics.h>

#include <lwip/etharp.h>
#include <lwip/ethip6.h>
#include <lwip/netif.h>

#include "dev/entropy.h"
#include "net/link_card.h"
#include "panic.h"

struct link_card net_link;

static uint64_t resets;
MEWZ_METRIC(resets, "net.card_resets", resets);

/* --- waiting --- */

bool link_has_work(void)
{
    return netif_default &&
           (virtio_net_has_received(&net_link.card) || link_must_push() || net_link.card.device.changed ||
            (link_has_backlog() && virtq_has_used(&net_link.card.transmit)));
}

void link_listen(void)
{
    if (netif_default)
        virtio_net_listen(&net_link.card, link_has_backlog());
}

void link_unlisten(void)
{
    if (netif_default)
        virtio_net_unlisten(&net_link.card);
}

/* --- looking after it --- */

static void restart_card(void)
{
    virtio_net_stop(&net_link.card);
    link_drop_buffers();
    link_drop_sent();
    if (!virtio_net_restart(&net_link.card))
        return; /* until the next look */
    resets++;
    link_receive_init();
    link_push();
}

bool link_must_check(void)
{
    return netif_default && virtio_net_must_ask(&net_link.card);
}

void link_check(void)
{
    net_link.card.device.changed = false; /* before the look, so that a change during it is another one */
    if (virtio_net_has_failed(&net_link.card))
        restart_card();
    bool up = virtio_net_is_up(&net_link.card);
    if (up == (netif_is_link_up(&net_link.netif) != 0))
        return;
    /* lwIP asks for an address again and tells the neighbours ours, for the cable may lead to another network now. */
    if (up)
        netif_set_link_up(&net_link.netif);
    else
        netif_set_link_down(&net_link.netif);
}

/* --- bringing it up --- */

static void choose_address(uint8_t *address)
{
    __builtin_memcpy(address, net_link.card.address, VIRTIO_NET_ADDRESS_SIZE);
    if (net_link.card.has_address)
        return;
    entropy_read(address, VIRTIO_NET_ADDRESS_SIZE);
    address[0] = (uint8_t)((address[0] & ~1u) | 2); /* locally administered, of one station (IEEE 802, section 8.2) */
}

static err_t init(struct netif *netif)
{
    netif->name[0] = 'e';
    netif->name[1] = 'n';
    netif->mtu = net_link.card.mtu;
    netif->hwaddr_len = VIRTIO_NET_ADDRESS_SIZE;
    choose_address(netif->hwaddr);
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_IGMP | NETIF_FLAG_MLD6;
    netif->output = etharp_output;
    netif->output_ip6 = ethip6_output;
    netif->linkoutput = link_send;
    net_link.checksums = NETIF_CHECKSUM_ENABLE_ALL & ~(NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP);
    if (net_link.card.checksums)
        net_link.checksums &= (uint16_t)~NETIF_CHECKSUM_GEN_TCP;
    netif->chksum_flags = net_link.checksums;
    return ERR_OK;
}

bool link_start(void)
{
    if (!virtio_net_start(&net_link.card))
        return false;
    if (!link_send_init() || !netif_add_noaddr(&net_link.netif, NULL, init, netif_input)) {
        warn("net", "no memory for the network card");
        return false;
    }
    netif_set_default(&net_link.netif);
    link_receive_init();
    if (virtio_net_is_up(&net_link.card))
        netif_set_link_up(&net_link.netif);
    netif_set_up(&net_link.netif);
    link_push();
    return true;
}
