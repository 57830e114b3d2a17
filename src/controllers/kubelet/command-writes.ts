import { utf8Length } from '../../machinery/base64.ts';
import {
  fileAt,
  limitBroken,
  MAX_FILE_BYTES,
  withFile,
  writeError,
  type StoredFile,
} from '../../machinery/file-tree.ts';
import { KUBELET_FILES, pathIn, placeOf } from '../../kinds/pod/container-files.ts';
import type { CommandWrite } from '../../kinds/pod/runtime.ts';
import type { Container, Pod } from '../../kinds/pod/types.ts';
import { readStore, writeStore } from '../../kinds/pod/volume-files.ts';
import type { PodContainer, PodSync } from './pod-sync.ts';

/**
 * Files that plain commands write (`echo hello > /data/greeting`): there when the container has started, or for what
 * comes after a `sleep`, when it has ended. What a process could not write is left out.
 */

const DEVICES = /^\/(?:dev|proc|sys)\//;

export function writeFiles(sync: PodSync, { container }: PodContainer, writes: readonly CommandWrite[]): void {
  for (const write of writes) writeOne(sync, container, write);
}

function writeOne(sync: PodSync, container: Container, { path: given, content, append }: CommandWrite): void {
  const pod: Pod = { ...sync.pod, runtime: sync.runtime };
  const path = pathIn(container, given);
  if (KUBELET_FILES.includes(path) || DEVICES.test(path)) return;
  const { mount, readOnly, target } = placeOf(sync.api, pod, container, path);
  if (!target || readOnly || mount?.path === path) return;
  const { store } = target.files;
  const tree = readStore(sync.api, pod, store);
  const before = fileAt(tree, target.path);
  if (writeError(tree, target.path) || (append && before && before.content === undefined)) return;
  const text = append ? (before?.content ?? '') + content : content;
  const file: StoredFile = { content: text, size: utf8Length(text), at: sync.now };
  const next = withFile(tree, target.path, file);
  if (file.size > MAX_FILE_BYTES || limitBroken(next)) return;
  if (store.kind === 'container') {
    const state = sync.container(container.name);
    if (state) sync.setContainer(container.name, { ...state, files: next });
  } else if (store.kind === 'pod') {
    sync.change({ volumes: { ...sync.runtime.volumes, [store.volume]: next } });
  } else {
    writeStore(sync.api, pod, store, next);
  }
}
