import { builder } from '../../api/builder.ts';
import type { ApiContext } from '../../api/context.ts';
import type { Handle } from '../../api/handle.ts';
import { KubeObjectInterface, kubeRef } from '../../api/refs.ts';
import { MASKED_TEXT, mayReadSecret } from '../../api/viewer.ts';
import { ConfigMap } from '../configmap/types.ts';
import { Secret } from '../secret/types.ts';
import { Service } from '../service/types.ts';
import { environmentOf, expandWords, type Environment, type Variable } from './environment.ts';
import { ContainerType, type ContainerSource } from './graphql-probe.ts';
import { Pod } from './types.ts';

/** The most variables of one container that are shown. */
export const MAX_VARIABLES = 1000;

interface VariableSource {
  container: ContainerSource;
  variable: Variable;
}

const VariableOriginEnum = builder.enumType('EnvironmentVariableOrigin', {
  description: 'Where an environment variable comes from.',
  values: {
    LITERAL: { description: 'Written out in the container; `$(NAME)` in it stands for variables before it.' },
    CONFIG_MAP: { description: 'A key of a ConfigMap.' },
    SECRET: { description: 'A key of a Secret.' },
    FIELD: { description: 'A field of the pod.' },
    RESOURCE: { description: 'What a container asks for or may use.' },
    FILE: { description: 'A key in a file that another container of the pod has written into an emptyDir.' },
    SERVICE: { description: 'A Service that was there when the container started.' },
  } as const,
});

const EnvironmentVariableType = builder.objectRef<VariableSource>('EnvironmentVariable').implement({
  description: 'A variable that the process of a container sees. It is fixed when the container starts.',
  fields: (t) => ({
    name: t.string({
      description: 'Its name, with the prefix it was given.',
      resolve: ({ variable }) => variable.name,
    }),
    value: t.string({
      nullable: true,
      description: 'Its value, with `$(NAME)` put in; null where it is masked or cannot be made.',
      resolve: ({ container, variable }, _args, context) =>
        isMasked(container, variable, context) ? null : variable.value,
    }),
    masked: t.boolean({
      description: 'Its value comes from a Secret, by itself or through other variables, and is kept from view.',
      resolve: ({ container, variable }, _args, context) => isMasked(container, variable, context),
    }),
    origin: t.field({
      type: VariableOriginEnum,
      description: 'What kind of source it comes from.',
      resolve: ({ variable }) => variable.origin.type,
    }),
    from: t.field({
      type: KubeObjectInterface,
      nullable: true,
      description: 'The ConfigMap, Secret or Service it comes from, as it is now; null where that is gone.',
      resolve: ({ container: { pod }, variable }) => objectOf(pod, variable),
    }),
    fromName: t.string({
      nullable: true,
      description: 'The name of that object; for a file that of its volume.',
      resolve: ({ variable: { origin } }) => ('name' in origin ? origin.name : null),
    }),
    key: t.string({
      nullable: true,
      description: 'The key in the ConfigMap, Secret or file, the path of the field, or the resource ("limits.cpu").',
      resolve: ({ variable }) => keyOf(variable),
    }),
    problem: t.string({
      nullable: true,
      description: 'Why it cannot be made: what keeps the container from being created.',
      resolve: ({ variable }) => variable.problem,
    }),
  }),
});

function objectOf(pod: ContainerSource['pod'], { origin }: Variable): Handle | null {
  const { namespace } = pod.object.metadata;
  switch (origin.type) {
    case 'CONFIG_MAP':
      return pod.find(ConfigMap, namespace, origin.name);
    case 'SECRET':
      return pod.find(Secret, namespace, origin.name);
    case 'SERVICE':
      return pod.find(Service, origin.namespace, origin.name);
    default:
      return null;
  }
}

function keyOf({ origin }: Variable): string | null {
  if (origin.type === 'FIELD') return origin.path;
  if (origin.type === 'RESOURCE') return origin.resource;
  return 'key' in origin ? origin.key : null;
}

/** Of the containers of one answer, of which several fields may be asked. */
const environments = new WeakMap<ContainerSource, Environment>();

function environmentOfContainer(source: ContainerSource): Environment {
  const known = environments.get(source);
  if (known) return known;
  const { pod, container } = source;
  const environment = environmentOf(pod.view, pod.object, container);
  environments.set(source, environment);
  return environment;
}

/** Whether the viewer may see the values of a Secret of a container's namespace. */
function mayRead({ pod }: ContainerSource, secret: string, context: ApiContext): boolean {
  return mayReadSecret(context, pod.scope, pod.object.metadata.namespace, secret);
}

/** Whether a value is made of a Secret that the viewer may not see. */
function isMasked(container: ContainerSource, { secrets }: Variable, context: ApiContext): boolean {
  return !secrets.every((secret) => mayRead(container, secret, context));
}

function wordsOf(source: ContainerSource, words: readonly string[] | undefined, context: ApiContext): string[] {
  if (!words?.some((word) => word.includes('$'))) return [...(words ?? [])];
  return expandWords(words, environmentOfContainer(source), MASKED_TEXT, (secret) => mayRead(source, secret, context));
}

builder.objectFields(ContainerType, (t) => ({
  env: t.field({
    type: [EnvironmentVariableType],
    description:
      'The variables its process sees: those it sets itself in their order, then those of Services. While it runs they are those it was started with; before its first start, those it would get now. At most 1000.',
    extensions: { listSize: MAX_VARIABLES },
    args: {
      origins: t.arg({ type: [VariableOriginEnum], description: 'Only those that come from these kinds of sources.' }),
    },
    resolve: (container, { origins }) =>
      environmentOfContainer(container)
        .variables.filter(({ origin }) => !origins || origins.includes(origin.type))
        .slice(0, MAX_VARIABLES)
        .map((variable) => ({ container, variable })),
  }),
  command: t.stringList({
    description:
      "Its command with `$(NAME)` put in, as its process gets it; empty for the image's own. What comes from a Secret is masked.",
    resolve: (source, _args, context) => wordsOf(source, source.container.command, context),
  }),
  args: t.stringList({
    description:
      "Its arguments with `$(NAME)` put in, as its process gets them; empty for the image's own. What comes from a Secret is masked.",
    resolve: (source, _args, context) => wordsOf(source, source.container.args, context),
  }),
}));

builder.objectField(kubeRef(Pod), 'imagePullSecrets', (t) =>
  t.field({
    type: [kubeRef(Secret)],
    description: 'The Secrets its images are pulled with; those that are not there are left out.',
    resolve: (pod) => {
      const { metadata, spec } = pod.object;
      return (spec.imagePullSecrets ?? []).flatMap(({ name }) => pod.find(Secret, metadata.namespace, name) ?? []);
    },
  }),
);
