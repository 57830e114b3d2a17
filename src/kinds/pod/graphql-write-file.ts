import { builder } from '../../api/builder.ts';
import {
  findById,
  Guard,
  refusal,
  refusedPayload,
  submit,
  targetInput,
  type PayloadSource,
} from '../../api/commands.ts';
import type { ApiContext } from '../../api/context.ts';
import type { Handle } from '../../api/handle.ts';
import { Payload } from '../../api/mutations.ts';
import { kubeRef } from '../../api/refs.ts';
import { MAX_FILE_BYTES, MAX_FILES, MAX_TREE_BYTES } from '../../machinery/file-tree.ts';
import { parseQuantity } from '../../machinery/quantity.ts';
import { containerOf } from './container-files.ts';
import { containersOf, initContainersOf } from './graphql-container.ts';
import { FileType } from './graphql-file.ts';
import { problemOf, reading } from './graphql-files.ts';
import { ContainerType, type ContainerSource } from './graphql-probe.ts';
import { Pod } from './types.ts';

/** The container and the path that a command about a file answers with; undefined where it was refused. */
function writtenBy({ data, objects }: PayloadSource): { container: ContainerSource; path: string } | undefined {
  const { container: name, path } = (data ?? {}) as { container?: string; path?: string };
  const pod = objects[0] as Handle<Pod> | undefined;
  if (!pod || name === undefined || path === undefined) return undefined;
  const container = containerOf(pod.object, name);
  const known = [...initContainersOf(pod), ...containersOf(pod)].find((one) => one.container.name === name);
  if (known) return { container: known, path };
  return container ? { container: { pod, container, status: undefined }, path } : undefined;
}

const FilePayload = builder.objectRef<PayloadSource>('FilePayload').implement({
  description: 'The answer of mutations about a file of a container.',
  interfaces: [Payload],
  fields: (t) => ({
    pod: t.field({
      type: kubeRef(Pod),
      nullable: true,
      description: 'The pod of the container.',
      resolve: ({ objects }) => (objects[0] as Handle<Pod> | undefined) ?? null,
    }),
    container: t.field({
      type: ContainerType,
      nullable: true,
      description: 'The container that wrote; null where it was refused.',
      resolve: (payload) => writtenBy(payload)?.container ?? null,
    }),
    file: t.field({
      type: FileType,
      nullable: true,
      description: 'The file as the container sees it now; null where it was refused, or is removed.',
      resolve: (payload) => {
        const written = writtenBy(payload);
        return written && problemOf(written.container) === undefined
          ? (reading(written.container, written.path).file ?? null)
          : null;
      },
    }),
  }),
});

const WriteFileInput = builder.inputType('WriteFileInput', {
  description: 'A file to write in a running container.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The id of the pod, or a reference: "pod/shop/web-0".' }),
    container: t.string({ description: "The container's name; default: the pod's default container." }),
    path: t.string({ required: true, description: "Relative paths begin at the container's working directory." }),
    content: t.string({ description: `Its text: at most ${MAX_FILE_BYTES} bytes.` }),
    contentBase64: t.string({ description: 'Instead of a text: bytes in base64.' }),
    size: t.field({
      type: 'Quantity',
      description: 'Instead of a content: how large the file is to be ("20Mi"). Only the size is kept.',
    }),
    append: t.boolean({ defaultValue: false, description: 'Add to what is there, instead of replacing it.' }),
    mode: t.string({ description: 'Permission bits in octal: "0600".' }),
    guard: t.field({ type: Guard, description: 'Conditions and promises.' }),
  }),
});

const DeleteFileInput = builder.inputType('DeleteFileInput', {
  description: 'A file to remove in a running container.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The id of the pod, or a reference: "pod/shop/web-0".' }),
    container: t.string({ description: "The container's name; default: the pod's default container." }),
    path: t.string({ required: true, description: "Relative paths begin at the container's working directory." }),
    guard: t.field({ type: Guard, description: 'Conditions and promises.' }),
  }),
});

type Change = Record<string, unknown> | ReturnType<typeof refusal>;

/** The content of a `WriteFileInput` as the command takes it, or the refusal of one that gives two. */
function contentOf({ content, contentBase64, size, append, mode }: typeof WriteFileInput.$inferInput): Change {
  const given = [content, contentBase64, size].filter((value) => value !== null && value !== undefined);
  if (given.length > 1) {
    return refusal('INVALID', 'give one of content, contentBase64 and size', ['input']);
  }
  const fields: Record<string, unknown> = { append: append ?? false };
  if (typeof content === 'string') fields['content'] = content;
  if (typeof contentBase64 === 'string') Object.assign(fields, { content: contentBase64, binary: true });
  if (size !== null && size !== undefined) fields['size'] = parseQuantity(size);
  if (typeof mode === 'string') {
    if (!/^[0-7]{1,4}$/.test(mode)) return refusal('INVALID', 'a mode must be octal: "0644"', ['input', 'mode']);
    fields['mode'] = Number.parseInt(mode, 8);
  }
  return fields;
}

interface FileTarget {
  id: string;
  container?: string | null | undefined;
  path: string;
  guard?: typeof Guard.$inferInput | null | undefined;
}

async function changeFile(
  command: string,
  input: FileTarget,
  fields: Change,
  context: ApiContext,
): Promise<PayloadSource> {
  const { guard, path, container } = input;
  const found = findById(input.id, Pod, context);
  if ('code' in found) return refusedPayload(found);
  const { replica, handle: target } = found;
  if ('code' in fields) return refusedPayload(fields as ReturnType<typeof refusal>, replica);
  const named = container ? { container } : {};
  return submit(
    { replica, command, input: { ...targetInput(target, guard), ...named, path, ...fields }, guard, target },
    context,
  );
}

builder.mutationFields((t) => ({
  writeFile: t.field({
    type: FilePayload,
    description: `Writes a file in a running container, as \`kubectl exec\` would; missing directories are made. One file system holds at most ${MAX_FILES} files with ${MAX_TREE_BYTES} bytes of content.`,
    args: { input: t.arg({ type: WriteFileInput, required: true }) },
    resolve: (_root, { input }, context) => changeFile('writeFile', input, contentOf(input), context),
  }),
  deleteFile: t.field({
    type: FilePayload,
    description: 'Removes a file in a running container.',
    args: { input: t.arg({ type: DeleteFileInput, required: true }) },
    resolve: (_root, { input }, context) => changeFile('deleteFile', input, {}, context),
  }),
}));
