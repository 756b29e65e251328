// net.mjs MODE [ARG...]: the other side of a machine's network. Fails if something is not as it should be.
//
//   dhcp                             a DHCP server that gives 10.0.2.15, until it is killed
//   wait                             until the machine answers
//   echo COUNT SIZE AT_ONCE [HOST]   that many connections, each sends and gets back SIZE bytes
//   reset COUNT                      connections that are reset in all states
//   hog COUNT                        connections whose data the machine does not read; all at once, then all closed
//   again COUNT                      requests to a server of files that ends the connections, from one and the same port
//   udp COUNT SIZE                   datagrams there and back
//   memory                           prints "OBJECTS PAGES LIMIT" when they have settled
//   crowd COUNT FIRST SIZE           connections that send at once, of which FIRST are made, and the others not before those
//                                    are answered
//   patient [TEXT]                   a connection that says "on" when it stands and has echoed that text, and echoes again
//                                    after a line on stdin
//   outlive                          a connection that says "on" when it stands, and waits until the other side ends it
//   monitor SOCKET COMMAND           tells QEMU's monitor
//   quit                             ends the machine's program
import dgram from 'node:dgram';
import fs from 'node:fs';
import net from 'node:net';

const port = 7;
const PATIENCE = 60000; // ms: nothing takes longer, however busy this machine is
const guest = process.env.GUEST;
const [mode, ...args] = process.argv.slice(2);
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

function fail(text) {
    console.error(text);
    process.exit(1);
}

// Bytes that differ from connection to connection.
function pattern(size, seed) {
    const bytes = Buffer.alloc(size);
    for (let i = 0; i < size; i++) bytes[i] = (i * 7 + (i >> 8) + seed) & 255;
    bytes[0] = 0; // is no command
    return bytes;
}

// Sends, ends, and collects the answer.
function exchange(host, bytes) {
    return new Promise((done, failed) => {
        const answer = [];
        const socket = net.connect({ host, port }, () => socket.end(bytes));
        socket.on('data', (data) => answer.push(data));
        socket.on('end', () => done(Buffer.concat(answer)));
        socket.on('error', failed);
    });
}

async function echo(count, size, atOnce, host = guest) {
    let next = 0;
    async function run() {
        while (next < count) {
            const bytes = pattern(size, next++);
            if (!(await exchange(host, bytes)).equals(bytes)) fail('what came back differs');
        }
    }
    await Promise.all(Array.from({ length: atOnce }, run));
}

function connect() {
    return new Promise((done, failed) => {
        const socket = net.connect({ host: guest, port }, () => done(socket));
        socket.on('error', failed);
    });
}

async function reset(count) {
    for (let i = 0; i < count; i++) {
        if (i % 3 === 0) {
            const early = net.connect({ host: guest, port });
            early.on('error', () => {});
            early.resetAndDestroy();
            continue;
        }
        const socket = await connect();
        socket.write(pattern(100000, i));
        if (i % 3 === 1) await new Promise((done) => socket.once('data', done));
        socket.resetAndDestroy();
    }
}

// What the promise gives, or a failure that says what did not happen.
async function patiently(promise, what) {
    const timer = setTimeout(() => fail(`${what} within ${PATIENCE / 1000} s`), PATIENCE);
    const result = await promise;
    clearTimeout(timer);
    return result;
}

// A connection that the machine has promised not to read from; null if it had no memory for it.
async function hoggingConnection(name) {
    const socket = await patiently(connect().catch(() => null), `${name} is neither made nor refused`);
    if (!socket) return null;
    socket.on('error', () => {});
    const answered = new Promise((done) => { socket.once('data', done).once('close', done); });
    socket.write('hog');
    await patiently(answered, `${name} stands, but is neither answered nor closed`);
    return socket;
}

// The machine says so, or cannot even do that.
async function untilMemoryIsUsedUp() {
    for (let most = 0, grown = performance.now(), silent = 0; silent < 3;) {
        const [, used, limit] = (await askMemory()) ?? [];
        silent = limit ? 0 : silent + 1;
        if (used > most) {
            most = used;
            grown = performance.now();
        }
        if (used >= 0.7 * limit) return;
        if (performance.now() - grown > PATIENCE) fail(`only ${most} of ${limit} pages are used, and no more`);
        await sleep(20);
    }
}

async function hog(count) {
    const sockets = [];
    for (let i = 0; i < count; i++) {
        const socket = await hoggingConnection(`connection ${i} of ${count}`);
        if (socket) sockets.push(socket);
    }
    for (const socket of sockets) socket.write(Buffer.alloc(4 << 20));
    await untilMemoryIsUsedUp();
    for (const socket of sockets) socket.resetAndDestroy();
}

// How many connections to the machine have asked again and are not made: of those, Linux's table has state 2.
function askedAgain() {
    const rows = fs.readFileSync('/proc/net/tcp', 'utf8').trim().split('\n').slice(1).map((row) => row.trim().split(/\s+/));
    return rows.filter(([, , peer, state, , , again]) => peer.endsWith(':0007') && state === '02' && +`0x${again}` > 0).length;
}

async function crowd(count, first, size) {
    const made = new Set(), answers = [];
    let answered = 0;
    for (let i = 0; i < count; i++) {
        const bytes = pattern(size, i), got = [];
        answers.push(new Promise((done, failed) => {
            const socket = net.connect({ host: guest, port }, () => { made.add(i); socket.end(bytes); });
            socket.on('data', (data) => { answered = 1; got.push(data); });
            socket.on('end', () => (Buffer.concat(got).equals(bytes) ? done() : failed(new Error(`answer ${i} differs`))));
            socket.on('error', failed);
        }));
    }
    for (const begin = performance.now(); made.size < first; await sleep(10))
        if (performance.now() - begin > PATIENCE) fail(`only ${made.size} connections are made`);
    for (const begin = performance.now(); askedAgain() < count - first && !answered; await sleep(10))
        if (performance.now() - begin > PATIENCE) fail(`only ${askedAgain()} of the others have asked again`);
    if (!answered && made.size !== first) fail(`${made.size} connections are made, not ${first}`);
    if (answered) fail('the program did not compute for long enough');
    await Promise.all(answers);
}

// One request to a server of files, which then ends the connection. Returns how many bytes came.
function askOnce(host, localPort) {
    return new Promise((done, failed) => {
        let got = 0;
        const socket = net.connect({ host, port: 80, localPort }, () =>
            socket.write('GET /1k HTTP/1.1\r\nConnection: close\r\n\r\n'));
        socket.on('data', (data) => { got += data.length; });
        socket.on('close', () => done(got));
        socket.on('error', failed);
    });
}

// The server remembers each connection when the next one begins, which must not even cost a second try: that would come
// after a second, where a busy machine is late only now and then. This side is ready for it when the last acknowledgement
// has come.
async function again(count) {
    let late = 0;
    for (let i = 0, begin = performance.now(); i < count; begin = performance.now()) {
        const size = await askOnce(guest, 45678).catch((error) => {
            if (error.code !== 'EADDRNOTAVAIL') throw error;
        });
        if (size !== undefined && size <= 1024) fail(`connection ${i} gave ${size} bytes`);
        if (performance.now() - begin > 900) late++;
        if (size) i++;
    }
    if (late > count / 20) fail(`${late} of ${count} connections took a second try`);
}

async function udp(count, size) {
    const socket = dgram.createSocket('udp4');
    for (let i = 0; i < count; i++) {
        const bytes = pattern(size, i);
        const answer = new Promise((done) => socket.once('message', done));
        socket.send(bytes, port, guest);
        if (!(await answer).equals(bytes)) fail('a datagram came back changed');
    }
    socket.close();
}

// What the machine says of its memory: [objects, pages, limit]; null if it cannot answer now.
async function askMemory() {
    const answer = await Promise.race([exchange(guest, 'memory').catch(() => null), sleep(1000)]);
    return answer?.length ? answer.toString().split(' ').map(Number) : null;
}

async function memory() {
    let last = '';
    for (const begin = performance.now(); performance.now() - begin < PATIENCE;) {
        const now = (await askMemory())?.join(' ') ?? '';
        if (now && now === last) break;
        last = now;
        await sleep(250);
    }
    console.log(last);
}

async function wait() {
    for (let i = 0; i < 200; i++) {
        const answer = await Promise.race([exchange(guest, pattern(1, 0)).catch(() => null), sleep(500)]);
        if (answer) return;
        await sleep(50);
    }
    fail('the machine does not answer');
}

async function quit() {
    const socket = await connect();
    await new Promise((done) => socket.write('quit', done));
}

// RFC 2131, by broadcast, since the client has no address yet that ARP could find.
function dhcp() {
    const server = dgram.createSocket('udp4');
    const option = (code, ...bytes) => [code, bytes.length, ...bytes];
    server.on('message', (request) => {
        const type = request[242]; // lwIP puts it first
        if (type !== 1 && type !== 3) return;
        const reply = Buffer.alloc(300);
        request.copy(reply, 0, 0, 44);
        reply[0] = 2;
        reply.set([10, 0, 2, 15], 16);
        reply.set([99, 130, 83, 99, ...option(53, type === 1 ? 2 : 5), ...option(54, 10, 0, 2, 2),
            ...option(51, 0, 0, 14, 16), ...option(1, 255, 255, 255, 0), ...option(3, 10, 0, 2, 2), 255], 236);
        server.send(reply, 68, '10.0.2.255');
    });
    server.bind(67, () => server.setBroadcast(true));
}

async function patient(text = 'before') {
    const socket = await connect();
    const echo = (text) => new Promise((done) => {
        socket.once('data', (data) => (data.toString() === text ? done() : fail('something else came back')));
        socket.write(text);
    });
    await echo(text);
    console.log('on');
    await new Promise((done) => process.stdin.once('data', done));
    await echo('after');
}

async function outlive() {
    const socket = await connect();
    const end = new Promise((done, failed) => { socket.resume().on('end', done).on('error', failed); });
    console.log('on');
    await Promise.race([end, sleep(PATIENCE).then(() => fail('the connection does not end'))]);
}

function monitor(path, command) {
    return new Promise((done) => {
        const socket = net.connect(path, () => socket.write(`${command}\n`));
        let seen = '';
        socket.on('data', (data) => {
            seen += data;
            if (seen.split('(qemu)').length > 2) done(); // the prompt after the command
        });
    });
}

const modes = {
    dhcp, wait, memory, outlive,
    patient: () => patient(args[0]),
    monitor: () => monitor(args[0], args[1]),
    echo: () => echo(+args[0], +args[1], +args[2], args[3]),
    reset: () => reset(+args[0]),
    hog: () => hog(+args[0]),
    again: () => again(+args[0]),
    crowd: () => crowd(+args[0], +args[1], +args[2]),
    udp: () => udp(+args[0], +args[1]),
    quit,
};
await modes[mode]();
if (mode !== 'dhcp') process.exit(0);
