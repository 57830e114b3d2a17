import { describe, expect, it } from 'vitest';
import { Pod } from '../../src/kinds/pod/types.ts';
import { Model } from '../support/model.ts';

function create(spec: string): Pod {
  const model = new Model();
  const [pod] = model.create(`
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  nodeName: nowhere
${spec}`);
  return pod as Pod;
}

/** What the API server answers to a pod with this spec. */
function refusal(spec: string): string {
  try {
    create(spec);
  } catch (error) {
    return (error as Error).message;
  }
  return 'admitted';
}

describe('the defaults of a pod', () => {
  it('are those of the API', () => {
    const { spec } = create(`  containers:
  - {name: web, image: nginx, ports: [{containerPort: 80}], livenessProbe: {httpGet: {port: 80}}}
  volumes: [{name: scratch}, {name: config, configMap: {name: c}}]`);
    expect(spec).toMatchObject({
      restartPolicy: 'Always',
      dnsPolicy: 'ClusterFirst',
      schedulerName: 'default-scheduler',
      terminationGracePeriodSeconds: 30,
      enableServiceLinks: true,
      securityContext: {},
    });
    expect(spec.containers[0]).toEqual({
      name: 'web',
      image: 'nginx',
      imagePullPolicy: 'Always',
      ports: [{ containerPort: 80, protocol: 'TCP' }],
      livenessProbe: {
        httpGet: { port: 80, path: '/', scheme: 'HTTP' },
        timeoutSeconds: 1,
        periodSeconds: 10,
        successThreshold: 1,
        failureThreshold: 3,
      },
      resources: {},
      terminationMessagePath: '/dev/termination-log',
      terminationMessagePolicy: 'File',
    });
    expect(spec.volumes).toEqual([
      { name: 'scratch', emptyDir: {} },
      { name: 'config', configMap: { name: 'c', defaultMode: 420 } },
    ]);
  });

  it.each([
    ['nginx', 'Always'],
    ['nginx:latest', 'Always'],
    ['nginx:1.27', 'IfNotPresent'],
    ['registry.example:5000/nginx', 'Always'],
    ['registry.example:5000/nginx:1', 'IfNotPresent'],
    [`nginx@sha256:${'0'.repeat(64)}`, 'IfNotPresent'],
  ])('pull %s with policy %s', (image, policy) => {
    expect(create(`  containers: [{name: web, image: '${image}'}]`).spec.containers[0]!.imagePullPolicy).toBe(policy);
  });

  it('take requests from limits and write quantities as Kubernetes does', () => {
    const { spec } = create(
      `  containers: [{name: web, image: a, resources: {requests: {cpu: 0.1}, limits: {cpu: '1000m', memory: '1024Mi'}}}]`,
    );
    expect(spec.containers[0]!.resources).toEqual({
      requests: { cpu: '100m', memory: '1Gi' },
      limits: { cpu: '1', memory: '1Gi' },
    });
  });

  it('make container ports host ports on the network of the host', () => {
    const { spec } = create(`  hostNetwork: true
  containers: [{name: web, image: a, ports: [{containerPort: 80}]}]`);
    expect(spec.containers[0]!.ports).toEqual([{ containerPort: 80, hostPort: 80, protocol: 'TCP' }]);
  });
});

describe('the quality of service of a pod', () => {
  it.each([
    ['BestEffort', '{}'],
    ['Burstable', '{requests: {cpu: 1}}'],
    ['Burstable', '{limits: {cpu: 1}}'],
    ['Burstable', '{requests: {cpu: 1, memory: 1Gi}, limits: {cpu: 2, memory: 1Gi}}'],
    ['Guaranteed', '{limits: {cpu: 1, memory: 1Gi}}'],
    ['Guaranteed', '{requests: {cpu: 1000m, memory: 1024Mi}, limits: {cpu: 1, memory: 1Gi}}'],
    ['BestEffort', '{requests: {ephemeral-storage: 1Gi}}'],
  ])('is %s with resources %s', (expected, resources) => {
    const pod = create(`  containers: [{name: web, image: a, resources: ${resources}}]`);
    expect(pod.status.qosClass).toBe(expected);
  });

  it('counts init containers too', () => {
    const pod = create(`  initContainers: [{name: init, image: a}]
  containers: [{name: web, image: a, resources: {limits: {cpu: 1, memory: 1Gi}}}]`);
    expect(pod.status.qosClass).toBe('Burstable');
  });
});

describe('a pod is refused', () => {
  const web = (more: string) => `  containers: [{name: web, image: a${more ? `, ${more}` : ''}}]`;

  it.each<[string, string, string]>([
    ['without containers', '  containers: []', 'spec.containers: Required value'],
    ['without an image', '  containers: [{name: web}]', 'spec.containers[0].image: Required value'],
    ['without a container name', '  containers: [{image: a}]', 'spec.containers[0].name: Required value'],
    [
      'with a container name in capitals',
      '  containers: [{name: Web, image: a}]',
      "spec.containers[0].name: Invalid value: \"Web\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
    ],
    [
      'with two containers of one name',
      '  containers: [{name: web, image: a}, {name: web, image: b}]',
      'spec.containers[1].name: Duplicate value: "web"',
    ],
    [
      'with an init container of the name of a container',
      `  initContainers: [{name: web, image: a}]\n${web('')}`,
      'spec.initContainers[0].name: Duplicate value: "web"',
    ],
    [
      'with an image that ends in a blank',
      "  containers: [{name: web, image: 'a '}]",
      'spec.containers[0].image: Invalid value: "a ": must not have leading or trailing whitespace',
    ],
    [
      'with a pull policy that there is not',
      web('imagePullPolicy: Sometimes'),
      'spec.containers[0].imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"',
    ],
    [
      'with a restart policy that there is not',
      `  restartPolicy: Once\n${web('')}`,
      'spec.restartPolicy: Unsupported value: "Once": supported values: "Always", "OnFailure", "Never"',
    ],
    [
      'with a port out of range',
      web('ports: [{containerPort: 70000}]'),
      'spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
    ],
    [
      'with two ports of one name',
      web('ports: [{name: http, containerPort: 80}, {name: http, containerPort: 81}]'),
      'spec.containers[0].ports[1].name: Duplicate value: "http"',
    ],
    [
      'with a port name of more than 15 characters',
      web('ports: [{name: a-very-long-port-name, containerPort: 80}]'),
      'spec.containers[0].ports[0].name: Invalid value: "a-very-long-port-name": must be no more than 15 characters',
    ],
    [
      'with one host port twice',
      web('ports: [{containerPort: 80, hostPort: 80}, {containerPort: 81, hostPort: 80}]'),
      'spec.containers[0].ports[1].hostPort: Duplicate value: "TCP//80"',
    ],
    [
      'with a request above its limit',
      web('resources: {requests: {cpu: 2}, limits: {cpu: 1}}'),
      'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
    ],
    [
      'with a request for a device that is not its limit',
      web('resources: {requests: {example.com/gpu: 1}, limits: {example.com/gpu: 2}}'),
      'spec.containers[0].resources.requests: Invalid value: "1": must be equal to example.com/gpu limit of 2',
    ],
    [
      'with a mount of a volume that it has not',
      web('volumeMounts: [{name: data, mountPath: /data}]'),
      'spec.containers[0].volumeMounts[0].name: Not found: "data"',
    ],
    [
      'with two mounts at one path',
      `  volumes: [{name: a}, {name: b}]\n${web('volumeMounts: [{name: a, mountPath: /x}, {name: b, mountPath: /x}]')}`,
      'spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/x": must be unique',
    ],
    [
      'with two volumes of one name',
      `  volumes: [{name: a}, {name: a}]\n${web('')}`,
      'spec.volumes[1].name: Duplicate value: "a"',
    ],
    [
      'with a volume of two sources',
      `  volumes: [{name: a, emptyDir: {}, hostPath: {path: /x}}]\n${web('')}`,
      'spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type',
    ],
    [
      'with a probe that has no handler',
      web('livenessProbe: {periodSeconds: 1}'),
      'spec.containers[0].livenessProbe: Required value: must specify a handler type',
    ],
    [
      'with a liveness probe that must pass twice',
      web('livenessProbe: {tcpSocket: {port: 1}, successThreshold: 2}'),
      'spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1',
    ],
    [
      'with a grace period in a readiness probe',
      web('readinessProbe: {tcpSocket: {port: 1}, terminationGracePeriodSeconds: 2}'),
      'spec.containers[0].readinessProbe.terminationGracePeriodSeconds: Invalid value: 2: must not be set for readinessProbes',
    ],
    [
      'with a probe in an init container',
      `  initContainers: [{name: init, image: a, livenessProbe: {tcpSocket: {port: 1}}}]\n${web('')}`,
      'spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
    ],
    [
      'with a variable of two sources',
      web('env: [{name: A, value: x, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]'),
      'spec.containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty',
    ],
    [
      'with a variable from a field that there is not',
      web('env: [{name: A, valueFrom: {fieldRef: {fieldPath: spec.color}}}]'),
      'spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.color": error converting fieldPath: field label not supported: spec.color',
    ],
    [
      'with a toleration that names no key',
      `  tolerations: [{operator: Equal, value: x}]\n${web('')}`,
      'spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"',
    ],
    [
      'with a spread over nothing',
      `  topologySpreadConstraints: [{maxSkew: 0, topologyKey: zone, whenUnsatisfiable: DoNotSchedule}]\n${web('')}`,
      'spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero',
    ],
    [
      'with an affinity to no term',
      `  affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: []}}}\n${web('')}`,
      'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term',
    ],
    [
      'with a deadline of nothing',
      `  activeDeadlineSeconds: 0\n${web('')}`,
      'spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive',
    ],
    [
      'with a sleep longer than its grace',
      web('lifecycle: {preStop: {sleep: {seconds: 31}}}'),
      'spec.containers[0].lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)',
    ],
  ])('%s', (_, spec, words) => {
    expect(refusal(spec)).toBe(`Pod "web" is invalid: ${words}`);
  });

  it('with all its faults in one sentence', () => {
    expect(refusal('  containers: [{name: web}, {image: b}]')).toBe(
      'Pod "web" is invalid: [spec.containers[0].image: Required value, spec.containers[1].name: Required value]',
    );
  });
});

describe('a change of a pod', () => {
  function change(spec: Partial<Pod['spec']>): string {
    const model = new Model();
    model.create(`
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  nodeName: nowhere
  activeDeadlineSeconds: 100
  containers: [{name: web, image: a}]`);
    let answer = 'accepted';
    model.do((api) => {
      const pod = api.get(Pod, 'default', 'web')!;
      const result = api.update({ ...pod, spec: { ...pod.spec, ...spec } });
      if (!result.ok) answer = result.error.message;
    });
    return answer;
  }

  it('may be another image, a nearer deadline, more tolerations', () => {
    expect(change({ containers: [{ name: 'web', image: 'b' }] })).toBe('accepted');
    expect(change({ activeDeadlineSeconds: 50 })).toBe('accepted');
    const added = { key: 'a', operator: 'Exists' as const };
    const defaults = ['not-ready', 'unreachable'].map((name) => ({
      key: `node.kubernetes.io/${name}`,
      operator: 'Exists' as const,
      effect: 'NoExecute' as const,
      tolerationSeconds: 300,
    }));
    expect(change({ tolerations: [...defaults, added] })).toBe('accepted');
  });

  it('may not be anything else', () => {
    const words =
      'Pod "web" is invalid: spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n';
    expect(change({ hostname: 'other' }).startsWith(words)).toBe(true);
    expect(change({ nodeName: 'elsewhere' }).startsWith(words)).toBe(true);
    expect(change({ containers: [{ name: 'web', image: 'a', command: ['x'] }] }).startsWith(words)).toBe(true);
  });

  it.each<[Partial<Pod['spec']>, string]>([
    [
      { activeDeadlineSeconds: 200 },
      'spec.activeDeadlineSeconds: Invalid value: 200: must be less than or equal to previous value',
    ],
    [
      {
        containers: [
          { name: 'web', image: 'a' },
          { name: 'b', image: 'b' },
        ],
      },
      'spec.containers: Forbidden: pod updates may not add or remove containers',
    ],
  ])('%j is refused by name', (spec, words) => {
    expect(change(spec)).toBe(`Pod "web" is invalid: ${words}`);
  });

  it('binds it to a node once', () => {
    const model = new Model();
    model.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web' },
      spec: { containers: [{ name: 'a', image: 'a' }] },
    });
    model.do((api) => {
      const pod = api.get(Pod, 'default', 'web')!;
      expect(api.update({ ...pod, spec: { ...pod.spec, nodeName: 'n' } }).ok).toBe(true);
    });
  });
});
