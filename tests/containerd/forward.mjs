// forward.mjs: what `kubectl port-forward` does with the URL that containerd gives for a port of a pod, by its WebSocket
// protocol: each message begins with the number of a channel, of which 0 has the data and 1 the error, and the first one
// of a channel with the port.
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

// Sends the request to the port and resolves to what comes back until the peer closes.
export const forward = (url, request) => new Promise((resolve, reject) => {
    const { hostname, port, pathname } = new URL(url);
    const channels = ['', ''];
    let bytes = Buffer.alloc(0), upgraded = false;
    const client = connect(port, hostname, () => client.write(`GET ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\n` +
        'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n' +
        'Sec-WebSocket-Key: bWV3eiBwb3J0IGZvcndhcmQ=\r\nSec-WebSocket-Protocol: v4.channel.k8s.io\r\n\r\n'));
    const firsts = new Set();
    function take({ kind, payload }) {
        if (kind === 8) client.end();
        if (kind !== 1 && kind !== 2) return;
        const [channel] = payload, first = !firsts.has(channel);
        firsts.add(channel);
        if (!first) channels[channel] += payload.subarray(1);
        else if (channel === 0) client.write(message(0, request));
    }
    client.setTimeout(10000, () => client.destroy(new Error(`nothing more after ${JSON.stringify(channels)}`)));
    client.on('data', more => {
        bytes = Buffer.concat([bytes, more]);
        if (!upgraded) {
            const end = bytes.indexOf('\r\n\r\n');
            if (end < 0) return;
            if (!bytes.subarray(0, end).includes(' 101 ')) return client.destroy(new Error(bytes.toString()));
            bytes = bytes.subarray(end + 4);
            upgraded = true;
        }
        for (let one; (one = takeMessage(bytes)); bytes = one.rest) take(one);
    });
    client.on('error', reject);
    client.on('close', () => channels[1] ? reject(new Error(channels[1])) : resolve(channels[0]));
});
