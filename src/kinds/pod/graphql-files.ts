import { badInput } from '../../api/bad-input.ts';
import { builder } from '../../api/builder.ts';
import { defineConnection, MAX_PAGE_SIZE, pageArgs, pageSize, type Page } from '../../api/connections.ts';
import { cleanPath, FILE_ERRORS, isBelow, pathError } from '../../machinery/file-tree.ts';
import { DEFAULT_SETTINGS } from '../../machinery/settings.ts';
import {
  byPath,
  execProblem,
  fileSystemOf,
  listDirectory,
  pathIn,
  readError,
  type FileSystem,
} from './container-files.ts';
import { FileType, type FileSource } from './graphql-file.ts';
import { ContainerType, type ContainerSource } from './graphql-probe.ts';
import { mountSources, VolumeMountType } from './graphql-volume.ts';

function systemOf({ pod, container }: ContainerSource): FileSystem {
  const domain = pod.scope.replica?.record.settings.clusterDomain ?? DEFAULT_SETTINGS.clusterDomain;
  return fileSystemOf(pod.view, pod.object, container, domain);
}

export function problemOf({ pod, container }: ContainerSource): string | undefined {
  return execProblem(pod.view, pod.object, container.name);
}

const FileConnection = defineConnection<FileSource>('File', FileType);

interface ListingSource {
  container: ContainerSource;
  path: string;
  error: string | undefined;
  entries: readonly FileSource[];
}

const FileListingType = builder.objectRef<ListingSource>('FileListing').implement({
  description: 'What is in a directory.',
  fields: (t) => ({
    path: t.exposeString('path', { description: 'The absolute path of the directory.' }),
    error: t.string({
      nullable: true,
      description: 'Why there is nothing to be listed: "/x: No such file or directory"; null where there is.',
      resolve: ({ error }) => error,
    }),
    files: t.field({
      type: [FileType],
      description: `Its directories and then its files, by name; the first ${MAX_PAGE_SIZE}.`,
      extensions: { listSize: MAX_PAGE_SIZE },
      resolve: ({ entries }) => entries.slice(0, MAX_PAGE_SIZE),
    }),
    totalCount: t.int({ description: 'How many there are.', resolve: ({ entries }) => entries.length }),
  }),
});

interface ReadingSource {
  path: string;
  file: FileSource | undefined;
  error: string | undefined;
}

const FileReadingType = builder.objectRef<ReadingSource>('FileReading').implement({
  description: 'The answer to reading a file.',
  fields: (t) => ({
    path: t.exposeString('path', { description: 'The absolute path that was read.' }),
    file: t.field({
      type: FileType,
      nullable: true,
      description: 'The file; null where it cannot be read.',
      resolve: ({ file }) => file,
    }),
    error: t.string({
      nullable: true,
      description: 'Why it cannot be read: "/x: No such file or directory", or why nothing runs in the container.',
      resolve: ({ error }) => error,
    }),
  }),
});

function listing(container: ContainerSource, given: string): ListingSource {
  const path = pathIn(container.container, given);
  const problem = problemOf(container) ?? wordsOf(given, pathError(given));
  if (problem !== undefined) return { container, path, error: problem, entries: [] };
  const listed = listDirectory(systemOf(container), path);
  if (!listed.ok) return { container, path, error: wordsOf(given, listed.error), entries: [] };
  const directories = listed.directories.map((directory) => ({ container, path: directory, entry: undefined }));
  const files = listed.files.map((entry) => ({ container, path: entry.path, entry }));
  return { container, path, error: undefined, entries: [...directories, ...files] };
}

export function reading(container: ContainerSource, given: string): ReadingSource {
  const path = pathIn(container.container, given);
  const problem = problemOf(container) ?? wordsOf(given, pathError(given));
  if (problem !== undefined) return { path, file: undefined, error: problem };
  const system = systemOf(container);
  const entry = system.files.get(path);
  if (entry && given.endsWith('/')) return { path, file: undefined, error: wordsOf(given, 'ENOTDIR') };
  if (!entry) return { path, file: undefined, error: wordsOf(given, readError(system, path)) };
  return { path, file: { container, path, entry }, error: undefined };
}

function wordsOf(path: string, code: keyof typeof FILE_ERRORS | undefined): string | undefined {
  return code && `${path}: ${FILE_ERRORS[code]}`;
}

/** One page of all files below a path, in their order; a cursor is the path of a file. */
function filesBelow(
  container: ContainerSource,
  {
    path,
    first,
    after,
  }: { path?: string | null | undefined; first?: number | null | undefined; after?: string | null | undefined },
): Page<FileSource> {
  const { view } = container.pod;
  const size = pageSize({ first });
  const behind = after ? Buffer.from(after, 'base64url').toString('utf8') : '';
  if (after && !behind.startsWith('/')) throw badInput('after is not a cursor of this list');
  const base = cleanPath(path ?? '/');
  const entries = problemOf(container) === undefined ? [...systemOf(container).files.values()] : [];
  const below = entries.filter((entry) => isBelow(entry.path, base)).sort(byPath);
  const rest = below.filter((entry) => entry.path > behind);
  return {
    edges: rest.slice(0, size).map((entry) => ({
      cursor: Buffer.from(entry.path).toString('base64url'),
      node: { container, path: entry.path, entry },
    })),
    hasNextPage: rest.length > size,
    hasPreviousPage: behind !== '',
    revision: view.revision,
    countAll: () => below.length,
  };
}

builder.objectFields(ContainerType, (t) => ({
  volumeMounts: t.field({
    type: [VolumeMountType],
    description: 'Where it sees the volumes of its pod, in the order of its spec.',
    resolve: mountSources,
  }),
  files: t.field({
    type: FileConnection,
    description:
      'All files it sees now that were written or mounted, and where each comes from; none while it does not run.',
    args: {
      path: t.arg.string({ defaultValue: '/', description: 'Only those at or below this path.' }),
      ...pageArgs(100),
    },
    resolve: filesBelow,
  }),
  listFiles: t.field({
    type: FileListingType,
    description: 'What `ls` shows of a directory.',
    args: {
      path: t.arg.string({
        defaultValue: '/',
        description: "Relative paths begin at the container's working directory.",
      }),
    },
    resolve: (container, { path }) => listing(container, path ?? '/'),
  }),
  readFile: t.field({
    type: FileReadingType,
    description: 'What `cat` shows of a file.',
    args: {
      path: t.arg.string({ required: true, description: "Relative paths begin at the container's working directory." }),
    },
    resolve: (container, { path }) => reading(container, path),
  }),
}));
