// cri.mjs SOCKET HANDLER LOGS CGROUP: a pod through the Kubernetes runtime interface, as kubelet would make it: a server in
// a machine, an ordinary side-car and programs that end. Prints what it sees, one fact a line; fails at the first
// call that does.
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { forward } from './forward.mjs';

const [socket, handler, logs, cgroup] = process.argv.slice(2);
const file = fileURLToPath(new URL('cri.proto', import.meta.url));
const definition = loader.loadSync(file, { keepCase: true, longs: Number, enums: String, defaults: true });
const { RuntimeService } = grpc.loadPackageDefinition(definition).runtime.v1;
const client = new RuntimeService(`unix://${socket}`, grpc.credentials.createInsecure());

const call = (method, request) => new Promise((resolve, reject) =>
    client[method](request, { deadline: Date.now() + 120000 }, (error, answer) =>
        error ? reject(new Error(`${method}: ${error.message}`)) : resolve(answer)));

// Asks until the answer is as wanted, for a minute.
async function until(wanted, ask) {
    const end = Date.now() + 60000;
    for (;;) {
        const answer = await ask().catch(error => ({ error }));
        if (!answer.error && wanted(answer)) return answer;
        if (Date.now() > end) throw answer.error ?? new Error(`still ${JSON.stringify(answer)}`);
        await new Promise(resolve => setTimeout(resolve, 50));
    }
}

const annotations = { 'dev.mewz.memory': '32MiB' };
const pod = {
    metadata: { name: 'pod', uid: 'uid1', namespace: 'default', attempt: 0 }, hostname: 'pod-host',
    log_directory: logs, annotations, linux: { cgroup_parent: cgroup },
};
const { pod_sandbox_id } = await call('RunPodSandbox', { config: pod, runtime_handler: handler });
const { status: { network: { ip, additional_ips: [{ ip: ip6 }] } } } = await call('PodSandboxStatus', { pod_sandbox_id });

async function start(name, image, more = {}) {
    const config = { metadata: { name, attempt: 0 }, image: { image }, log_path: `${name}.log`, annotations, ...more };
    const { container_id } = await call('CreateContainer', { pod_sandbox_id, config, sandbox_config: pod });
    await call('StartContainer', { container_id });
    return container_id;
}
const status = async container_id => (await call('ContainerStatus', { container_id })).status;
const ended = id => until(answer => answer.state === 'CONTAINER_EXITED', () => status(id));

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
console.log(`asked ${(await status(second)).exit_code} ${readFileSync(`${logs}/second.log`, 'utf8').includes('asked to end')}`);

const side = await start('side', 'localhost/box:1', { command: ['/bin/busybox', 'sh', '-c', 'echo side; exit 3'] });
console.log(`side ${(await ended(side)).exit_code} ${readFileSync(`${logs}/side.log`, 'utf8').includes('stdout F side')}`);

const facts = await start('facts', 'localhost/facts:1', { args: ['environment'], envs: [{ key: 'FLAVOUR', value: 'salt' }] });
console.log(`facts ${(await ended(facts)).exit_code} ${readFileSync(`${logs}/facts.log`, 'utf8').includes('stdout F FLAVOUR=salt')}`);

// A config map as kubelet lays it out, and one of the files that containerd mounts into every container.
const map = `${logs}/map`;
mkdirSync(`${map}/..first`, { recursive: true });
writeFileSync(`${map}/..first/key`, 'value\n');
symlinkSync('..first', `${map}/..data`);
symlinkSync('..data/key', `${map}/key`);
const mounts = [{ container_path: '/etc/config', host_path: map, readonly: true }];
const config = await start('config', 'localhost/volumes:1', { args: ['show', '/etc/config', 'key'], mounts });
console.log(`config ${(await ended(config)).exit_code} ${readFileSync(`${logs}/config.log`, 'utf8').includes('stdout F value')}`);
const host = await start('host', 'localhost/volumes:1', { args: ['show', '/etc', 'hostname'] });
console.log(`host ${(await ended(host)).exit_code} ${readFileSync(`${logs}/host.log`, 'utf8').includes('stdout F pod-host')}`);

const { stats } = await call('ContainerStats', { container_id: server });
console.log(`stats ${stats.memory.working_set_bytes.value > 1 << 20} ${stats.cpu.usage_core_nano_seconds.value > 0}`);

await call('StopContainer', { container_id: server, timeout: 5 });
const end = await status(server);
console.log(`stopped ${end.state} ${end.exit_code}`);
for (const container_id of [server, second, side, facts, config, host]) await call('RemoveContainer', { container_id });
await call('StopPodSandbox', { pod_sandbox_id });
await call('RemovePodSandbox', { pod_sandbox_id });
console.log('removed');
client.close();
