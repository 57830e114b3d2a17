import { decodeBase64, utf8Text } from '../../machinery/base64.ts';
import type { ClusterView } from '../../machinery/cluster-view.ts';
import { expandVariables } from '../../machinery/variable-expansion.ts';
import { Node } from '../node/types.ts';
import type { ResourceReference } from './downward-api.ts';
import {
  fieldValue,
  isChangingField,
  liveConfiguration,
  rememberedConfiguration,
  type Configuration,
  type FileReference,
} from './environment-sources.ts';
import type { RememberedEnvironment } from './runtime.ts';
import { serviceVariables } from './service-variables.ts';
import type { Container, Pod } from './types.ts';

/**
 * The environment of a container's process: variables of ConfigMaps and Secrets taken whole, then those the container
 * lists (each of which may use what stands before it), then those of Services that are not set otherwise.
 * Source: pkg/kubelet/kubelet_pods.go (makeEnvironmentVariables).
 */

/** Where a variable comes from. */
export type VariableOrigin =
  | { type: 'LITERAL' }
  | { type: 'CONFIG_MAP' | 'SECRET'; name: string; key: string }
  | { type: 'FIELD'; path: string }
  | { type: 'RESOURCE'; resource: string }
  | { type: 'FILE'; name: string; key: string }
  | { type: 'SERVICE'; namespace: string; name: string };

export interface Variable {
  name: string;
  /** Undefined where it cannot be made: see `problem`. */
  value: string | undefined;
  origin: VariableOrigin;
  /** The names of the Secrets that its value is made of, by itself or by expansion. */
  secrets: readonly string[];
  /** Why it cannot be made, in the kubelet's words. */
  problem?: string;
}

export interface Environment {
  variables: readonly Variable[];
  /** Why the container cannot be created; undefined when it can. */
  problem?: string;
  /** What the values depend on that may change while the container runs; undefined when nothing does. */
  remembered?: RememberedEnvironment;
}

type ListedVariable = NonNullable<Container['env']>[number];
type Source = NonNullable<ListedVariable['valueFrom']>;

const NO_SECRETS: readonly string[] = [];
/** What the names of variables about Services look like. */
const SERVICE_VARIABLE = /_(?:SERVICE_HOST|SERVICE_PORT|PORT)(?:_|$)/;

/** The environment a container would get if it were started now. */
export function newEnvironment(view: ClusterView, pod: Pod, container: Container, nowMs: number): Environment {
  return new EnvironmentMaker(view, pod, container, liveConfiguration(view, pod, container), nowMs).make();
}

/** A variable by its name. */
export type VariableLookUp = (name: string) => Variable | undefined;

/** The variables of the same environment one by one; those of Services are worked out only when one is asked for. */
export function lookUpVariables(view: ClusterView, pod: Pod, container: Container, nowMs: number): VariableLookUp {
  return new EnvironmentMaker(view, pod, container, liveConfiguration(view, pod, container), nowMs).lookUp();
}

/** Whether a container can be created, and what is to be remembered of its start. Costs nothing without references. */
export function prepareEnvironment(
  view: ClusterView,
  pod: Pod,
  container: Container,
): Pick<Environment, 'problem' | 'remembered'> {
  if (!container.envFrom?.length && !container.env?.some(isReference)) return {};
  return new EnvironmentMaker(view, pod, container, liveConfiguration(view, pod, container), view.now).prepare();
}

function isReference({ valueFrom }: ListedVariable): boolean {
  if (!valueFrom) return false;
  return !valueFrom.fieldRef || isChangingField(valueFrom.fieldRef.fieldPath);
}

/**
 * The environment of the process that a container runs or ran last, as it was when that started; what it would get now
 * for a container that was never started.
 */
export function environmentOf(view: ClusterView, pod: Pod, container: Container): Environment {
  const state = pod.runtime?.containers?.[container.name];
  if (!state || state.starts === 0) return newEnvironment(view, pod, container, view.now);
  const { step, last, environment } = state;
  const startMs = step.step === 'running' || step.step === 'exited' ? step.since : (last?.since ?? view.now);
  return new EnvironmentMaker(view, pod, container, rememberedConfiguration(environment), startMs).make();
}

class EnvironmentMaker {
  private readonly view: ClusterView;
  private readonly pod: Pod;
  private readonly container: Container;
  private readonly configuration: Configuration;
  private readonly node: Node | undefined;
  private readonly variables = new Map<string, Variable>();
  private readonly startMs: number;
  private knownServices: Map<string, Variable> | undefined;
  private problem: string | undefined;

  constructor(view: ClusterView, pod: Pod, container: Container, configuration: Configuration, startMs: number) {
    this.view = view;
    this.pod = pod;
    this.container = container;
    this.configuration = configuration;
    this.startMs = startMs;
    this.node = pod.spec.nodeName === undefined ? undefined : view.get(Node, undefined, pod.spec.nodeName);
  }

  make(): Environment {
    this.takeOwn();
    for (const [name, variable] of this.services) if (!this.variables.has(name)) this.variables.set(name, variable);
    return { variables: [...this.variables.values()], ...this.outcome() };
  }

  lookUp(): VariableLookUp {
    this.takeOwn();
    return (name) => this.variables.get(name) ?? (SERVICE_VARIABLE.test(name) ? this.services.get(name) : undefined);
  }

  private takeOwn(): void {
    for (const source of this.container.envFrom ?? []) this.takeAll(source);
    for (const variable of this.container.env ?? []) this.take(variable);
  }

  private get services(): ReadonlyMap<string, Variable> {
    if (this.knownServices) return this.knownServices;
    this.knownServices = new Map();
    const { metadata, spec } = this.pod;
    const told = serviceVariables(this.view, metadata.namespace ?? '', spec.enableServiceLinks ?? true, this.startMs);
    for (const { name, value, service } of told) {
      this.knownServices.set(name, { name, value, origin: { type: 'SERVICE', ...service }, secrets: NO_SECRETS });
    }
    return this.knownServices;
  }

  /** Looks at references alone: words that are written out can neither fail nor change. */
  prepare(): Pick<Environment, 'problem' | 'remembered'> {
    for (const source of this.container.envFrom ?? []) this.takeAll(source);
    for (const { name, valueFrom } of this.container.env ?? []) if (valueFrom) this.takeFrom(name, valueFrom);
    return this.outcome();
  }

  private outcome(): Pick<Environment, 'problem' | 'remembered'> {
    const outcome: Pick<Environment, 'problem' | 'remembered'> = {};
    if (this.problem !== undefined) outcome.problem = this.problem;
    const remembered = this.configuration.remembered();
    if (remembered) outcome.remembered = remembered;
    return outcome;
  }

  private takeAll({ prefix = '', configMapRef, secretRef }: NonNullable<Container['envFrom']>[number]): void {
    const reference = configMapRef ?? secretRef;
    if (!reference?.name) return;
    const type = configMapRef ? 'CONFIG_MAP' : 'SECRET';
    const values = this.configuration.all(type, reference.name);
    if (!values) {
      if (!reference.optional) this.problem ??= notFound(type, reference.name);
      return;
    }
    const secrets = type === 'SECRET' ? [reference.name] : NO_SECRETS;
    for (const key of Object.keys(values).sort()) {
      const origin = { type, name: reference.name, key } as const;
      this.set({ name: prefix + key, value: textOf(type, values[key] ?? ''), origin, secrets });
    }
  }

  private take({ name, value, valueFrom }: ListedVariable): void {
    if (value || !valueFrom) {
      const used = new Set<string>();
      const expanded = expandVariables(value ?? '', (other) => {
        const variable = this.variables.get(other) ?? this.services.get(other);
        for (const secret of variable?.secrets ?? NO_SECRETS) used.add(secret);
        return variable?.value;
      });
      const secrets = used.size > 0 ? [...used] : NO_SECRETS;
      this.set({ name, value: expanded, origin: { type: 'LITERAL' }, secrets });
    } else {
      this.takeFrom(name, valueFrom);
    }
  }

  private takeFrom(name: string, source: Source): void {
    const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = source;
    if (fieldRef) this.takeField(name, fieldRef.fieldPath);
    else if (resourceFieldRef) this.takeResource(name, resourceFieldRef);
    else if (configMapKeyRef) this.takeKey(name, 'CONFIG_MAP', configMapKeyRef);
    else if (secretKeyRef) this.takeKey(name, 'SECRET', secretKeyRef);
    else if (fileKeyRef) this.takeFile(name, fileKeyRef);
  }

  private takeFile(name: string, reference: FileReference): void {
    const { volumeName, path, key, optional } = reference;
    const origin = { type: 'FILE' as const, name: volumeName, key };
    const { value, problem } = this.configuration.file(reference);
    if (value !== undefined) this.set({ name, value, origin, secrets: NO_SECRETS });
    else if (problem !== undefined) this.fail(name, origin, problem);
    else if (!optional) {
      const file = `/var/lib/kubelet/pods/${this.pod.metadata.uid}/volumes/kubernetes.io~empty-dir/${volumeName}/${path}`;
      this.fail(name, origin, `environment variable key "${key}" not found in file "${file}"`);
    }
  }

  private takeField(name: string, path: string): void {
    const value = this.configuration.field(path) ?? fieldValue(this.pod, this.node, path);
    this.set({ name, value, origin: { type: 'FIELD', path }, secrets: NO_SECRETS });
  }

  private takeResource(name: string, reference: ResourceReference): void {
    const value = this.configuration.resource(reference, this.node);
    const origin = { type: 'RESOURCE' as const, resource: reference.resource };
    if (value !== undefined) this.set({ name, value, origin, secrets: NO_SECRETS });
    else this.fail(name, origin, `container ${reference.containerName} not found`);
  }

  private takeKey(
    name: string,
    type: 'CONFIG_MAP' | 'SECRET',
    { name: object = '', key, optional }: { name?: string; key: string; optional?: boolean },
  ): void {
    const origin = { type, name: object, key };
    const answer = this.configuration.key(type, object, key);
    if (answer.found) {
      const secrets = type === 'SECRET' ? [object] : NO_SECRETS;
      this.set({ name, value: textOf(type, answer.value), origin, secrets });
    } else if (!optional) {
      const { namespace } = this.pod.metadata;
      const title = type === 'SECRET' ? 'Secret' : 'ConfigMap';
      const missingKey = `couldn't find key ${key} in ${title} ${namespace}/${object}`;
      this.fail(name, origin, answer.hasObject ? missingKey : notFound(type, object));
    }
  }

  private fail(name: string, origin: VariableOrigin, problem: string): void {
    this.problem ??= problem;
    this.set({ name, value: undefined, origin, secrets: NO_SECRETS, problem });
  }

  /** A variable that is set again stands where it is set last. */
  private set(variable: Variable): void {
    this.variables.delete(variable.name);
    this.variables.set(variable.name, variable);
  }
}

function notFound(type: 'CONFIG_MAP' | 'SECRET', name: string): string {
  return `${type === 'SECRET' ? 'secret' : 'configmap'} ${JSON.stringify(name)} not found`;
}

function textOf(type: 'CONFIG_MAP' | 'SECRET', stored: string): string {
  if (type === 'CONFIG_MAP') return stored;
  const decoded = decodeBase64(stored);
  return decoded.ok ? utf8Text(decoded.bytes) : '';
}

/**
 * The words of a command or of arguments with the variables of an environment put in. `mask` stands in the place of what
 * comes from a Secret that `mayRead` refuses. Source: pkg/kubelet/container/helpers.go (ExpandContainerCommandAndArgs).
 */
export function expandWords(
  words: readonly string[] | undefined,
  { variables }: Environment,
  mask: string,
  mayRead: (secret: string) => boolean,
): string[] {
  const values = new Map(variables.map((variable) => [variable.name, variable]));
  return expandWith(words, (name) => values.get(name), mask, mayRead);
}

/** The same with variables that are looked up one by one. */
export function expandWith(
  words: readonly string[] | undefined,
  lookUp: VariableLookUp,
  mask: string,
  mayRead: (secret: string) => boolean,
): string[] {
  return (words ?? []).map((word) =>
    expandVariables(word, (name) => {
      const variable = lookUp(name);
      return variable && !variable.secrets.every(mayRead) ? mask : variable?.value;
    }),
  );
}

/** Whether variables stand in the command line of a container. */
export function usesVariables({ command, args }: Container): boolean {
  return [command, args].some((words) => words?.some((word) => word.includes('$(')) ?? false);
}
