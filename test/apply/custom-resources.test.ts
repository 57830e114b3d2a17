import { beforeEach, describe, expect, it } from 'vitest';
import { Catalog } from '../../src/api/catalog.ts';
import { customDefinitionOf } from '../../src/kinds/customresourcedefinition/queries.ts';
import { evaluateJsonPath, parseJsonPath } from '../../src/kinds/customresourcedefinition/json-path.ts';
import { CustomResourceDefinition } from '../../src/kinds/customresourcedefinition/types.ts';
import { definitions } from '../../src/kinds/registry.ts';
import type { ApplyManifestData, DocumentResult } from '../../src/machinery/apply/types.ts';
import { parseManifest } from '../../src/manifest/parse-manifest.ts';
import { Model } from '../support/model.ts';

const DEFINITION = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: crontabs.stable.example.com}
spec:
  group: stable.example.com
  scope: Namespaced
  names: {plural: crontabs, singular: crontab, kind: CronTab, shortNames: [ct]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            required: [cronSpec]
            properties:
              cronSpec: {type: string, pattern: '^(\\d+|\\*)(/\\d+)?(\\s+(\\d+|\\*)(/\\d+)?){4}$'}
              image: {type: string, default: busybox}
              replicas: {type: integer, minimum: 1, maximum: 10, default: 1}
              policy: {type: string, enum: [Allow, Forbid]}
              ports:
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [port]
                items: {type: object, required: [port], properties: {port: {type: integer}, name: {type: string}}}
              extra: {type: object, x-kubernetes-preserve-unknown-fields: true}
          status: {type: object, properties: {phase: {type: string}}}
    additionalPrinterColumns:
    - {name: Spec, type: string, jsonPath: .spec.cronSpec}
    - {name: Replicas, type: integer, jsonPath: .spec.replicas}
    - {name: Image, type: string, jsonPath: .spec.image, priority: 1}
    - {name: Age, type: date, jsonPath: .metadata.creationTimestamp}
`;

const cronTab = (spec: string) =>
  `apiVersion: stable.example.com/v1\nkind: CronTab\nmetadata: {name: tab}\nspec: ${spec}\n`;

let model: Model;

beforeEach(() => {
  model = new Model();
  if (model.view.listKey('Namespace').every(({ metadata }) => metadata.name !== 'default')) {
    model.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
  }
});

function apply(text: string, fieldManager = 'me'): readonly DocumentResult[] {
  const outcome = model.command('applyManifest', { documents: parseManifest(text), fieldManager });
  return (outcome.data as ApplyManifestData).documents;
}

function refusal(spec: string): string | undefined {
  return apply(`${DEFINITION}---\n${cronTab(spec)}`)[1]?.errors[0]?.message;
}

const tabs = () => model.view.listKey('CronTab.stable.example.com');

describe('a CustomResourceDefinition', () => {
  it('makes its kind known, also to documents before it, and is established', () => {
    const results = apply(`${cronTab('{cronSpec: "* * * * */5"}')}---\n${DEFINITION}`);
    expect(results.map(({ ref, action }) => `${ref} ${action}`)).toEqual([
      'crontab.stable.example.com/tab CREATED',
      'customresourcedefinition.apiextensions.k8s.io/crontabs.stable.example.com CREATED',
    ]);
    const [definition] = model.view.list(CustomResourceDefinition);
    expect(definition?.status).toMatchObject({
      acceptedNames: { plural: 'crontabs', kind: 'CronTab', listKind: 'CronTabList', shortNames: ['ct'] },
      conditions: [
        { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' },
        { type: 'Established', status: 'True', reason: 'InitialNamesAccepted' },
      ],
      storedVersions: ['v1'],
    });
  });

  it('that is not there leaves its kind unknown', () => {
    expect(apply(cronTab('{}'))[0]?.errors[0]?.message).toBe(
      'no matches for kind "CronTab" in version "stable.example.com/v1"',
    );
  });

  it('changes nothing when applied again or after a restart', () => {
    apply(`${DEFINITION}---\n${cronTab('{cronSpec: "* * * * *"}')}`);
    expect(apply(`${DEFINITION}---\n${cronTab('{cronSpec: "* * * * *"}')}`).map(({ action }) => action)).toEqual([
      'UNCHANGED',
      'UNCHANGED',
    ]);
    expect(model.restarted().versions).toEqual([]);
  });

  it('waits for names that another one has', () => {
    apply(DEFINITION);
    const other = DEFINITION.replaceAll('crontabs', 'tables')
      .replace('kind: CronTab', 'kind: Table')
      .replace('singular: crontab', 'singular: table');
    apply(other);
    const conditions = () => model.view.list(CustomResourceDefinition)[1]?.status.conditions;
    expect(conditions()).toMatchObject([
      { type: 'NamesAccepted', status: 'False', reason: 'ShortNamesConflict', message: '"ct" is already in use' },
      { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' },
    ]);
    model.command('deleteObject', {
      target: { kindKey: 'CustomResourceDefinition', name: 'crontabs.stable.example.com' },
    });
    expect(conditions()).toBeUndefined();
    expect(model.view.list(CustomResourceDefinition)[0]?.status.conditions).toMatchObject([
      { type: 'NamesAccepted', status: 'True' },
      { type: 'Established', status: 'True' },
    ]);
  });

  it('takes its objects along when it is deleted', () => {
    apply(`${DEFINITION}---\n${cronTab('{cronSpec: "* * * * *"}')}`);
    const target = { kindKey: 'CustomResourceDefinition', name: 'crontabs.stable.example.com' };
    model.command('deleteObject', { target });
    expect(tabs()).toEqual([]);
    expect(model.view.list(CustomResourceDefinition)).toEqual([]);
  });

  it('stays until an object that has a finalizer is gone', () => {
    apply(
      `${DEFINITION}---\n${cronTab('{cronSpec: "* * * * *"}').replace('name: tab', 'name: tab, finalizers: [example.com/hold]')}`,
    );
    model.command('deleteObject', {
      target: { kindKey: 'CustomResourceDefinition', name: 'crontabs.stable.example.com' },
    });
    const [definition] = model.view.list(CustomResourceDefinition);
    expect(definition?.metadata.finalizers).toEqual(['customresourcecleanup.apiextensions.k8s.io']);
    expect(definition?.status.conditions?.at(-1)).toMatchObject({ type: 'Terminating', status: 'True' });
    const [tab] = tabs();
    model.do((api) => api.update({ ...tab!, metadata: { ...tab!.metadata, finalizers: [] } }));
    expect(tabs()).toEqual([]);
    expect(model.view.list(CustomResourceDefinition)).toEqual([]);
  });

  it.each([
    [
      'a name that is not plural and group',
      DEFINITION.replace('name: crontabs.', 'name: tabs.'),
      'must be spec.names.plural+"."+spec.group',
    ],
    [
      'no storage version',
      DEFINITION.replace('storage: true', 'storage: false'),
      'must have exactly one version marked as storage version',
    ],
    [
      'no schema',
      DEFINITION.replace('openAPIV3Schema:', 'openAPIV3Schemaa:'),
      'spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required',
    ],
    [
      'a scope that is none',
      DEFINITION.replace('scope: Namespaced', 'scope: Everywhere'),
      'spec.scope: Unsupported value: "Everywhere": supported values: "Cluster", "Namespaced"',
    ],
  ])('is refused with %s', (_, text, sentence) => {
    expect(apply(text)[0]?.errors[0]?.message).toContain(sentence);
  });
});

describe('an object of a custom kind', () => {
  it('gets the defaults of its schema, and they are nobody’s', () => {
    apply(`${DEFINITION}---\n${cronTab('{cronSpec: "* * * * *"}')}`);
    expect(tabs()[0]?.spec).toEqual({ cronSpec: '* * * * *', image: 'busybox', replicas: 1 });
    expect(tabs()[0]?.metadata.managedFields?.[0]?.fieldsV1).toEqual({ 'f:spec': { 'f:cronSpec': {} } });
  });

  it('loses fields that its schema does not have, with a warning, except where the schema keeps them', () => {
    const [, result] = apply(`${DEFINITION}---\n${cronTab('{cronSpec: "* * * * *", imag: x, extra: {any: [1]}}')}`);
    expect(result?.warnings).toEqual(['unknown field "spec.imag"']);
    expect(tabs()[0]?.spec).toMatchObject({ extra: { any: [1] } });
    expect(tabs()[0]?.spec).not.toHaveProperty('imag');
  });

  it('without a spec has none', () => {
    apply(`${DEFINITION}---\n${cronTab('{}').replace('spec: {}', '')}`);
    expect(tabs()[0]).toBeDefined();
    expect(tabs()[0]).not.toHaveProperty('spec');
  });

  it.each([
    [
      'text for a map',
      'soon',
      'CronTab.stable.example.com "tab" is invalid: spec: Invalid value: "string": spec in body must be of type object: "string"',
    ],
    ['a missing field', '{}', 'CronTab.stable.example.com "tab" is invalid: spec.cronSpec: Required value'],
    [
      'a wrong type',
      '{cronSpec: "* * * * *", replicas: many}',
      'CronTab.stable.example.com "tab" is invalid: spec.replicas: Invalid value: "string": spec.replicas in body must be of type integer: "string"',
    ],
    [
      'a number out of bounds',
      '{cronSpec: "* * * * *", replicas: 11}',
      'CronTab.stable.example.com "tab" is invalid: spec.replicas: Invalid value: 11: spec.replicas in body should be less than or equal to 10',
    ],
    [
      'a word that is not allowed',
      '{cronSpec: "* * * * *", policy: Replace}',
      'CronTab.stable.example.com "tab" is invalid: spec.policy: Unsupported value: "Replace": supported values: "Allow", "Forbid"',
    ],
    [
      'a text that does not match',
      '{cronSpec: soon}',
      String.raw`CronTab.stable.example.com "tab" is invalid: spec.cronSpec: Invalid value: "soon": spec.cronSpec in body should match '^(\d+|\*)(/\d+)?(\s+(\d+|\*)(/\d+)?){4}$'`,
    ],
  ])('is refused for %s', (_, spec, sentence) => {
    expect(refusal(spec)).toBe(sentence);
  });

  it('merges lists by the keys of its schema', () => {
    apply(`${DEFINITION}---\n${cronTab('{cronSpec: "* * * * *", ports: [{port: 80, name: http}]}')}`);
    apply(
      'apiVersion: stable.example.com/v1\nkind: CronTab\nmetadata: {name: tab}\nspec: {ports: [{port: 443}]}\n',
      'you',
    );
    expect(tabs()[0]?.spec).toMatchObject({ ports: [{ port: 80, name: 'http' }, { port: 443 }] });
  });

  it('is shown with the columns of its definition', () => {
    apply(`${DEFINITION}---\n${cronTab('{cronSpec: "* * * * *"}')}`);
    model.run(90_000);
    const definition = customDefinitionOf(model.view, 'stable.example.com/v1', 'CronTab');
    const [tab] = tabs();
    expect(definition?.columns?.map(({ name, wide, cell }) => [name, wide ?? false, cell(tab!, model.view)])).toEqual([
      ['SPEC', false, '* * * * *'],
      ['REPLICAS', false, '1'],
      ['IMAGE', true, 'busybox'],
      ['AGE', false, '90s'],
    ]);
  });
});

describe('the names of a custom kind', () => {
  it.each([['CronTab'], ['crontabs'], ['ct'], ['crontab.stable.example.com']])('find its objects: %s', (word) => {
    apply(DEFINITION);
    const catalog = new Catalog(definitions);
    const key = catalog.keyOfWord(word, model.view);
    expect(key).toBe('CronTab.stable.example.com');
    expect(catalog.columns(key, model.view)?.map(({ name }) => name)).toEqual(['SPEC', 'REPLICAS', 'IMAGE', 'AGE']);
    expect(catalog.kind(key, model.view)?.namespaced).toBe(true);
  });
});

describe('a JSONPath of a column', () => {
  const object = {
    metadata: { annotations: { 'example.com/x': 'y' } },
    status: {
      conditions: [
        { type: 'Ready', status: 'True' },
        { type: 'Synced', status: 'False' },
      ],
    },
  };

  it.each([
    ['a member', '.status.conditions[1].type', 'Synced'],
    ['an escaped dot', String.raw`.metadata.annotations.example\.com/x`, 'y'],
    ['a quoted member', ".metadata.annotations['example.com/x']", 'y'],
    ['a filter', '.status.conditions[?(@.type=="Ready")].status', 'True'],
    ['the last element', '.status.conditions[-1].status', 'False'],
    ['every element', '.status.conditions[*].type', 'Ready'],
    ['nothing', '.status.phase', undefined],
  ])('leads to %s', (_, path, expected) => {
    expect(evaluateJsonPath(object, parseJsonPath(path) ?? [])).toBe(expected);
  });

  it('that is none is undefined', () => {
    expect(parseJsonPath('..[')).toBeUndefined();
  });
});
