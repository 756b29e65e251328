// kubelet.mjs: pods through the Kubernetes runtime interface, as kubelet makes them.
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

let client;

export function connect(socket) {
    const file = fileURLToPath(new URL('cri.proto', import.meta.url));
    const definition = loader.loadSync(file, { keepCase: true, longs: Number, enums: String, defaults: true });
    const { RuntimeService } = grpc.loadPackageDefinition(definition).runtime.v1;
    client = new RuntimeService(`unix://${socket}`, grpc.credentials.createInsecure());
}

export const disconnect = () => client.close();

export const call = (method, request) => new Promise((resolve, reject) =>
    client[method](request, { deadline: Date.now() + 120000 }, (error, answer) =>
        error ? reject(new Error(`${method}: ${error.message}`)) : resolve(answer)));

// Why a call is refused.
export const refusal = (method, request) => call(method, request).then(
    answer => { throw new Error(`${method}: not refused: ${JSON.stringify(answer)}`); }, error => error.message);

// Asks until the answer is as wanted, for a minute.
export async function until(wanted, ask) {
    const end = Date.now() + 60000;
    for (;;) {
        const answer = await ask().catch(error => ({ error }));
        if (!answer.error && wanted(answer)) return answer;
        if (Date.now() > end) throw answer.error ?? new Error(`still ${JSON.stringify(answer)}`);
        await new Promise(resolve => setTimeout(resolve, 50));
    }
}

// A pod whose machines have 32 MiB if nothing else is said. `config` is more of its configuration.
export async function makePod(name, handler, logs, config = {}) {
    const annotations = { 'dev.mewz.memory': '32MiB' }, containers = [];
    const pod = {
        metadata: { name, uid: `uid-${name}`, namespace: 'default', attempt: 0 }, hostname: `${name}-host`,
        log_directory: logs, annotations, ...config,
    };
    const { pod_sandbox_id } = await call('RunPodSandbox', { config: pod, runtime_handler: handler });
    const status = async container_id => (await call('ContainerStatus', { container_id })).status;

    async function create(container, image, more = {}) {
        const { container_id } = await call('CreateContainer', {
            pod_sandbox_id, sandbox_config: pod,
            config: { metadata: { name: container, attempt: 0 }, image: { image }, log_path: `${container}.log`, annotations, ...more },
        });
        containers.push(container_id);
        return container_id;
    }
    async function start(...container) {
        const container_id = await create(...container);
        await call('StartContainer', { container_id });
        return container_id;
    }
    const ended = id => until(answer => answer.state === 'CONTAINER_EXITED', () => status(id));
    const log = container => readFileSync(`${logs}/${container}.log`, 'utf8');

    // Runs it to its end: its exit code and what it has said, without the times that containerd writes before it.
    async function run(container, ...more) {
        const { exit_code } = await ended(await start(container, ...more));
        return `${exit_code} ${log(container).replace(/^\S+ (stdout|stderr) [FP] /gm, '').trim()}`;
    }
    async function remove() {
        for (const container_id of containers) await call('RemoveContainer', { container_id });
        await call('StopPodSandbox', { pod_sandbox_id });
        await call('RemovePodSandbox', { pod_sandbox_id });
    }
    return { pod_sandbox_id, annotations, status, create, start, ended, log, run, remove };
}
