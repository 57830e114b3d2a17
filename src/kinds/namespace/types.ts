import { defineKind } from '../../machinery/kind.ts';
import type { FileTree } from '../../machinery/file-tree.ts';
import type { KubeObject } from '../../machinery/object.ts';

export interface Namespace extends KubeObject {
  spec: { finalizers?: string[] };
  status: { phase: 'Active' | 'Terminating'; conditions?: NamespaceCondition[] };
  runtime?: NamespaceRuntime;
}

/** What the namespace controller keeps in its queue while a namespace is going away; and what belongs to nobody else. */
export interface NamespaceRuntime {
  /** When its content is looked at next, in milliseconds. */
  nextPassAt?: number;
  /** How many passes in a row failed: each waits twice as long. */
  failedPasses?: number;
  /** Everything in it is gone: its own finalizer may go. */
  contentDeleted?: boolean;
  /** kube-system only: what was written into storage outside the cluster, by what tells it from other storage. */
  externalFiles?: Readonly<Record<string, FileTree>>;
  /** What containers were told of Services that are gone or have changed since, in the order of the changes. */
  pastServices?: readonly PastService[];
}

/** What the variables of a Service are made of, as it was up to a time. Times are simulated milliseconds. */
export interface PastService extends ServiceLinks {
  name: string;
  createdMs: number;
  untilMs: number;
}

export interface ServiceLinks {
  clusterIP: string;
  ports: readonly { name?: string; protocol: string; port: number }[];
}

export interface NamespaceCondition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

export const Namespace = defineKind<Namespace>({
  apiVersion: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  shortNames: ['ns'],
  namespaced: false,
});

/** Namespaces every cluster has, in the order in which kubectl lists them. */
export const SYSTEM_NAMESPACES = ['default', 'kube-node-lease', 'kube-public', 'kube-system'] as const;
