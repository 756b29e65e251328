// dhcp.mjs FILE: a DHCP server (RFC 2131) that does as FILE says, and says on stdout what it was asked.
//
// FILE has one line, which is read anew for each request:
//   give ADDRESS SECONDS   answers everything, with that address for so long
//   refuse                 answers what asks for an address by DHCPNAK, and nothing else
//   silent                 answers nothing
// A line of stdout: "discover", or "request ADDRESS", with "again" behind it if who asks has that address already.
import dgram from 'node:dgram';
import fs from 'node:fs';

const own = [10, 0, 2, 2];
const DISCOVER = 1, OFFER = 2, REQUEST = 3, ACK = 5, NAK = 6;
const [file] = process.argv.slice(2);

function option(packet, wanted) {
    for (let at = 240; at < packet.length && packet[at] !== 255; at += packet[at] === 0 ? 1 : 2 + packet[at + 1])
        if (packet[at] === wanted) return packet.subarray(at + 2, at + 2 + packet[at + 1]);
    return null;
}

function seconds(count) {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(count);
    return [...bytes];
}

function reply(request, type, address, lease) {
    const packet = Buffer.alloc(300);
    request.copy(packet, 0, 0, 44);
    packet[0] = 2;
    packet.fill(0, 12, 16);
    packet.set(address, 16);
    const options = type === NAK ? [] : [51, 4, ...seconds(lease), 1, 4, 255, 255, 255, 0, 3, 4, ...own, 6, 8, ...own, 10, 0, 2, 3];
    packet.set([99, 130, 83, 99, 53, 1, type, 54, 4, ...own, ...options, 255], 236);
    return packet;
}

function tell(request, type) {
    const has = request.subarray(12, 16), asks = option(request, 50);
    const again = has.readUInt32BE() !== 0;
    console.log(type === DISCOVER ? 'discover' : again ? `request ${has.join('.')} again` : `request ${asks.join('.')}`);
}

const server = dgram.createSocket('udp4');
server.on('message', (request) => {
    const type = option(request, 53)[0];
    if (type !== DISCOVER && type !== REQUEST) return;
    tell(request, type);
    const [verb, address, lease] = fs.readFileSync(file, 'utf8').trim().split(' ');
    const send = (packet) => server.send(packet, 68, '10.0.2.255'); // who asks may have no address that ARP could find
    if (verb === 'give') {
        const wanted = type === DISCOVER ? null : option(request, 50) ?? request.subarray(12, 16);
        const given = address.split('.').map(Number);
        if (wanted && !Buffer.from(given).equals(wanted)) send(reply(request, NAK, [0, 0, 0, 0], 0));
        else send(reply(request, type === DISCOVER ? OFFER : ACK, given, +lease));
    } else if (verb === 'refuse' && type === REQUEST) {
        send(reply(request, NAK, [0, 0, 0, 0], 0));
    }
});
server.bind(67, () => { server.setBroadcast(true); console.log('ready'); });
