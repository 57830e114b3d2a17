import { badInput } from '../../api/bad-input.ts';
import { builder } from '../../api/builder.ts';
import type { ApiContext } from '../../api/context.ts';
import type { Handle } from '../../api/handle.ts';
import { KubeObjectInterface } from '../../api/refs.ts';
import { mayReadSecret } from '../../api/viewer.ts';
import { ConfigMap } from '../configmap/types.ts';
import { Secret } from '../secret/types.ts';
import { ServiceAccount } from '../serviceaccount/types.ts';
import { directoryMode, KUBELET_FILES, type FileEntry } from './container-files.ts';
import type { ContainerSource } from './graphql-probe.ts';
import { VolumeType } from './graphql-volume.ts';
import { mountsOf } from './mounts.ts';

/** How many characters of a file one look gives. */
export const MAX_CONTENT = 65_536;

export interface FileSource {
  container: ContainerSource;
  path: string;
  /** Undefined for a directory. */
  entry: FileEntry | undefined;
}

const OriginEnum = builder.enumType('FileOrigin', {
  description: 'Where a file comes from.',
  values: {
    CONTAINER: { description: "The container's own file system: gone when the container is started again." },
    VOLUME: { description: 'Something was written into a volume.' },
    CONFIG_MAP: { description: 'A key of a ConfigMap.' },
    SECRET: { description: 'A key of a Secret.' },
    FIELD: { description: 'A field or a resource of the pod, by the downward API.' },
    TOKEN: { description: 'A token of a ServiceAccount.' },
    KUBELET: { description: 'What the kubelet gives every container: its hosts file, its name, its name server.' },
  } as const,
});

const SOURCES = { ConfigMap: 'CONFIG_MAP', Secret: 'SECRET', Pod: 'FIELD', ServiceAccount: 'TOKEN' } as const;

function originOf({ entry, path }: FileSource) {
  if (entry?.source) return SOURCES[entry.source.kind];
  if (entry?.mount) return 'VOLUME';
  return entry && entry.at === undefined && KUBELET_FILES.includes(path) ? 'KUBELET' : 'CONTAINER';
}

function objectOf({ container: { pod }, entry }: FileSource): Handle | null {
  const { namespace } = pod.object.metadata;
  switch (entry?.source?.kind) {
    case 'ConfigMap':
      return pod.find(ConfigMap, namespace, entry.source.name);
    case 'Secret':
      return pod.find(Secret, namespace, entry.source.name);
    case 'ServiceAccount':
      return pod.find(ServiceAccount, namespace, entry.source.name);
    case 'Pod':
      return pod;
    default:
      return null;
  }
}

/** Whether a file holds what the viewer may not see: a value of a Secret, or a token. */
function isMasked({ container: { pod }, entry }: FileSource, context: ApiContext): boolean {
  const source = entry?.source;
  if (source?.kind !== 'Secret' && source?.kind !== 'ServiceAccount') return false;
  const name = source.kind === 'Secret' ? source.name : `${source.name}-token`;
  return !mayReadSecret(context, pod.scope, pod.object.metadata.namespace, name);
}

const FileTypeEnum = builder.enumType('FileType', {
  description: 'What stands at a path.',
  values: ['FILE', 'DIRECTORY'] as const,
});

export const FileType = builder.objectRef<FileSource>('File').implement({
  description:
    'A file or a directory as a container sees it. The files of its image are not known; the link `..data` in volumes that the kubelet writes is not shown.',
  fields: (t) => ({
    path: t.exposeString('path', { description: 'Its absolute path in the container.' }),
    name: t.string({
      description: 'The last part of the path.',
      resolve: ({ path }) => path.slice(path.lastIndexOf('/') + 1),
    }),
    type: t.field({
      type: FileTypeEnum,
      description: 'A file or a directory.',
      resolve: ({ entry }) => (entry ? 'FILE' : 'DIRECTORY'),
    }),
    size: t.float({ description: 'In bytes; 0 for a directory.', resolve: ({ entry }) => entry?.size ?? 0 }),
    mode: t.string({
      description: 'Its permission bits: "0644".',
      resolve: ({ container: { pod, container }, entry, path }) =>
        (entry?.mode ?? directoryMode(mountsOf(pod.object, container), path)).toString(8).padStart(4, '0'),
    }),
    content: t.string({
      nullable: true,
      description: 'Its text; null for a directory, where it is masked or no text, and where only its size is known.',
      args: {
        offset: t.arg.int({ defaultValue: 0, description: 'How many characters to leave out at the beginning.' }),
        length: t.arg.int({
          defaultValue: MAX_CONTENT,
          description: `How many characters to give, at most ${MAX_CONTENT}.`,
        }),
      },
      resolve: (file, { offset, length }, context) => {
        if (!file.entry || file.entry.binary || isMasked(file, context)) return null;
        return part(file.entry.content, offset, length);
      },
    }),
    contentBase64: t.string({
      nullable: true,
      description: 'What it holds in base64, where it is no text; the first bytes of a long file.',
      resolve: (file, _args, context) => {
        if (!file.entry?.binary || isMasked(file, context)) return null;
        return part(file.entry.content, 0, MAX_CONTENT);
      },
    }),
    masked: t.boolean({
      description: 'It holds a value of a Secret or a token, and is kept from view.',
      resolve: (file, _args, context) => isMasked(file, context),
    }),
    readOnly: t.boolean({
      description: 'Whether the container may not write it.',
      resolve: ({ entry }) => entry?.readOnly ?? false,
    }),
    writtenAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it was written last, for what was written by hand.',
      resolve: ({ entry }) => entry?.at ?? null,
    }),
    origin: t.field({ type: OriginEnum, description: 'Where it comes from.', resolve: originOf }),
    volume: t.field({
      type: VolumeType,
      nullable: true,
      description: "The volume it lies in; null in the container's own file system.",
      resolve: ({ container: { pod }, entry }) => (entry?.mount ? { pod, volume: entry.mount.volume } : null),
    }),
    from: t.field({
      type: KubeObjectInterface,
      nullable: true,
      description: 'The ConfigMap, Secret, ServiceAccount or pod that it is made of, as it is now.',
      resolve: objectOf,
    }),
    fromName: t.string({
      nullable: true,
      description: 'The name of that object.',
      resolve: ({ entry }) => entry?.source?.name,
    }),
    key: t.string({
      nullable: true,
      description: 'The key, the field or the resource that it is made of.',
      resolve: ({ entry }) => entry?.source?.key,
    }),
  }),
});

function part(
  text: string | undefined,
  offset: number | null | undefined,
  length: number | null | undefined,
): string | null {
  const from = offset ?? 0;
  const count = length ?? MAX_CONTENT;
  if (from < 0) throw badInput(`offset must not be negative, not ${from}`);
  if (count < 0 || count > MAX_CONTENT) throw badInput(`length must be between 0 and ${MAX_CONTENT}, not ${count}`);
  return text === undefined ? null : text.slice(from, from + count);
}
