import { utf8Length } from './base64.ts';

/**
 * A small file system: regular files by their absolute path below its root, directories implied by them. Trees are
 * values, stored with the object they belong to; writing makes a new one that shares what did not change.
 */

/** The most bytes of content that one written file may have. */
export const MAX_FILE_BYTES = 16 * 1024;
/** The most files that may be written into one file system: a container's own, or a volume. */
export const MAX_FILES = 100;
/** The most bytes of content that may be written into one file system. */
export const MAX_TREE_BYTES = 64 * 1024;
/** The most bytes a file without content may claim. */
export const MAX_CLAIMED_BYTES = 2 ** 50;
/** NAME_MAX and PATH_MAX (without the final zero) of Linux. */
export const MAX_NAME_BYTES = 255;
export const MAX_PATH_BYTES = 4095;

export interface StoredFile {
  /** Its content; absent where only the size was given. Base64 when `binary`. */
  content?: string;
  binary?: true;
  size: number;
  /** Permission bits; default 0644. */
  mode?: number;
  /** When it was written last, in simulated milliseconds. */
  at: number;
}

export type FileTree = Readonly<Record<string, StoredFile>>;

export const NO_FILES: FileTree = Object.freeze({});

/** What a system call would refuse, as the C library words it (strerror). */
export const FILE_ERRORS = {
  ENOENT: 'No such file or directory',
  EISDIR: 'Is a directory',
  ENOTDIR: 'Not a directory',
  EROFS: 'Read-only file system',
  ENOSPC: 'No space left on device',
  ENAMETOOLONG: 'File name too long',
  EINVAL: 'Invalid argument',
  EBUSY: 'Device or resource busy',
} as const;

export type FileErrorCode = keyof typeof FILE_ERRORS;

/** path.Clean of an absolute path: no empty parts, `.` and `..` resolved by the text alone. */
export function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/** Joins two absolute paths; either may be the root. */
export function joinPaths(base: string, inner: string): string {
  if (inner === '/' || inner === '') return base;
  return base === '/' ? inner : `${base}${inner}`;
}

/** Whether an absolute path is `base` or lies below it. */
export function isBelow(path: string, base: string): boolean {
  return base === '/' || path === base || path.startsWith(`${base}/`);
}

/** The part of an absolute path below `base`, as an absolute path itself; `/` for `base`. */
export function pathBelow(path: string, base: string): string {
  if (base === '/') return path;
  return path === base ? '/' : path.slice(base.length);
}

/** What Linux refuses of any path before it looks at a file system. */
export function pathError(path: string): FileErrorCode | undefined {
  if (path === '') return 'ENOENT';
  if (path.includes('\0')) return 'EINVAL';
  if (utf8Length(path) > MAX_PATH_BYTES) return 'ENAMETOOLONG';
  return path.split('/').some((part) => utf8Length(part) > MAX_NAME_BYTES) ? 'ENAMETOOLONG' : undefined;
}

export function fileAt(tree: FileTree, path: string): StoredFile | undefined {
  return Object.hasOwn(tree, path) ? tree[path] : undefined;
}

export function isDirectoryOf(tree: FileTree, path: string): boolean {
  if (path === '/') return true;
  for (const key in tree) if (key.startsWith(`${path}/`)) return true;
  return false;
}

/** The files at or below a path, by their path below it; a file at the path itself is under `/`. */
export function subtree(tree: FileTree, path: string): FileTree {
  if (path === '/') return tree;
  const found: Record<string, StoredFile> = {};
  for (const key in tree) {
    const file = tree[key];
    if (file && isBelow(key, path)) found[pathBelow(key, path)] = file;
  }
  return found;
}

/** Why a file cannot be written at a path of a tree that is writable; undefined when it can. */
export function writeError(tree: FileTree, path: string): FileErrorCode | undefined {
  if (isDirectoryOf(tree, path)) return 'EISDIR';
  for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
    if (fileAt(tree, path.slice(0, slash))) return 'ENOTDIR';
  }
  return undefined;
}

export function withFile(tree: FileTree, path: string, file: StoredFile): FileTree {
  return { ...tree, [path]: file };
}

export function withoutFile(tree: FileTree, path: string): FileTree {
  const { [path]: _removed, ...others } = tree;
  return others;
}

/** How many bytes the files of a tree take together. */
export function sizeOf(tree: FileTree | undefined): number {
  let bytes = 0;
  for (const key in tree) bytes += tree[key]?.size ?? 0;
  return bytes;
}

/** The limit of the model that a tree breaks, as a sentence; undefined when it keeps them. */
export function limitBroken(tree: FileTree): string | undefined {
  let bytes = 0;
  let count = 0;
  for (const key in tree) {
    const { content, size } = tree[key] as StoredFile;
    count++;
    if (content !== undefined) bytes += size;
  }
  if (count > MAX_FILES) return `a file system of this model may hold at most ${MAX_FILES} files`;
  if (bytes > MAX_TREE_BYTES)
    return `the files of a file system of this model may have at most ${MAX_TREE_BYTES} bytes`;
  return undefined;
}
