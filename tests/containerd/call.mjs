// call.mjs SOCKET METHOD FIELD...: one call of a shim, over ttrpc, for methods that ctr has no command for. A field of the
// request is NUMBER=TEXT, or NUMBER:VALUE for a number. Prints "ok", or the error's code and message; exits with 1 then.
import { connect } from 'node:net';

const [socket, method, ...fields] = process.argv.slice(2);

const varint = number => {
    const bytes = [];
    for (; number > 127; number >>>= 7) bytes.push((number & 127) | 128);
    return Buffer.from([...bytes, number]);
};
const bytesField = (number, bytes) => Buffer.concat([varint(number << 3 | 2), varint(bytes.length), bytes]);
const field = text => {
    const [, number, kind, value] = /^(\d+)([=:])(.*)$/s.exec(text);
    return kind === ':' ? Buffer.concat([varint(number << 3), varint(Number(value))]) : bytesField(number, Buffer.from(value));
};
// `2={...}` is Any's value, field 2, where it stands for resources.
const payload = Buffer.concat(fields.map(text => text.startsWith('2={')
    ? bytesField(2, bytesField(2, Buffer.from(text.slice(2)))) : field(text)));
const request = Buffer.concat([
    bytesField(1, Buffer.from('containerd.task.v2.Task')), bytesField(2, Buffer.from(method)), bytesField(3, payload)]);
const header = Buffer.alloc(10);
header.writeUInt32BE(request.length, 0);
header.writeUInt32BE(1, 4);
header[8] = 1;

let answer = Buffer.alloc(0);
const client = connect(socket, () => client.write(Buffer.concat([header, request])));
client.on('data', bytes => {
    answer = Buffer.concat([answer, bytes]);
    if (answer.length < 10 || answer.length < 10 + answer.readUInt32BE(0)) return;
    const failed = answer[10] === 0x0a; // the response's status
    console.log(failed ? answer.subarray(12).toString().replace(/[^ -~]/g, ' ') : 'ok');
    process.exit(failed ? 1 : 0);
});
client.on('error', error => { console.log(error.message); process.exit(2); });
