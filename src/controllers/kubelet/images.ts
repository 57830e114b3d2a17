import { hash32 } from '../../machinery/random.ts';
import { formatDuration } from '../../machinery/time.ts';
import { faultsOfContainer, isActing, latencyMs } from '../../kinds/fault/queries.ts';
import { profileMs, profileOf } from '../../kinds/imageprofile/queries.ts';
import { Node } from '../../kinds/node/types.ts';
import type { ContainerRuntime, Pulling } from '../../kinds/pod/runtime.ts';
import type { Container } from '../../kinds/pod/types.ts';
import { between } from './plan.ts';
import type { PodContainer, PodSync } from './pod-sync.ts';
import { reportMissingPullSecrets } from './pull-secrets.ts';
import { backOffUntil, MAX_IMAGE_BACK_OFF_MS, nextBackOff } from './restart.ts';

/**
 * Pulling images. Pods of one node pull side by side, the containers of one pod one after the other. An image that the
 * node has is checked with its registry, which takes a moment, where the policy is Always.
 * Source: pkg/kubelet/images/image_manager.go.
 */

const PULL_MS: readonly [number, number] = [1000, 4000];
const CHECK_MS: readonly [number, number] = [200, 800];
const FAILURE_MS = 500;
/** How long ErrImagePull is shown before the wait is called one. */
const ANNOUNCE_MS = 1000;
const MEBIBYTE = 1024 * 1024;

const REFERENCE =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::\d+)?\/)?[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*(?::\w[\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$/;

/** The reference with the tag `latest` where it names neither tag nor digest (applyDefaultImageTag). */
function withTag(image: string): string {
  const last = image.slice(image.lastIndexOf('/') + 1);
  return last.includes(':') || last.includes('@') ? image : `${image}:latest`;
}

const namesByList = new WeakMap<object, ReadonlySet<string>>();

/** Whether the node has an image. */
export function isImagePresent(node: Node, image: string): boolean {
  const images = node.status.images;
  if (!images) return false;
  let names = namesByList.get(images);
  if (!names) {
    names = new Set(images.flatMap((entry) => entry.names ?? []));
    namesByList.set(images, names);
  }
  return names.has(withTag(image)) || names.has(image);
}

/** The size of an image, in bytes: what its profile says, or a number of its own between 20 and 220 MiB. */
export function imageSize(sync: PodSync, image: string): number {
  return profileOf(sync.api, image).sizeBytes ?? 20 * MEBIBYTE + (hash32(image) % (200 * MEBIBYTE));
}

const digests = new Map<string, string>();
const DIGEST_LIMIT = 10_000;

/** `repository@sha256:…`, the same for the same reference everywhere. */
export function imageId(image: string): string {
  const known = digests.get(image);
  if (known !== undefined) return known;
  const repository = image.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
  const given = /@(sha256:[0-9a-f]{64})$/.exec(image)?.[1];
  const id = `${qualified(repository)}@${given ?? `sha256:${hexDigest(image)}`}`;
  if (digests.size >= DIGEST_LIMIT) digests.clear();
  digests.set(image, id);
  return id;
}

function qualified(repository: string): string {
  const slash = repository.indexOf('/');
  if (slash < 0) return `docker.io/library/${repository}`;
  return /[.:]|^localhost$/.test(repository.slice(0, slash)) ? repository : `docker.io/${repository}`;
}

/** 64 hexadecimal digits from a hash of the parts. */
export function hexDigest(...parts: readonly (string | number)[]): string {
  const first = hash32(...parts);
  let text = '';
  for (let n = 0; n < 8; n++) text += hash32(n, first).toString(16).padStart(8, '0');
  return text;
}

/** What is left to do before a container can be created: nothing, or wait for its present step to pass. */
export type ImageOutcome = 'ready' | 'wait';

/** EnsureImageExists: begins a pull where one is needed, or says why there can be none. */
export function ensureImage(sync: PodSync, about: PodContainer, state: ContainerRuntime): ImageOutcome {
  const { container } = about;
  const image = container.image ?? '';
  if (!REFERENCE.test(image)) {
    const text = `Failed to apply default image tag ${JSON.stringify(image)}: couldn't parse image name ${JSON.stringify(image)}: invalid reference format`;
    refuse(sync, about, state, 'InspectFailed', text, 'InvalidImageName');
    return 'wait';
  }
  const present = isImagePresent(sync.node, image);
  if (present && container.imagePullPolicy !== 'Always') {
    const message = `Container image ${JSON.stringify(image)} already present on machine and can be accessed by the pod`;
    sync.event('Normal', 'Pulled', message, about);
    return 'ready';
  }
  if (container.imagePullPolicy === 'Never') {
    const text = `Container image ${JSON.stringify(image)} is not present with pull policy of Never`;
    refuse(sync, about, state, 'ErrImageNeverPull', text, 'ErrImageNeverPull');
    return 'wait';
  }
  beginPull(sync, about, state, present);
  return 'wait';
}

/** A container that cannot start for its image; it is not tried again by itself. */
function refuse(
  sync: PodSync,
  about: PodContainer,
  state: ContainerRuntime,
  eventReason: string,
  message: string,
  reason: string,
): void {
  const { step } = state;
  if (step.step === 'waiting' && step.reason === reason && step.message === message) return;
  sync.event('Warning', eventReason, message, about);
  sync.event('Warning', 'Failed', `Error: ${reason}`, about);
  sync.setContainer(about.container.name, { ...state, step: { step: 'waiting', reason, message } });
}

function beginPull(sync: PodSync, about: PodContainer, state: ContainerRuntime, present: boolean): void {
  const { container } = about;
  const image = container.image ?? '';
  sync.event('Normal', 'Pulling', `Pulling image ${JSON.stringify(image)}`, about);
  const fault = faultsOfContainer(sync.faults, 'imagePull', container).findLast((one) => isActing(one, sync.now));
  const error = fault && (fault.spec.imagePull?.message ?? pullError(image));
  const duration = error === undefined ? pullMs(sync, container, present) : FAILURE_MS;
  const until = sync.now + duration;
  const step: Pulling = { step: 'pulling', since: sync.now, until };
  if (error !== undefined) step.error = error;
  if (state.step.step === 'waiting' && state.step.reason !== '') {
    const { reason, message: text } = state.step;
    step.shown = text === undefined ? { reason } : { reason, message: text };
  }
  sync.setContainer(container.name, { ...state, step });
}

function pullError(image: string): string {
  const reference = withTag(qualified(image));
  return `rpc error: code = NotFound desc = failed to pull and unpack image ${JSON.stringify(reference)}: failed to resolve reference ${JSON.stringify(reference)}: ${reference}: not found`;
}

function pullMs(sync: PodSync, container: Container, present: boolean): number {
  const image = container.image ?? '';
  const range = present ? CHECK_MS : PULL_MS;
  const profiled = present ? undefined : profileMs(profileOf(sync.api, image).pullTime);
  // Pods that pull one image on one node at a time have it at about the same time.
  const random = sync.api.random('pull', sync.node.metadata.uid, image, present ? 1 : 0);
  const slow = latencyMs(faultsOfContainer(sync.faults, 'latency', container), 'image-pull', sync.now);
  return (profiled ?? between(range, random)) + slow;
}

/** Ends a pull that is due. Returns whether the container can be created now. */
export function finishPull(sync: PodSync, about: PodContainer, state: ContainerRuntime): boolean {
  const { container } = about;
  const image = container.image ?? '';
  const { step } = state;
  if (step.step !== 'pulling') return false;
  if (step.error !== undefined) {
    failPull(sync, about, state, step.error);
    return false;
  }
  const took = formatDuration(step.until - step.since);
  const size = imageSize(sync, image);
  const message = `Successfully pulled image ${JSON.stringify(image)} in ${took} (${took} including waiting). Image size: ${size} bytes.`;
  sync.event('Normal', 'Pulled', message, about);
  rememberImage(sync, image, size);
  return true;
}

function failPull(sync: PodSync, about: PodContainer, state: ContainerRuntime, error: string): void {
  const { container } = about;
  const message = `Failed to pull image ${JSON.stringify(container.image)}: ${error}`;
  sync.event('Warning', 'Failed', message, about);
  sync.event('Warning', 'Failed', 'Error: ErrImagePull', about);
  reportMissingPullSecrets(sync);
  const { now } = sync;
  const imageBackOff = nextBackOff(state.imageBackOff, now, now, MAX_IMAGE_BACK_OFF_MS);
  const retryAt = backOffUntil(imageBackOff, now, MAX_IMAGE_BACK_OFF_MS) ?? now;
  const announceAt = now + ANNOUNCE_MS;
  sync.setContainer(container.name, {
    ...state,
    imageBackOff,
    step: { step: 'waiting', reason: 'ErrImagePull', message: error, retryAt, announceAt },
  });
}

/** ErrImagePull becomes ImagePullBackOff. */
export function announceImageBackOff(sync: PodSync, about: PodContainer, state: ContainerRuntime): void {
  const { container } = about;
  const { step } = state;
  if (step.step !== 'waiting') return;
  const text = `Back-off pulling image ${JSON.stringify(container.image)}`;
  sync.event('Normal', 'BackOff', text, about);
  sync.event('Warning', 'Failed', 'Error: ImagePullBackOff', about);
  const { announceAt: _, ...rest } = step;
  const message = `${text}: ErrImagePull: ${step.message}`;
  sync.setContainer(container.name, { ...state, step: { ...rest, reason: 'ImagePullBackOff', message } });
}

/** The kubelet reports the images of its node, largest first (node_status.go); the model reports them all. */
function rememberImage(sync: PodSync, image: string, sizeBytes: number): void {
  const node = sync.api.get(Node, undefined, sync.node.metadata.name);
  if (!node || isImagePresent(node, image)) return;
  const images = [...(node.status.images ?? []), { names: [imageId(image), withTag(image)], sizeBytes }];
  images.sort((left, right) => (right.sizeBytes ?? 0) - (left.sizeBytes ?? 0));
  const updated = sync.api.updateStatus<Node>({ ...node, status: { ...node.status, images } });
  if (updated.ok) sync.node = updated.value;
}
