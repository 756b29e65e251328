// A cloud's metadata service, as the providers document theirs, on 169.254.169.254 in a network namespace of the test's.
//
//   metadata.mjs LOG CLOUD [HOW]   writes each request to LOG, a line each; HOW: plain (with lengths), or hostile: ...
import { createServer } from 'node:net';
import { appendFileSync, writeFileSync } from 'node:fs';

const [log, cloud, how = 'plain'] = process.argv.slice(2);
const userData = 'port=8080\nname="a & b"\n';
const encoded = Buffer.from(userData).toString('base64');

// What each path answers, and the header without which it does not.
const services = {
    aws: {
        'PUT /latest/api/token': ['token-1234', 'x-aws-ec2-metadata-token-ttl-seconds: 60'],
        'GET /latest/meta-data/hostname': ['ip-10-0-2-15.ec2.internal', 'x-aws-ec2-metadata-token: token-1234'],
        'GET /latest/user-data': [userData, 'x-aws-ec2-metadata-token: token-1234'],
    },
    gcp: {
        'GET /computeMetadata/v1/instance/hostname': ['vm.c.project.internal', 'metadata-flavor: google'],
        'GET /computeMetadata/v1/instance/attributes/user-data': [userData, 'metadata-flavor: google'],
    },
    azure: {
        'GET /metadata/instance/compute/name?api-version=2021-02-01&format=text': ['vm', 'metadata: true'],
        'GET /metadata/instance/compute/userData?api-version=2021-02-01&format=text': [encoded, 'metadata: true'],
    },
    openstack: {
        'GET /latest/meta-data/hostname': ['vm.novalocal\n', 'host: 169.254.169.254'],
        'GET /latest/user-data': [userData, 'host: 169.254.169.254'],
    },
    digitalocean: { 'GET /metadata/v1/hostname': ['droplet', ''], 'GET /metadata/v1/user-data': [userData, ''] },
    hetzner: { 'GET /hetzner/v1/metadata/hostname': ['server', ''], 'GET /hetzner/v1/userdata': [userData, ''] },
    oracle: {
        'GET /opc/v2/instance/hostname': ['instance', 'authorization: bearer oracle'],
        'GET /opc/v2/instance/metadata/user_data': [encoded, 'authorization: bearer oracle'],
    },
};

const respond = (status, body) => `HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

function answer(line, headers) {
    const [body, header] = services[cloud][line] ?? [];
    if (body === undefined) return respond('404 Not Found', 'no');
    return headers.toLowerCase().includes(header) ? respond('200 OK', body) : respond('401 Unauthorized', 'no');
}

// Each of them must leave the program as if there were no metadata.
const hostile = {
    garbage: (socket) => socket.end('\x00\xff\r\n\r\nHTTP/1.1 200 OK\r\n\r\nx'),
    short: (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx'),
    huge: (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n' + 'x'.repeat(1 << 20)),
    headers: (socket) => socket.end('HTTP/1.1 200 OK\r\n' + 'X: y\r\n'.repeat(1 << 18)),
    zero: (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\na\0b\x1b'),
    reset: (socket) => socket.resetAndDestroy(),
    silent: () => {},
};

const server = createServer((socket) => {
    let text = '';
    socket.setEncoding('latin1');
    socket.on('error', () => {});
    socket.on('data', (data) => {
        text += data;
        const end = text.indexOf('\r\n\r\n');
        if (end < 0) return;
        const line = text.slice(0, text.indexOf(' HTTP/1.0\r\n'));
        appendFileSync(log, `${line}\n`);
        if (hostile[how]) hostile[how](socket);
        else if (how === 'until-end') socket.end(answer(line, text).replace(/Content-Length.*\r\n/, ''));
        else socket.write(answer(line, text)); // and leaves the connection open
    });
});
server.listen(80, '169.254.169.254', () => writeFileSync(log, 'ready\n'));
