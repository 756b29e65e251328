// streaming.mjs: what `kubectl port-forward` and `kubectl attach` do with the URLs that containerd gives them, by its
// WebSocket protocol: each message begins with the number of a channel.
import { connect } from 'node:net';

// A message of the client's (RFC 6455, section 5.2), with a mask of zeros.
function message(channel, text) {
    const payload = Buffer.concat([Buffer.from([channel]), Buffer.from(text)]);
    if (payload.length > 125) throw new Error('the message is too long for this client');
    return Buffer.concat([Buffer.from([0x82, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}

// The first whole message in the bytes, and the rest of them; nothing if there is none.
function takeMessage(bytes) {
    let size = bytes[1], at = 2;
    if (size === 126 && bytes.length >= 4) [size, at] = [bytes.readUInt16BE(2), 4];
    if (bytes.length < 2 || size >= 126 && at === 2 || bytes.length < at + size) return null;
    return { kind: bytes[0] & 15, payload: bytes.subarray(at, at + size), rest: bytes.subarray(at + size) };
}

// Opens the URL. `take` is called with the channel and the text of each message, and what it returns is written to
// channel 0; null ends it. Resolves when it has ended.
const open = (url, first, take) => new Promise((resolve, reject) => {
    const { hostname, port, pathname } = new URL(url);
    let bytes = Buffer.alloc(0), upgraded = false;
    const client = connect(port, hostname, () => client.write(`GET ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\n` +
        'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n' +
        'Sec-WebSocket-Key: bWV3eiBwb3J0IGZvcndhcmQ=\r\nSec-WebSocket-Protocol: v4.channel.k8s.io\r\n\r\n'));
    const write = text => text === null ? client.end() : text && client.write(message(0, text));
    function upgrade() {
        const end = bytes.indexOf('\r\n\r\n');
        if (end < 0) return;
        if (!bytes.subarray(0, end).includes(' 101 ')) return client.destroy(new Error(bytes.toString()));
        bytes = bytes.subarray(end + 4);
        upgraded = true;
        write(first);
    }
    client.setTimeout(30000, () => client.destroy(new Error('nothing more comes')));
    client.on('data', more => {
        bytes = Buffer.concat([bytes, more]);
        if (!upgraded) upgrade();
        for (let one; upgraded && (one = takeMessage(bytes)); bytes = one.rest)
            if (one.kind === 8) client.end();
            else if (one.kind < 3) write(take(one.payload[0], one.payload.subarray(1)));
    });
    client.on('error', reject);
    client.on('close', resolve);
});

// Sends the request to the port and resolves to what comes back until the peer closes. Channel 0 has the data and 1 the
// error; the first message of each has the port.
export async function forward(url, request) {
    const channels = [null, null];
    await open(url, '', (channel, text) => {
        const first = channels[channel] === null;
        channels[channel] = first ? '' : channels[channel] + text;
        return first && channel === 0 ? request : '';
    });
    if (channels[1]) throw new Error(channels[1]);
    return channels[0];
}

// Types the text and resolves when the container has said it. Channel 1 is stdout.
export async function attach(url, text) {
    let said = '';
    await open(url, text, (channel, bytes) => {
        if (channel === 1) said += bytes;
        return said.includes(text) ? null : '';
    });
    return said.includes(text);
}
