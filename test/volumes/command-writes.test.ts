import { describe, expect, it } from 'vitest';
import { commandWrites } from '../../src/controllers/kubelet/command-plan.ts';
import { kubeletModel, podManifest, podNamed, statusOf } from '../kubelet/support.ts';
import { all, read } from './support.ts';

const sh = (script: string) => commandWrites({ command: ['sh', '-c', script] });

describe('what a command certainly writes', () => {
  it.each([
    ['echo hello > /data/a', [['/data/a', 'hello\n', 0]]],
    ['echo -n "hello there" > a', [['a', 'hello there', 0]]],
    ["printf 'one\\ntwo\\n' >> /a", [['/a', 'one\ntwo\n', 0, 'append']]],
    [
      'touch /ready && sleep 5; echo done > /end',
      [
        ['/ready', '', 0, 'append'],
        ['/end', 'done\n', 5000],
      ],
    ],
    ['echo a > /a; exec nginx', [['/a', 'a\n', 0]]],
    ['echo a > /a; while true; do date >> /b; sleep 1; done', [['/a', 'a\n', 0]]],
    ['sleep infinity; echo never > /a', []],
    ['false && echo no > /a', []],
    ['echo $HOSTNAME > /a', []],
    ['echo `date` > /a', []],
    ['echo a | tee /a', []],
    ['echo "a > b"', []],
    ['cat /etc/hosts', []],
  ])('%s', (script, writes) => {
    expect(
      sh(script).map(({ path, content, afterMs, append }) => [path, content, afterMs, ...(append ? ['append'] : [])]),
    ).toEqual(writes);
  });

  it('needs no shell', () => {
    expect(commandWrites({ command: ['touch', '/ready'] })).toHaveLength(1);
    expect(commandWrites({ args: ['touch', '/ready'] })).toEqual([]);
  });
});

const pod = (containers: string, more = '') =>
  podManifest(`
  restartPolicy: Never
  volumes: [{name: shared, emptyDir: {}}, {name: host, hostPath: {path: /srv}}]
  ${more}
  containers: [${containers}]`);

const MOUNTS = 'volumeMounts: [{name: shared, mountPath: /shared}, {name: host, mountPath: /host}]';

describe('containers that write files by their command', () => {
  it('leave them to those that share the volume', () => {
    const model = kubeletModel();
    model.create(
      pod(
        `{name: web, image: 'app:1', command: [sleep, infinity], ${MOUNTS}}, {name: other, image: 'app:1', command: [sh, -c], args: ['echo Hello from the other container > /shared/index.html'], ${MOUNTS}}`,
        `initContainers: [{name: prepare, image: 'app:1', command: [sh, -c, 'echo ready > /shared/ready; echo own > /own; echo kept >> /host/log'], ${MOUNTS}}]`,
      ),
    );
    model.run(30_000);
    expect(all(model, 'web')).toEqual([
      '/host/log=kept\n',
      '/shared/index.html=Hello from the other container\n',
      '/shared/ready=ready\n',
    ]);
    const copy = model.restarted();
    expect(copy.versions).toEqual([]);
    expect(all(copy, 'web')).toEqual(all(model, 'web'));
  });

  it('leave what comes after a pause when they have ended', () => {
    const model = kubeletModel();
    model.create(
      pod(
        `{name: web, image: 'app:1', command: [sleep, infinity], ${MOUNTS}}, {name: other, image: 'app:1', command: [sh, -c, 'echo 1 > /shared/a; sleep 60; echo 2 >> /shared/a'], ${MOUNTS}}`,
      ),
    );
    model.run(30_000);
    expect(read(model, 'web', '/shared/a')).toBe('1\n');
    model.run(60_000);
    expect(read(model, 'web', '/shared/a')).toBe('1\n2\n');
  });

  it('write into their own file system what is theirs alone, and anew each time they start', () => {
    const model = kubeletModel();
    model.create(
      podManifest(`
  containers: [{name: web, image: 'app:1', workingDir: /srv, env: [{name: WHO, value: me}], command: [sh, -c, 'echo $(WHO) >> note; sleep 20']}]`),
    );
    model.run(10_000);
    expect(read(model, 'web', '/srv/note')).toBe('me\n');
    model.run(20_000);
    expect(podNamed(model)?.status.containerStatuses?.[0]?.restartCount).toBe(1);
    expect(read(model, 'web', '/srv/note')).toBe('me\n');
  });

  it('leave out what cannot be written', () => {
    const model = kubeletModel();
    model.create(
      podManifest(`
  volumes: [{name: shared, emptyDir: {}}]
  containers:
  - name: web
    image: 'app:1'
    securityContext: {readOnlyRootFilesystem: true}
    volumeMounts: [{name: shared, mountPath: /shared, readOnly: true}]
    command: [sh, -c, 'echo a > /shared/a; echo b > /own; echo c > /etc/hosts; echo d > /dev/null; sleep 1000']`),
    );
    model.run(10_000);
    expect(statusOf(model)).toBe('Running');
    expect(all(model, 'web')).toEqual([]);
  });
});
