import { describe, expect } from 'vitest';
import { Pod } from '../../src/kinds/pod/types.ts';
import { apply, cluster, found, MINUTE_MS } from './cluster.ts';
import { conformance } from './conformance.ts';

const target = { kindKey: 'Pod', namespace: 'default', name: 'one' };

describe('Ephemeral Containers', () => {
  const POD = `
apiVersion: v1
kind: Pod
metadata: {name: one}
spec: {containers: [{name: c, image: app}]}`;

  conformance('Ephemeral Containers: start one in an existing pod', () => {
    const model = cluster();
    apply(model, POD);
    model.run(MINUTE_MS);
    model.command('debugPod', { target, container: { name: 'debugger', image: 'busybox:1' } });
    model.run(MINUTE_MS);
    const [status] = found(model, Pod, 'one').status.ephemeralContainerStatuses ?? [];
    expect(status?.state?.running).toBeDefined();
  });

  conformance('Ephemeral Containers: update them', () => {
    const model = cluster();
    apply(model, POD);
    model.run(MINUTE_MS);
    for (const name of ['debugger', 'debugger2']) {
      model.command('debugPod', { target, container: { name, image: 'busybox:1' } });
    }
    model.run(MINUTE_MS);
    const { spec, status } = found(model, Pod, 'one');
    expect(spec.ephemeralContainers?.map(({ name }) => name)).toEqual(['debugger', 'debugger2']);
    expect(status.ephemeralContainerStatuses?.every(({ state }) => state?.running)).toBe(true);
  });
});

describe('Container Runtime', () => {
  conformance(
    'Container Runtime: termination message ×4 (from file / log / empty on success / non-default path)',
    () => {
      const rows: [string, string, string | undefined][] = [
        ["'echo -n OK > /dev/termination-log'", 'terminationMessagePolicy: FallbackToLogsOnError', 'OK'],
        ["'echo -n DONE; /bin/false'", 'terminationMessagePolicy: FallbackToLogsOnError', 'DONE'],
        ["'echo -n DONE; /bin/true'", 'terminationMessagePolicy: FallbackToLogsOnError', undefined],
        ["'echo -n DONE > /dev/custom-log'", 'terminationMessagePath: /dev/custom-log', 'DONE'],
      ];
      for (const [script, policy, message] of rows) {
        const model = cluster();
        apply(
          model,
          `
apiVersion: v1
kind: Pod
metadata: {name: one}
spec:
  restartPolicy: Never
  containers: [{name: c, image: app, command: [/bin/sh, -c, ${script}], ${policy}}]`,
        );
        model.run(MINUTE_MS);
        const [status] = found(model, Pod, 'one').status.containerStatuses ?? [];
        expect(status?.state?.terminated?.message).toBe(message);
      }
    },
  );
});
