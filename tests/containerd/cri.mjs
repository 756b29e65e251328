// cri.mjs SOCKET HANDLER LOGS CGROUP: a pod through the Kubernetes runtime interface, as kubelet would make it: a server in
// a machine, an ordinary side-car and programs that end. Prints what it sees, one fact a line; fails at the first
// call that does.
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { forward } from './streaming.mjs';
import { call, connect, disconnect, makePod, until } from './kubelet.mjs';

const [socket, handler, logs, cgroup] = process.argv.slice(2);
connect(socket);
const { pod_sandbox_id, annotations, status, start, ended, log, remove } =
    await makePod('pod', handler, logs, { linux: { cgroup_parent: cgroup } });
const { status: { network: { ip, additional_ips: [{ ip: ip6 }] } } } = await call('PodSandboxStatus', { pod_sandbox_id });

const server = await start('server', 'localhost/files:1');
const page = await until(() => true, async () =>
    execFileSync('curl', ['-s', '-m', '10', '-o', '/dev/null', '-w', '%{http_code}', `http://${ip}/`]).toString());
console.log(`page ${page}`);

// What kubectl port-forward asks for.
const { url } = await call('PortForward', { pod_sandbox_id, port: [80] });
console.log(`forwarded ${(await forward(url, 'GET / HTTP/1.0\r\n\r\n')).split('\r\n')[0]}`);

// A second machine of the pod, at another port, that wants to be asked to end; it has no input otherwise.
const second = await start('second', 'localhost/pods:1',
    { args: ['serve', '81', 'second'], annotations: { ...annotations, 'dev.mewz.stop': 'stdin' } });
const texts = await until(() => true, async () => [ip, `[${ip6}]`].map(address =>
    execFileSync('curl', ['-s', '-m', '10', '--http0.9', `http://${address}:81/`]).toString()));
console.log(`port ${texts.join(' ')}`);
await call('StopContainer', { container_id: second, timeout: 60 });
console.log(`asked ${(await status(second)).exit_code} ${log('second').includes('asked to end')}`);

const side = await start('side', 'localhost/box:1', { command: ['/bin/busybox', 'sh', '-c', 'echo side; exit 3'] });
console.log(`side ${(await ended(side)).exit_code} ${log('side').includes('stdout F side')}`);

const facts = await start('facts', 'localhost/facts:1', { args: ['environment'], envs: [{ key: 'FLAVOUR', value: 'salt' }] });
console.log(`facts ${(await ended(facts)).exit_code} ${log('facts').includes('stdout F FLAVOUR=salt')}`);

// A config map as kubelet lays it out, and one of the files that containerd mounts into every container.
const map = `${logs}/map`;
mkdirSync(`${map}/..first`, { recursive: true });
writeFileSync(`${map}/..first/key`, 'value\n');
symlinkSync('..first', `${map}/..data`);
symlinkSync('..data/key', `${map}/key`);
const mounts = [{ container_path: '/etc/config', host_path: map, readonly: true }];
const config = await start('config', 'localhost/volumes:1', { args: ['show', '/etc/config', 'key'], mounts });
console.log(`config ${(await ended(config)).exit_code} ${log('config').includes('stdout F value')}`);
const host = await start('host', 'localhost/volumes:1', { args: ['show', '/etc', 'hostname'] });
console.log(`host ${(await ended(host)).exit_code} ${log('host').includes('stdout F pod-host')}`);

const { stats } = await call('ContainerStats', { container_id: server });
console.log(`stats ${stats.memory.working_set_bytes.value > 1 << 20} ${stats.cpu.usage_core_nano_seconds.value > 0}`);

await call('StopContainer', { container_id: server, timeout: 5 });
const end = await status(server);
console.log(`stopped ${end.state} ${end.exit_code}`);
await remove();
console.log('removed');
disconnect();
