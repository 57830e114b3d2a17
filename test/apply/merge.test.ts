import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { apply, conflictMessage, recordUpdate } from '../../src/machinery/apply/managed-fields.ts';
import type { ManagedFieldsEntry } from '../../src/machinery/object.ts';
import { kubernetesSchema } from '../../src/machinery/schema/kubernetes-schema.ts';
import type { StructNode } from '../../src/machinery/schema/schema-node.ts';

type Tree = Record<string, unknown>;

/** One object and its managers, written to by appliers and updaters; the cases are those of structured-merge-diff. */
class Shared {
  object: Tree = {};
  entries: readonly ManagedFieldsEntry[] = [];
  private readonly schema: StructNode;
  private readonly apiVersion: string;
  private now = 0;

  constructor(apiVersion: string, kind: string) {
    const schema = kubernetesSchema(apiVersion, kind);
    if (!schema) throw new Error(`no schema of ${kind}`);
    this.schema = schema;
    this.apiVersion = apiVersion;
  }

  /** Answers the sentence about conflicts, or nothing. */
  apply(manager: string, text: string, force = false): string | undefined {
    const result = apply(this.object, parse(text) as Tree, this.entries, this.ownership(manager), force);
    if (!result.ok) return conflictMessage(result.conflicts);
    this.object = result.value.object;
    this.entries = result.value.managedFields;
    return undefined;
  }

  update(manager: string, text: string): void {
    const next = parse(text) as Tree;
    this.entries = recordUpdate(this.object, next, this.entries, this.ownership(manager));
    this.object = next;
  }

  fields(manager: string): unknown {
    return this.entries.find((entry) => entry.manager === manager)?.fieldsV1;
  }

  private ownership(manager: string) {
    return { schema: this.schema, apiVersion: this.apiVersion, manager, now: (this.now += 1000) };
  }
}

const deployment = () => new Shared('apps/v1', 'Deployment');
const pod = () => new Shared('v1', 'Pod');
const configMap = () => new Shared('v1', 'ConfigMap');

describe('an applier', () => {
  it('owns what it sets and nothing else', () => {
    const shared = deployment();
    shared.apply(
      'me',
      'metadata: {name: web, labels: {app: web}}\nspec: {replicas: 3, template: {spec: {containers: [{name: a, image: x, ports: [{containerPort: 80}]}]}}}',
    );
    expect(shared.fields('me')).toEqual({
      'f:metadata': { 'f:labels': { 'f:app': {} } },
      'f:spec': {
        'f:replicas': {},
        'f:template': {
          'f:spec': {
            'f:containers': {
              'k:{"name":"a"}': {
                '.': {},
                'f:name': {},
                'f:image': {},
                'f:ports': {
                  'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} },
                },
              },
            },
          },
        },
      },
    });
  });

  it('removes what it no longer sets', () => {
    const shared = configMap();
    shared.apply('me', 'data: {a: "1", b: "2"}');
    shared.apply('me', 'data: {b: "2"}');
    expect(shared.object).toEqual({ data: { b: '2' } });
  });

  it('leaves a field that another applier sets as well', () => {
    const shared = configMap();
    shared.apply('me', 'data: {a: "1", b: "2"}');
    shared.apply('you', 'data: {a: "1"}');
    shared.apply('me', 'data: {b: "2"}');
    expect(shared.object).toEqual({ data: { a: '1', b: '2' } });
    shared.apply('you', 'data: {c: "3"}');
    expect(shared.object).toEqual({ data: { b: '2', c: '3' } });
  });

  it('removes its last label and leaves the rest of metadata', () => {
    const shared = configMap();
    shared.apply('me', 'metadata: {name: c, labels: {a: "1"}}');
    shared.apply('me', 'metadata: {name: c}');
    expect(shared.object).toEqual({ metadata: { name: 'c' } });
  });

  it('leaves what updaters have added', () => {
    const shared = configMap();
    shared.apply('me', 'data: {a: "1"}');
    shared.update('controller', 'data: {a: "1", b: "2"}');
    shared.apply('me', 'data: {a: "9"}');
    expect(shared.object).toEqual({ data: { a: '9', b: '2' } });
  });

  it('leaves a field that nobody owns where it is, and takes it along with the element that holds it', () => {
    const shared = pod();
    shared.apply('me', 'spec: {containers: [{name: a, image: x}, {name: b, image: y}]}');
    shared.object = parse(
      'spec: {restartPolicy: Always, containers: [{name: a, image: x, imagePullPolicy: Always}, {name: b, image: y, imagePullPolicy: Always}]}',
    ) as Tree;
    shared.apply('me', 'spec: {containers: [{name: a, image: z}]}');
    expect(shared.object).toEqual({
      spec: { restartPolicy: 'Always', containers: [{ name: 'a', image: 'z', imagePullPolicy: 'Always' }] },
    });
  });

  it('leaves an element to another applier who sets it too, with the fields that one sets', () => {
    const shared = pod();
    shared.apply('me', 'spec: {containers: [{name: a, image: x}, {name: b, image: y, tty: true}]}');
    shared.apply('you', 'spec: {containers: [{name: b, image: y}]}');
    shared.apply('me', 'spec: {containers: [{name: a, image: x}]}');
    expect(shared.object).toEqual({
      spec: {
        containers: [
          { name: 'a', image: 'x' },
          { name: 'b', image: 'y' },
        ],
      },
    });
  });

  it('keeps its time while it applies the same', () => {
    const shared = configMap();
    shared.apply('me', 'data: {a: "1"}');
    const before = shared.entries;
    shared.apply('me', 'data: {a: "1"}');
    expect(shared.entries).toEqual(before);
  });
});

describe('a list', () => {
  it('with keys is merged element by element, in the order of the configuration', () => {
    const shared = pod();
    shared.apply('me', 'spec: {containers: [{name: a, image: x}, {name: b, image: y}]}');
    shared.update(
      'injector',
      'spec: {containers: [{name: a, image: x}, {name: sidecar, image: s}, {name: b, image: y}]}',
    );
    shared.apply('me', 'spec: {containers: [{name: b, image: y}, {name: c, image: z}, {name: a, image: x}]}');
    const { containers } = shared.object['spec'] as { containers: { name: string }[] };
    expect(containers.map(({ name }) => name)).toEqual(['sidecar', 'b', 'c', 'a']);
  });

  it('with two keys tells ports apart by protocol', () => {
    const shared = new Shared('v1', 'Service');
    shared.apply(
      'me',
      'spec: {ports: [{name: dns, port: 53, protocol: UDP}, {name: dns-tcp, port: 53, protocol: TCP}]}',
    );
    shared.apply(
      'me',
      'spec: {ports: [{name: dns, port: 53, protocol: UDP, targetPort: 5353}, {name: tcp, port: 53}]}',
    );
    expect(shared.object).toEqual({
      spec: {
        ports: [
          { name: 'dns', port: 53, protocol: 'UDP', targetPort: 5353 },
          { name: 'tcp', port: 53 },
        ],
      },
    });
  });

  it('that is atomic is replaced as a whole', () => {
    const shared = pod();
    shared.apply('me', 'spec: {tolerations: [{key: a}, {key: b}]}');
    shared.apply('me', 'spec: {tolerations: [{key: c}]}');
    expect(shared.object).toEqual({ spec: { tolerations: [{ key: 'c' }] } });
    expect(shared.apply('you', 'spec: {tolerations: [{key: d}]}')).toBe(
      'Apply failed with 1 conflict: conflict with "me": .spec.tolerations',
    );
  });

  it('that is a set is shared value by value', () => {
    const shared = configMap();
    shared.apply('me', 'metadata: {finalizers: [a, b]}');
    shared.apply('you', 'metadata: {finalizers: [c]}');
    shared.apply('me', 'metadata: {finalizers: [b]}');
    expect(shared.object).toEqual({ metadata: { finalizers: ['b', 'c'] } });
    expect(shared.fields('me')).toEqual({ 'f:metadata': { 'f:finalizers': { 'v:"b"': {} } } });
  });
});

describe('a map', () => {
  it('that is atomic is owned as a whole: a selector', () => {
    const shared = new Shared('v1', 'Service');
    shared.apply('me', 'spec: {selector: {app: web, tier: front}}');
    shared.apply('me', 'spec: {selector: {app: web}}');
    expect(shared.object).toEqual({ spec: { selector: { app: 'web' } } });
    expect(shared.fields('me')).toEqual({ 'f:spec': { 'f:selector': {} } });
  });

  it('of a struct goes when its last owner lets go: a strategy with its defaults', () => {
    const shared = deployment();
    shared.apply('me', 'spec: {replicas: 1, strategy: {type: RollingUpdate}}');
    shared.object = parse(
      'spec: {replicas: 1, strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 25%}}}',
    ) as Tree;
    shared.apply('me', 'spec: {replicas: 1}');
    expect(shared.object).toEqual({ spec: { replicas: 1 } });
  });

  it('that is empty is a field by itself', () => {
    const shared = pod();
    shared.apply('me', 'spec: {volumes: [{name: tmp, emptyDir: {}}]}');
    shared.apply('me', 'spec: {volumes: [{name: tmp, hostPath: {path: /tmp}}]}');
    expect(shared.object).toEqual({ spec: { volumes: [{ name: 'tmp', hostPath: { path: '/tmp' } }] } });
  });
});

describe('a conflict', () => {
  it('arises when an applier changes what an updater owns, and force takes it over', () => {
    const shared = deployment();
    shared.apply('me', 'spec: {replicas: 3}');
    shared.update('kubectl-scale', 'spec: {replicas: 5}');
    expect(shared.apply('me', 'spec: {replicas: 3}')).toBe(
      'Apply failed with 1 conflict: conflict with "kubectl-scale" using apps/v1: .spec.replicas',
    );
    expect(shared.apply('me', 'spec: {replicas: 3}', true)).toBeUndefined();
    expect(shared.object).toEqual({ spec: { replicas: 3 } });
    expect(shared.entries.map(({ manager, operation }) => `${manager} ${operation}`)).toEqual(['me Apply']);
  });

  it('does not arise over an equal value, which is then owned by both', () => {
    const shared = deployment();
    shared.apply('me', 'spec: {replicas: 3}');
    expect(shared.apply('you', 'spec: {replicas: 3}')).toBeUndefined();
    expect(shared.entries.map(({ manager }) => manager)).toEqual(['me', 'you']);
  });

  it('does not arise when the applier gives the field up', () => {
    const shared = deployment();
    shared.apply('me', 'spec: {replicas: 3, paused: true}');
    shared.update('kubectl-scale', 'spec: {replicas: 5, paused: true}');
    expect(shared.apply('me', 'spec: {paused: true}')).toBeUndefined();
    expect(shared.object).toEqual({ spec: { replicas: 5, paused: true } });
  });

  it('lists several fields by manager', () => {
    const shared = deployment();
    shared.apply('you', 'spec: {replicas: 3, template: {spec: {containers: [{name: a, image: x}]}}}');
    expect(shared.apply('me', 'spec: {replicas: 4, template: {spec: {containers: [{name: a, image: y}]}}}')).toBe(
      'Apply failed with 2 conflicts: conflicts with "you":\n- .spec.replicas\n- .spec.template.spec.containers[name="a"].image',
    );
  });
});

describe('an update', () => {
  it('takes what it changes from every other manager', () => {
    const shared = configMap();
    shared.apply('me', 'data: {a: "1", b: "2"}');
    shared.update('editor', 'data: {a: "1", b: "3"}');
    expect(shared.fields('me')).toEqual({ 'f:data': { 'f:a': {} } });
    expect(shared.fields('editor')).toEqual({ 'f:data': { 'f:b': {} } });
  });

  it('takes a field that it removes from everybody', () => {
    const shared = configMap();
    shared.apply('me', 'data: {a: "1", b: "2"}');
    shared.update('editor', 'data: {a: "1"}');
    expect(shared.fields('me')).toEqual({ 'f:data': { 'f:a': {} } });
    expect(shared.fields('editor')).toBeUndefined();
  });

  it('that changes nothing owns nothing', () => {
    const shared = configMap();
    shared.apply('me', 'data: {a: "1"}');
    const before = shared.entries;
    shared.update('editor', 'data: {a: "1"}');
    expect(shared.entries).toBe(before);
  });
});
