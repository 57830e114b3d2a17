import type { Event } from '../../src/kinds/event/types.ts';
import type { AnyDefinition } from '../../src/machinery/definition.ts';
import type { ClusterView } from '../../src/machinery/cluster-view.ts';
import { controllerRef, type KubeObject } from '../../src/machinery/object.ts';
import type { Version } from '../../src/machinery/version.ts';

/** Kinds whose changes say nothing a reader of a scenario wants to know. */
const SILENT = new Set(['ServiceAccount', 'Lease', 'Endpoints', 'ControllerRevision']);

/** Columns that change by themselves as time passes, and the name, which the line begins with. */
const TIMELESS = new Set(['NAME', 'AGE', 'DURATION', 'LAST SCHEDULE', 'ENDS', 'REQUESTS', 'FAILED']);

/**
 * Turns versions into lines that stay the same when unrelated things change: times since the start of the scenario,
 * generated names and addresses replaced by symbols in the order of their appearance.
 */
export class Transcript {
  private readonly definitions: ReadonlyMap<string, AnyDefinition>;
  private readonly startMs: number;
  private readonly symbols = new Map<string, string>();
  private readonly counts = new Map<string, number>();
  private readonly digests = new Map<string, string>();
  private readonly names = new Map<string, string>();

  constructor(definitions: ReadonlyMap<string, AnyDefinition>, startMs: number) {
    this.definitions = definitions;
    this.startMs = startMs;
  }

  lines(versions: readonly Version[], view: ClusterView): string[] {
    const lines: string[] = [];
    for (const version of versions) this.learn(version);
    for (const version of versions) {
      const line = this.line(version, view);
      if (line !== undefined) lines.push(`${this.time(version.time)} ${this.symbolic(line)}`.trimEnd());
    }
    return lines;
  }

  /** Replaces every generated name and address by its symbol. */
  symbolic(text: string): string {
    let result = text;
    const known = [...this.symbols.keys()].sort((left, right) => right.length - left.length);
    for (const name of known) result = result.replaceAll(name, this.symbols.get(name) ?? name);
    return result.replace(UID, (uid) => {
      const name = this.names.get(uid);
      return name === undefined ? uid : `uid(${this.symbolic(name)})`;
    });
  }

  private time(ms: number): string {
    return `+${((ms - this.startMs) / 1000).toFixed(1)}s`.padStart(9);
  }

  private line(version: Version, view: ClusterView): string | undefined {
    const { object, kindKey, type } = version;
    if (SILENT.has(kindKey)) return undefined;
    if (kindKey === 'Event') return type === 'DELETED' ? undefined : eventLine(object as Event);
    const label = `${kindKey.toLowerCase()}/${object.metadata.name}`;
    if (type === 'DELETED') {
      this.digests.delete(object.metadata.uid);
      return `${label} deleted`;
    }
    const digest = this.digest(object, view);
    if (type === 'MODIFIED' && this.digests.get(object.metadata.uid) === digest) return undefined;
    this.digests.set(object.metadata.uid, digest);
    return `${label} ${type === 'ADDED' ? 'created ' : ''}${digest}`;
  }

  private digest(object: KubeObject, view: ClusterView): string {
    if (object.kind === 'EndpointSlice') return sliceDigest(object);
    const columns = this.definitions.get(object.kind)?.columns ?? [];
    return columns
      .filter((column) => !column.wide && !TIMELESS.has(column.name))
      .map((column) => `${column.name}=${column.cell(object, view).replace(/ \(.* ago\)/, '')}`)
      .join(' ');
  }

  private learn({ object, type }: Version): void {
    const { name, uid } = object.metadata;
    this.names.set(uid, name);
    if (type === 'ADDED' && object.kind !== 'Event') this.learnName(object, name);
    const status = object.status as { podIP?: string } | undefined;
    if (status?.podIP && !this.symbols.has(status.podIP)) {
      this.symbols.set(status.podIP, `ip(${this.symbolic(name)})`);
    }
    const address = (object.spec as { clusterIP?: string } | undefined)?.clusterIP;
    if (object.kind === 'Service' && address && address !== 'None' && name !== 'kubernetes') {
      this.symbols.set(address, `ip(${name})`);
    }
    const hash = object.kind === 'ReplicaSet' ? object.metadata.labels?.['pod-template-hash'] : undefined;
    if (hash) this.symbols.set(hash, `hash(${this.symbolic(name)})`);
  }

  private count(what: string): number {
    const count = (this.counts.get(what) ?? 0) + 1;
    this.counts.set(what, count);
    return count;
  }

  private learnName(object: KubeObject, name: string): void {
    if (this.symbols.has(name)) return;
    if (object.kind === 'VolumeAttachment' && ATTACHMENT.test(name)) {
      this.symbols.set(name, `csi~${this.count('VolumeAttachment')}`);
      return;
    }
    const owner = controllerRef(object)?.name ?? object.metadata.generateName?.replace(/-$/, '');
    if (owner === undefined || !name.startsWith(`${owner}-`)) return;
    const suffix = name.slice(owner.length + 1);
    if (/^\d+$/.test(suffix) || !/^[a-z0-9]+$/.test(suffix)) return;
    const count = this.count(`${object.kind}/${owner}`);
    const symbol = object.kind === 'ReplicaSet' ? letters(count) : String(count);
    this.symbols.set(name, `${this.symbolic(owner)}~${symbol}`);
  }
}

const UID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const ATTACHMENT = /^csi-[0-9a-f]{64}$/;

function letters(count: number): string {
  return count <= 26 ? String.fromCharCode(64 + count) : `Z${count}`;
}

function eventLine(event: Event): string {
  const about = `${event.involvedObject.kind?.toLowerCase()}/${event.involvedObject.name}`;
  const count = event.count > 1 ? ` (x${event.count})` : '';
  return `  ${event.type} ${event.reason} ${about}: ${event.message}${count}`;
}

interface SliceLike extends KubeObject {
  endpoints?: { targetRef?: { name?: string }; addresses: string[]; conditions?: Record<string, boolean> }[];
}

function sliceDigest(slice: SliceLike): string {
  const endpoints = (slice.endpoints ?? []).map(({ targetRef, addresses, conditions }) => {
    const words = Object.entries(conditions ?? {}).filter(([, value]) => value);
    return `${targetRef?.name ?? addresses[0]}[${words.map(([word]) => word).join(' ')}]`;
  });
  return endpoints.length > 0 ? endpoints.sort().join(' ') : 'no endpoints';
}
