import { beforeAll, describe, expect, it } from 'vitest';
import { apiClient, type Ask } from '../support/api-client.ts';
import { MemoryClusters } from '../support/memory-clusters.ts';
import { Model } from '../support/model.ts';

type Json = Record<string, unknown>;

const SCHEMA = {
  type: 'object',
  properties: { spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
};

function definition(schema: Json, changes: Json = {}, version: Json = {}): Json {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'widgets', kind: 'Widget' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema }, ...version }],
      ...changes,
    },
  };
}

function problemsOf(object: Json): string[] {
  let found: string[] = [];
  new Model().do((api) => {
    const result = api.create(object as never);
    const message = result.ok ? '' : result.error.message.replace(/^.*? is invalid: /, '');
    found = message.startsWith('[') ? message.slice(1, -1).split(/, (?=(?:spec|status|metadata)\b)/) : [message];
  });
  return found.map((text) => text.replace('spec.versions[0].schema.openAPIV3Schema', 'SCHEMA'));
}

const inSpec = (schema: Json) => ({ type: 'object', properties: { spec: schema } });

/** Cases of apiextensions-apiserver/pkg/apiserver/schema/validation_test.go and pkg/apis/apiextensions/validation. */
const SCHEMAS: readonly [sentence: string, schema: Json, problems: string[]][] = [
  ['a structural one is accepted', SCHEMA, ['']],
  ['the root has a type', { properties: {} }, ['SCHEMA.type: Required value: must not be empty at the root']],
  [
    'the root is an object',
    { type: 'array', items: { type: 'string' } },
    ['SCHEMA.type: Invalid value: "array": must be object at the root'],
  ],
  [
    'every field has a type',
    inSpec({}),
    ['SCHEMA.properties[spec].type: Required value: must not be empty for specified object fields'],
  ],
  [
    'every item has a type',
    inSpec({ type: 'array', items: {} }),
    ['SCHEMA.properties[spec].items.type: Required value: must not be empty for specified array items'],
  ],
  ['a list has items', inSpec({ type: 'array' }), ['SCHEMA.properties[spec].items: Required value: must be specified']],
  [
    'integers or strings need no type',
    inSpec({ 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] }),
    [''],
  ],
  [
    '… also below allOf',
    inSpec({ 'x-kubernetes-int-or-string': true, allOf: [{ anyOf: [{ type: 'integer' }, { type: 'string' }] }] }),
    [''],
  ],
  ['what may be anything needs no type', inSpec({ 'x-kubernetes-preserve-unknown-fields': true }), ['']],
  [
    'a condition says no types',
    inSpec({ type: 'string', anyOf: [{ type: 'string' }] }),
    ['SCHEMA.properties[spec].anyOf[0].type: Forbidden: must be empty to be structural'],
  ],
  [
    'a condition has no defaults and no descriptions',
    inSpec({ type: 'string', not: { default: 'x', description: 'y', nullable: true } }),
    [
      'SCHEMA.properties[spec].not.default: Forbidden: must be undefined to be structural',
      'SCHEMA.properties[spec].not.description: Forbidden: must be empty to be structural',
      'SCHEMA.properties[spec].not.nullable: Forbidden: must be false to be structural',
    ],
  ],
  [
    'the root has no other properties',
    { type: 'object', additionalProperties: { type: 'string' } },
    ['SCHEMA.additionalProperties: Forbidden: must not be used at the root'],
  ],
  [
    'fields and other fields exclude each other',
    inSpec({ type: 'object', properties: { a: { type: 'string' } }, additionalProperties: { type: 'string' } }),
    [
      'SCHEMA.properties[spec].additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive',
    ],
  ],
  [
    'metadata has rules for names alone',
    { type: 'object', properties: { metadata: { type: 'object', properties: { labels: { type: 'object' } } } } },
    [
      'SCHEMA.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified',
    ],
  ],
  [
    'lists of unique items cost too much',
    inSpec({ type: 'array', items: { type: 'string' }, uniqueItems: true }),
    [
      'SCHEMA.properties[spec].uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
    ],
  ],
  [
    'a map of items has keys',
    inSpec({ type: 'array', items: { type: 'object' }, 'x-kubernetes-list-type': 'map' }),
    [
      'SCHEMA.properties[spec].x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map',
    ],
  ],
  [
    'keys are fields, required or with a default',
    inSpec({
      type: 'array',
      items: { type: 'object', properties: { a: { type: 'string' } } },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['a', 'b'],
    }),
    [
      'SCHEMA.properties[spec].items.properties[a].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
      'SCHEMA.properties[spec].x-kubernetes-list-map-keys[1]: Invalid value: "b": entries must all be names of item properties',
    ],
  ],
  [
    'an embedded object is an object and says what is in it',
    inSpec({ type: 'object', 'x-kubernetes-embedded-resource': true }),
    [
      'SCHEMA.properties[spec].properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
    ],
  ],
  [
    'unknown fields are kept or not mentioned',
    inSpec({ type: 'object', 'x-kubernetes-preserve-unknown-fields': false }),
    ['SCHEMA.properties[spec].x-kubernetes-preserve-unknown-fields: Invalid value: false: must be true or undefined'],
  ],
  [
    'a default fits its schema',
    inSpec({ type: 'object', properties: { n: { type: 'integer', default: 'x' } } }),
    [
      'SCHEMA.properties[spec].properties[n].default: Invalid value: "string":  in body must be of type integer: "string"',
    ],
  ],
];

describe('the schema of a definition', () => {
  it.each(SCHEMAS)('%s', (_sentence, schema, problems) => {
    expect(problemsOf(definition(schema))).toEqual(problems);
  });
});

const DEFINITIONS: readonly [sentence: string, changes: Json, version: Json, problem: string][] = [
  [
    'a plural is lower case',
    { names: { plural: 'Widgets', kind: 'Widget' } },
    {},
    'spec.names.plural: Invalid value: "Widgets": a DNS-1035 label must consist of',
  ],
  [
    'a kind may have mixed case',
    { names: { plural: 'widgets', kind: 'Wid get' } },
    {},
    'spec.names.kind: Invalid value: "Wid get": may have mixed case, but should otherwise match: a DNS-1035 label',
  ],
  [
    'kind and listKind differ',
    { names: { plural: 'widgets', kind: 'Widget', listKind: 'Widget' } },
    {},
    'spec.names.listKind: Invalid value: "Widget": kind and listKind may not be the same',
  ],
  ['one version is stored', {}, { storage: false }, 'must have exactly one version marked as storage version'],
  [
    'a group has a dot',
    { group: 'example' },
    {},
    'spec.group: Invalid value: "example": should be a domain with at least one dot',
  ],
  [
    'there are two scopes',
    { scope: 'Global' },
    {},
    'spec.scope: Unsupported value: "Global": supported values: "Cluster", "Namespaced"',
  ],
  [
    'conversion is None or by a webhook',
    { conversion: { strategy: 'Magic' } },
    {},
    'spec.conversion.strategy: Unsupported value: "Magic": supported values: "None", "Webhook"',
  ],
  [
    'unknown fields are not kept everywhere',
    { preserveUnknownFields: true },
    {},
    'spec.preserveUnknownFields: Invalid value: true: must be false',
  ],
  [
    'what is scaled is in the spec',
    {},
    { subresources: { scale: { specReplicasPath: '.status.n', statusReplicasPath: '.status.n' } } },
    'scale.specReplicasPath: Invalid value: ".status.n": should be a json path under .spec',
  ],
  [
    'a column has a type',
    {},
    { additionalPrinterColumns: [{ name: 'A', type: 'text', jsonPath: '.a' }] },
    'additionalPrinterColumns[0].type: Invalid value: "text": must be one of integer,number,string,boolean,date',
  ],
];

describe('a definition', () => {
  it.each(DEFINITIONS)('%s', (_sentence, changes, version, problem) => {
    expect(problemsOf(definition(SCHEMA, changes, version)).join(', ')).toContain(problem);
  });

  it('keeps the versions in which objects are stored', () => {
    const model = new Model();
    const [first] = model.create(definition(SCHEMA) as never);
    let message = '';
    model.do((api) => {
      const stored = api.byUid(first?.metadata.uid ?? '') as never as { spec: { versions: Json[] } };
      const versions = [{ ...stored.spec.versions[0], name: 'v2' }];
      const result = api.update({ ...stored, spec: { ...stored.spec, versions } } as never);
      if (!result.ok) message = result.error.message;
    });
    expect(message).toContain('status.storedVersions[0]: Invalid value: "v1": missing from spec.versions');
  });
});

const FIELDS = {
  when: { type: 'string', format: 'date-time' },
  tags: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
  ports: {
    type: 'array',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['port', 'protocol'],
    items: {
      type: 'object',
      required: ['port'],
      properties: { port: { type: 'integer' }, protocol: { type: 'string', default: 'TCP' } },
    },
  },
  size: { 'x-kubernetes-int-or-string': true },
  object: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
};

const OBJECTS: readonly [sentence: string, spec: Json, message: string][] = [
  [
    'a time is one',
    { when: 'tomorrow' },
    'spec.when: Invalid value: "tomorrow": spec.when in body must be of type date-time: "tomorrow"',
  ],
  ['a set has everything once', { tags: ['a', 'b', 'a'] }, 'spec.tags[2]: Duplicate value: "a"'],
  [
    'a map has every key once, defaults included',
    { ports: [{ port: 80 }, { port: 80, protocol: 'TCP' }, { port: 80, protocol: 'UDP' }] },
    'spec.ports[1]: Duplicate value: {"port":80,"protocol":"TCP"}',
  ],
  [
    'a size is an integer or a string',
    { size: 1.5 },
    'spec.size: Invalid value: "number": spec.size in body must be of type integer,string: "number"',
  ],
  [
    'an embedded object says what it is',
    { object: { kind: 'P od' } },
    'spec.object.apiVersion: Required value: must not be empty',
  ],
];

describe('an object of a custom kind', () => {
  const NAMED = { type: 'object', properties: { name: { type: 'string', maxLength: 8 } } };
  const create = (spec: Json, name = 'one') => {
    const model = new Model();
    model.create(
      definition({
        type: 'object',
        properties: { metadata: NAMED, ...inSpec({ type: 'object', properties: FIELDS }).properties },
      }) as never,
    );
    model.create({ apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name }, spec });
  };

  it.each(OBJECTS)('%s', (_sentence, spec, message) => {
    expect(() => create(spec)).toThrow(message);
  });

  it('is accepted where it fits', () => {
    expect(() =>
      create({
        when: '2026-01-01T00:00:00Z',
        tags: ['a', 'b'],
        ports: [{ port: 80 }, { port: 80, protocol: 'UDP' }],
        size: '5%',
        object: { apiVersion: 'v1', kind: 'Pod', anything: 1 },
      }),
    ).not.toThrow();
  });

  it('has a name that its schema may restrict', () => {
    expect(() => create({}, 'much-too-long')).toThrow('metadata.name: Too long');
  });
});

describe('the types of definitions and custom objects', () => {
  let ask: Ask;
  beforeAll(async () => {
    const clusters = new MemoryClusters();
    const columns = { additionalPrinterColumns: [{ name: 'Size', type: 'string', jsonPath: '.spec.size' }] };
    const cluster = clusters.add();
    cluster.create(
      definition(
        inSpec({ type: 'object', properties: FIELDS }),
        {},
        { ...columns, subresources: { status: {} } },
      ) as never,
    );
    cluster.create({
      apiVersion: 'example.com/v1',
      kind: 'Widget',
      metadata: { name: 'one' },
      spec: { size: 3 },
    });
    ({ ask } = await apiClient(clusters));
  });

  it('lead from one to the other', async () => {
    const { data, errors } = await ask(`{ cluster {
      customResourceDefinitions { nodes { name group definedKind plural scope established storedVersions
        versions { name served storage hasStatus hasScale printerColumns { name type jsonPath priority } }
        objects { nodes { name ... on OtherObject { spec namespace { name } definition { name } } } } } }
    } }`);
    expect(errors).toBeUndefined();
    expect((data as any).cluster.customResourceDefinitions.nodes).toEqual([
      {
        name: 'widgets.example.com',
        group: 'example.com',
        definedKind: 'Widget',
        plural: 'widgets',
        scope: 'Namespaced',
        established: true,
        storedVersions: ['v1'],
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            hasStatus: true,
            hasScale: false,
            printerColumns: [{ name: 'Size', type: 'string', jsonPath: '.spec.size', priority: 0 }],
          },
        ],
        objects: {
          nodes: [
            {
              name: 'one',
              spec: { size: 3 },
              namespace: { name: 'default' },
              definition: { name: 'widgets.example.com' },
            },
          ],
        },
      },
    ]);
  });
});
