import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** One type of the API as the declarations of the models give it: field name → type expression (see generate-schema.ts). */
export interface ModelType {
  id: string;
  /** The name of its compiled validator: "IoK8sApiAppsV1DeploymentSpec". */
  schemaName: string;
  /** Where the validator lies. */
  schemaFolder: string;
  /** `apiVersion` and `kind` when the type is a kind of its own. */
  kind?: { apiVersion: string; kind: string };
  fields: Map<string, string>;
}

const MODULES = fileURLToPath(new URL('../node_modules/', import.meta.url));
const MODELS = join(MODULES, 'kubernetes-models');
const MACHINERY = join(MODULES, '@kubernetes-models', 'apimachinery');

/** Aliases that are no structures. */
const SIMPLE: Record<string, string> = {
  IIoK8sApimachineryPkgApiResourceQuantity: 'quantity',
  IIoK8sApimachineryPkgUtilIntstrIntOrString: 'intOrString',
  IIoK8sApimachineryPkgApisMetaV1Time: 'time',
  IIoK8sApimachineryPkgApisMetaV1MicroTime: 'microTime',
  IIoK8sApimachineryPkgRuntimeRawExtension: 'any',
  IIoK8sApimachineryPkgApisMetaV1FieldsV1: 'any',
  IIoK8sApiextensionsApiserverPkgApisApiextensionsV1JSON: 'any',
  IIoK8sApiextensionsApiserverPkgApisApiextensionsV1JSONSchemaPropsOrArray: 'any',
  IIoK8sApiextensionsApiserverPkgApisApiextensionsV1JSONSchemaPropsOrBool: 'any',
  IIoK8sApiextensionsApiserverPkgApisApiextensionsV1JSONSchemaPropsOrStringArray: 'any',
};

/** Fields whose declarations are spelled out in place. */
const SPELLED_OUT: Record<string, Record<string, string>> = {
  'apps/v1.StatefulSetSpec': { volumeClaimTemplates: '[]v1.PersistentVolumeClaim' },
};

/** Reads every declaration file of the installed models. */
export function readModels(): Map<string, ModelType> {
  const files = [...declarations(MODELS), ...declarations(join(MACHINERY, 'apis'))];
  const texts = new Map(files.map((file) => [file, readFileSync(file, 'utf8')]));
  const idByAlias = new Map<string, string>();
  const typed: { id: string; alias: string; text: string; name: string; file: string }[] = [];
  for (const [file, text] of texts) {
    const match = /export type \{ I(\w+) as (IIo\w+)/.exec(text);
    if (!match?.[1] || !match[2]) continue;
    const id = idOf(file, match[1]);
    idByAlias.set(match[2], id);
    typed.push({ id, alias: match[2], text, name: match[1], file });
  }
  const types = new Map<string, ModelType>();
  for (const { id, alias, text, name, file } of typed) {
    const body = new RegExp(String.raw`export interface I${name}(?: extends TypeMeta)? \{\n([\s\S]*?)\n\}`).exec(
      text,
    )?.[1];
    if (body === undefined) continue;
    const self = new Map([[`I${name}`, id]]);
    const fields = readFields(
      body,
      (reference) => SIMPLE[reference] ?? self.get(reference) ?? idByAlias.get(reference) ?? 'any',
    );
    for (const [field, type] of Object.entries(SPELLED_OUT[id] ?? {})) fields.set(field, type);
    const schemaFolder = join(file.startsWith(MODELS) ? MODELS : MACHINERY, '_schemas');
    const type: ModelType = { id, schemaName: alias.slice(1), schemaFolder, fields };
    const apiVersion = constantOf(body, 'apiVersion');
    const kind = constantOf(body, 'kind');
    if (apiVersion && kind) type.kind = { apiVersion, kind };
    types.set(id, type);
  }
  return types;
}

function declarations(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.d.ts') && !file.includes('_schemas'))
    .sort()
    .map((file) => join(folder, file));
}

/** "apps/v1.DeploymentSpec", "v1.Container", "meta/v1.ObjectMeta". */
function idOf(file: string, name: string): string {
  const folder = file.startsWith(MODELS) ? relative(MODELS, file) : relative(join(MACHINERY, 'apis'), file);
  return `${folder.split('/').slice(0, -1).join('/')}.${name}`;
}

function constantOf(body: string, field: string): string | undefined {
  return new RegExp(`^ {4}"${field}": "([^"]+)";`, 'm').exec(body)?.[1];
}

const FIELD = /^ {4}"([^"]+)"\??: (?:\{\n {8}\[key: string\]: ([^;]+);\n {4}\}|([^;{]+));/gm;

function readFields(body: string, resolve: (reference: string) => string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [, name, element, plain] of body.matchAll(FIELD)) {
    if (!name) continue;
    fields.set(name, element === undefined ? expression(plain ?? '', resolve) : `{}${expression(element, resolve)}`);
  }
  return fields;
}

function expression(text: string, resolve: (reference: string) => string): string {
  const array = /^Array<(.+)>$/.exec(text);
  if (array?.[1]) return `[]${expression(array[1], resolve)}`;
  if (text.startsWith('"') || text === 'string') return 'string';
  if (text === 'number' || text === 'boolean') return text === 'number' ? 'number' : 'bool';
  return resolve(text);
}
