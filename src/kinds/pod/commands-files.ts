import type { ErrorReason } from '../../machinery/api-error.ts';
import { decodeBase64, utf8Length } from '../../machinery/base64.ts';
import { findTarget, outcomeOf, referenceTo, type TargetInput } from '../../machinery/command-target.ts';
import type { CommandHandler, CommandOutcome, ObjectApi } from '../../machinery/controller.ts';
import {
  FILE_ERRORS,
  fileAt,
  limitBroken,
  MAX_CLAIMED_BYTES,
  MAX_FILE_BYTES,
  pathError,
  sizeOf,
  withFile,
  withoutFile,
  writeError,
  type FileErrorCode,
  type FileTree,
  type StoredFile,
} from '../../machinery/file-tree.ts';
import {
  containerOf,
  execProblem,
  fileSystemOf,
  KUBELET_FILES,
  pathIn,
  placeOf,
  readError,
} from './container-files.ts';
import { readStore, writeStore, type VolumeFiles } from './volume-files.ts';
import { Pod, type Container } from './types.ts';

/**
 * What a process of a container would do to its files, as `kubectl exec` lets one do it by hand. Missing directories
 * are made. Nothing is written where the container does not run, the file system is read-only, full, or over the limits
 * of the model (machinery/file-tree.ts).
 */

const REASONS: Partial<Record<FileErrorCode, ErrorReason>> = {
  ENOENT: 'NotFound',
  EROFS: 'Forbidden',
  ENOSPC: 'Forbidden',
  EBUSY: 'Forbidden',
};

export interface FileInput extends TargetInput {
  /** The container's name; default the one of the annotation `kubectl.kubernetes.io/default-container`, or the first. */
  container?: string;
  path: string;
}

export interface WriteFileInput extends FileInput {
  /** Text, or base64 with `binary`. */
  content?: string;
  binary?: boolean;
  /** Instead of a content: how many bytes the file is to have. They are counted, not kept. */
  size?: number;
  append?: boolean;
  /** Permission bits; default those it has, or 0644. */
  mode?: number;
}

/** Answers with `data: { container, path }`: the file's container and its clean absolute path. */
export const writeFile: CommandHandler<WriteFileInput> = {
  name: 'writeFile',
  handle: (input, api) =>
    changeFile(input, api, (tree, path, files) => {
      const written = newFile(input, fileAt(tree, path), api.now);
      if ('refusal' in written) return refused('Invalid', written.refusal, ['input', 'content']);
      const error = writeError(tree, path);
      if (error) return failed(input.path, error);
      const next = withFile(tree, path, written.file);
      const broken = limitBroken(next);
      if (broken) return refused('Forbidden', broken, ['input', 'content']);
      const isFull = files.capacityBytes !== undefined && sizeOf(next) > files.capacityBytes;
      return isFull ? failed(input.path, 'ENOSPC') : next;
    }),
};

/** `rm`: removes one file. */
export const deleteFile: CommandHandler<FileInput> = {
  name: 'deleteFile',
  handle: (input, api) =>
    changeFile(input, api, (tree, path) => {
      if (fileAt(tree, path)) return withoutFile(tree, path);
      return failed(input.path, writeError(tree, path) ?? 'ENOENT');
    }),
};

type TreeChange = (tree: FileTree, path: string, files: VolumeFiles) => FileTree | CommandOutcome;

function changeFile(input: FileInput, api: ObjectApi, change: TreeChange): CommandOutcome {
  const target = findTarget(api, Pod, input);
  if (!target.ok) return outcomeOf(target);
  const pod = target.value;
  const name = input.container ?? defaultContainer(pod);
  const problem = execProblem(api, pod, name);
  if (problem !== undefined) return refused('BadRequest', problem, ['input', 'container']);
  const container = containerOf(pod, name) as Container;
  const pathProblem = pathError(input.path) ?? (input.path.endsWith('/') ? 'EISDIR' : undefined);
  if (pathProblem) return failed(input.path, pathProblem);
  const path = pathIn(container, input.path);
  if (KUBELET_FILES.includes(path)) return failed(input.path, 'EBUSY');
  const { mount, target: place, readOnly } = placeOf(api, pod, container, path);
  const system = fileSystemOf(api, pod, container);
  if (mount?.path === path && !system.files.has(path)) return failed(input.path, 'EISDIR');
  const inTheWay = system.files.has(path) ? undefined : readError(system, path);
  if (inTheWay === 'ENOTDIR') return failed(input.path, inTheWay);
  if (!place || readOnly) return failed(input.path, 'EROFS');
  if (inTheWay === 'EISDIR') return failed(input.path, inTheWay);
  const tree = change(readStore(api, pod, place.files.store), place.path, place.files);
  if (isOutcome(tree)) return tree;
  const written = writeStore(api, pod, place.files.store, tree);
  if (!written.ok) return outcomeOf(written);
  return { objects: [referenceTo(pod)], data: { container: name, path } };
}

function isOutcome(tree: FileTree | CommandOutcome): tree is CommandOutcome {
  return Array.isArray((tree as CommandOutcome).errors);
}

/** The container that is meant when none is named. Source: kubectl pkg/cmd/util/podcmd. */
export function defaultContainer({ metadata, spec }: Pod): string {
  return metadata.annotations?.['kubectl.kubernetes.io/default-container'] ?? spec.containers[0]?.name ?? '';
}

function newFile(
  { content = '', binary, size, append, mode }: WriteFileInput,
  before: StoredFile | undefined,
  now: number,
): { file: StoredFile } | { refusal: string } {
  const file: StoredFile = { size: 0, at: now };
  const bits = mode ?? before?.mode;
  if (bits !== undefined) file.mode = bits;
  if (bits !== undefined && (!Number.isInteger(bits) || bits < 0 || bits > 0o777)) {
    return { refusal: 'a mode must be a number between 0 and 0777 (octal)' };
  }
  const kept = append ? before : undefined;
  if (size !== undefined) {
    if (content !== '') return { refusal: 'a file is given either a content or a size' };
    file.size = size + (kept?.size ?? 0);
    const ok = Number.isSafeInteger(size) && size >= 0 && file.size <= MAX_CLAIMED_BYTES;
    return ok ? { file } : { refusal: `a size must be a whole number of bytes between 0 and ${MAX_CLAIMED_BYTES}` };
  }
  if (kept && (kept.content === undefined || kept.binary || binary)) {
    return { refusal: 'only text can be appended, and to text only' };
  }
  const all = (kept?.content ?? '') + content;
  if (binary) {
    const decoded = decodeBase64(all);
    if (!decoded.ok) return { refusal: `illegal base64 data at input byte ${decoded.offset}` };
    Object.assign(file, { content: all, binary: true, size: decoded.bytes.length });
  } else {
    Object.assign(file, { content: all, size: utf8Length(all) });
  }
  if (file.size > MAX_FILE_BYTES) return { refusal: `a file of this model may have at most ${MAX_FILE_BYTES} bytes` };
  return { file };
}

function failed(path: string, code: FileErrorCode): CommandOutcome {
  return refused(REASONS[code] ?? 'Invalid', `${path}: ${FILE_ERRORS[code]}`, ['input', 'path']);
}

function refused(reason: ErrorReason, message: string, path: readonly string[]): CommandOutcome {
  return { errors: [{ reason, message, path }] };
}
