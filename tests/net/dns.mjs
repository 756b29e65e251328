// dns.mjs: two name servers (RFC 1035), at 10.0.2.2 and 10.0.2.3, that know a few names and behave badly for some of them.
// Says "ready".
import dgram from 'node:dgram';

const A = 1, CNAME = 5, AAAA = 28;
const NO_ERROR = 0, NO_NAME = 3, TRUNCATED = 0x200, ANSWER = 0x8180;

const v4 = (text) => text.split('.').map(Number);
const v6 = (last) => [0x20, 1, 0xd, 0xb8, ...Array(11).fill(0), last];
const encode = (name) => [...name.split('.').flatMap((label) => [label.length, ...Buffer.from(label)]), 0];

function decode(packet) {
    const labels = [];
    let at = 12;
    for (; packet[at]; at += 1 + packet[at]) labels.push(packet.toString('latin1', at + 1, at + 1 + packet[at]));
    return { name: labels.join('.'), type: packet.readUInt16BE(at + 1), end: at + 5 };
}

const record = (name, type, data) => [...encode(name), 0, type, 0, 1, 0, 0, 0, 60, 0, data.length, ...data];

function answer(query, { flags = 0, code = NO_ERROR, records = [], id = query.readUInt16BE(0), end }) {
    const head = Buffer.alloc(12);
    head.writeUInt16BE(id, 0);
    head.writeUInt16BE(ANSWER | flags | code, 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(records.length, 6);
    return Buffer.concat([head, query.subarray(12, end), ...records.map((bytes) => Buffer.from(bytes))]);
}

const asked = new Map();
function count(key) {
    asked.set(key, (asked.get(key) ?? 0) + 1);
    return asked.get(key);
}

// What a server says to a query: a list of answers, which may be empty.
function say(server, query) {
    const { name, type, end } = decode(query);
    const give = (options) => answer(query, { end, ...options });
    const both = (last) => (type === A ? [record(name, A, v4(`192.0.2.${last}`))] : [record(name, AAAA, v6(last))]);
    switch (name) {
    case 'both.test': return [give({ records: both(1) })];
    case 'old.test': return [give({ records: type === A ? both(2) : [] })];
    case 'new.test': return [give({ records: type === AAAA ? both(3) : [] })];
    case 'alias.test': return [give({ records: [record(name, CNAME, encode('other.test')),
        record('other.test', CNAME, encode('third.test')),
        record('third.test', type, type === A ? v4('192.0.2.4') : v6(4))] })];
    case 'cut.test': return [give({ flags: TRUNCATED, records: both(5) })];
    case 'none.test': return [give({ code: NO_NAME })];
    case 'slow.test': return count(`${type}`) < 3 ? [] : [give({ records: both(6) })];
    case 'second.test': return server === 1 ? [] : [give({ records: both(7) })];
    // One that is none comes first: it has another question's number.
    case 'liar.test': return [give({ id: query.readUInt16BE(0) ^ 1, records: both(66) }),
        give({ records: both(8) })];
    default: return []; // silent.test
    }
}

let bound = 0;
for (const [index, address] of ['10.0.2.2', '10.0.2.3'].entries()) {
    const socket = dgram.createSocket('udp4');
    socket.on('message', (query, from) => {
        for (const packet of say(index + 1, query)) socket.send(packet, from.port, from.address);
    });
    socket.bind(53, address, () => { if (++bound === 2) console.log('ready'); });
}
