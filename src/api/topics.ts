import { canonicalJson } from '../machinery/equality.ts';
import type { ClusterReplica, CommittedBatch } from '../machinery/ports.ts';
import { limitExceeded } from './limits.ts';
import { EventQueue } from './event-queue.ts';

/**
 * A topic is what all subscribers who ask for the same get: events are made once per commit and are the same objects
 * for all of them, so that their execution can be shared too (see SharedExecution).
 */
export interface TopicSource<E extends object> {
  /** The events of a commit. */
  eventsOf(batch: CommittedBatch): readonly E[];
}

type Listener<E> = (event: E) => void;

/** Publishes events to its listeners as long as there are any. */
export class Topic<E extends object> {
  private readonly listeners = new Map<Listener<E>, () => void>();
  private readonly start: (publish: Listener<E>, closed: () => void) => () => void;
  private stop: (() => void) | undefined;

  constructor(start: (publish: Listener<E>, closed: () => void) => () => void) {
    this.start = start;
  }

  /** `closed` is called when the cluster is deleted. */
  listen(listener: Listener<E>, closed: () => void): () => void {
    this.listeners.set(listener, closed);
    this.stop ??= this.start(
      (event) => {
        for (const each of this.listeners.keys()) each(event);
      },
      () => {
        for (const each of this.listeners.values()) each();
      },
    );
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size > 0) return;
      this.stop?.();
      this.stop = undefined;
    };
  }
}

const topics = new WeakMap<ClusterReplica, Map<string, unknown>>();

/** The topic of a name and arguments on one cluster; made when it is asked for first. */
export function topicOf<T>(replica: ClusterReplica, name: string, args: object, make: () => T): T {
  let ofReplica = topics.get(replica);
  if (!ofReplica) {
    ofReplica = new Map();
    topics.set(replica, ofReplica);
  }
  const key = `${name} ${canonicalJson(args)}`;
  let topic = ofReplica.get(key) as T | undefined;
  if (topic === undefined) {
    if (ofReplica.size >= TOPIC_LIMIT) ofReplica.delete(ofReplica.keys().next().value ?? '');
    topic = make();
    ofReplica.set(key, topic);
  }
  return topic;
}

/** More topics than this are forgotten from the oldest on; whoever listens keeps listening, just not shared with newcomers. */
const TOPIC_LIMIT = 10_000;

/** A topic whose events are made from commits. */
export function commitTopic<E extends object>(replica: ClusterReplica, source: TopicSource<E>): Topic<E> {
  return new Topic((publish, closed) =>
    replica.subscribe((batch) => {
      for (const event of source.eventsOf(batch)) publish(event);
    }, closed),
  );
}

export const SLOW_CONSUMER = 'The subscriber is too slow: it was cut off. Subscribe again.';

/** A subscription to a topic. It ends when the cluster is deleted. */
export function subscribeTo<E extends object>(topic: Topic<E>, first: readonly E[] = []): EventQueue<E> {
  const queue: EventQueue<E> = new EventQueue<E>(
    () => limitExceeded(SLOW_CONSUMER),
    () => unlisten(),
  );
  for (const event of first) queue.push(event);
  const unlisten = topic.listen(
    (event) => queue.push(event),
    () => queue.end(),
  );
  return queue;
}
