// habits.mjs SOCKET HANDLER LOGS CGROUP: what users of Kubernetes are used to, beyond a pod that runs. Prints what it sees, one
// fact a line.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { attach } from './streaming.mjs';
import { call, connect, disconnect, makePod, refusal, until } from './kubelet.mjs';

const [socket, handler, logs, cgroup] = process.argv.slice(2);
connect(socket);
const own = { namespace_options: { pid: 'CONTAINER' } };
const folder = (name, mode = 0o755) => {
    mkdirSync(`${logs}/${name}`, { recursive: true });
    chmodSync(`${logs}/${name}`, mode);
    return `${logs}/${name}`;
};
const box = (...words) => ({ command: ['/bin/busybox', ...words] });
const volume = (container_path, host_path, readonly = false) => ({ mounts: [{ container_path, host_path, readonly }] });

const pod = await makePod('habits', handler, logs,
    { linux: { cgroup_parent: cgroup, sysctls: { 'net.ipv4.ip_unprivileged_port_start': '77' } } });

// A config map: kubelet exchanges the link ..data when it changes, and the program sees it.
const map = folder('map');
const write = (version, text) => {
    mkdirSync(`${map}/..${version}`);
    writeFileSync(`${map}/..${version}/key`, text);
    symlinkSync(`..${version}`, `${map}/..data_tmp`);
    renameSync(`${map}/..data_tmp`, `${map}/..data`);
};
write(1, 'old');
symlinkSync('..data/key', `${map}/key`);
const watcher = await pod.start('watch', 'localhost/volumes:1',
    { args: ['watch', '/etc/config', 'key', 'newest'], ...volume('/etc/config', map, true) });
await until(text => text.includes(' old'), async () => pod.log('watch'));
write(2, 'newest');
console.log(`config map ${(await pod.ended(watcher)).exit_code} ${pod.log('watch').includes(' newest')}`);

writeFileSync(`${logs}/message`, '');
await pod.run('message', 'localhost/volumes:1',
    { args: ['write', '/dev', 'termination-log', 'why'], ...volume('/dev/termination-log', `${logs}/message`) });
console.log(`termination message ${readFileSync(`${logs}/message`, 'utf8')}`);

const user = { linux: { security_context: { run_as_user: { value: 1234 }, readonly_rootfs: true, supplemental_groups: [4321] } } };
const open = folder('open', 0o777);
await pod.run('user', 'localhost/volumes:1', { args: ['write', '/data', 'file', 'text'], ...volume('/data', open), ...user });
console.log(`user ${statSync(`${open}/file`).uid}`);
const fixed = await pod.run('fixed', 'localhost/volumes:1', { args: ['write', '/', 'file', 'text'], ...user });
console.log(`read-only ${fixed.includes('Read-only file system')}`);
console.log(`sysctl ${await pod.run('sysctl', 'localhost/box:1', box('cat', '/proc/sys/net/ipv4/ip_unprivileged_port_start'))}`);

// An emptyDir of memory counts for who fills it.
const memory = folder('memory');
execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=300m', 'none', memory]);
const filler = await pod.start('filler', 'localhost/volumes:1',
    { args: ['fill', '/data'], linux: { resources: { memory_limit_in_bytes: 136 << 20 } }, ...volume('/data', memory) });
const { exit_code, reason } = await pod.ended(filler);
execFileSync('umount', [memory]);
console.log(`memory ${exit_code} ${reason}`);

const server = await pod.start('server', 'localhost/pods:1', { args: ['serve', '80', 'text'],
    linux: { resources: { memory_limit_in_bytes: 160 << 20 }, security_context: own },
    annotations: { ...pod.annotations, 'dev.mewz.stop': 'stdin' } });
console.log(`localhost ${await pod.run('side', 'localhost/box:1', box('nc', '-w', '30', '127.0.0.1', '80'))}`);
const typed = await pod.start('typed', 'localhost/streams:1', { stdin: true });
const { url } = await call('Attach', { container_id: typed, stdin: true, stdout: true, stderr: true });
console.log(`attach ${await attach(url, 'typed in\n')} ${pod.log('typed').includes('typed in')}`);
await call('StopContainer', { container_id: typed, timeout: 60 });
console.log(`exec ${(await refusal('ExecSync', { container_id: server, cmd: ['/bin/sh'] })).includes('a machine runs one program')}`);
await call('UpdateContainerResources', { container_id: server, linux: { memory_limit_in_bytes: 200 << 20 } });

// kubectl debug --target: an ordinary container that sees the processes of the machine's, and none of the host's.
const seen = await pod.run('debug', 'localhost/box:1', { ...box('ps'),
    linux: { security_context: { namespace_options: { pid: 'TARGET', target_id: server } } } });
console.log(`debug ${seen.includes('qemu')} ${seen.includes('habits.mjs')}`);
await call('StopContainer', { container_id: server, timeout: 60 });
console.log(`stopped ${(await pod.status(server)).exit_code}`);
await pod.remove();

// hostNetwork: for ordinary containers, and for machines that have no use for it.
const hostPod = await makePod('host', handler, logs,
    { linux: { cgroup_parent: cgroup, security_context: { namespace_options: { network: 'NODE' }, privileged: true } } });
console.log(`host network ${(await hostPod.run('box', 'localhost/box:1', box('ip', 'address'))).includes('pods0')}`);
console.log(`without sockets ${await hostPod.run('hello', 'localhost/hello:1')}`);
console.log(`privileged ${await hostPod.run('privileged', 'localhost/hello:1', { linux: { security_context: { privileged: true } } })}`);
const refused = await hostPod.create('server', 'localhost/pods:1', { args: ['serve', '80', 'text'] });
console.log(`with sockets ${(await refusal('StartContainer', { container_id: refused })).includes('without hostNetwork')}`);
await hostPod.remove();
console.log('removed');
disconnect();
