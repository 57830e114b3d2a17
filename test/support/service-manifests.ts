import type { NewObject } from '../../src/machinery/object.ts';

/** A node that is there and says it is ready. */
export function readyNode(name: string, labels: Record<string, string> = {}): NewObject {
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, labels } };
}

export interface PodShape {
  name: string;
  namespace?: string;
  labels?: Record<string, string>;
  node?: string;
  ports?: { name?: string; containerPort: number; protocol?: string }[];
  hostname?: string;
  subdomain?: string;
  finalizers?: string[];
}

/** A pod bound to a node; see `podStatus` for what its kubelet says. */
export function boundPod(shape: PodShape): NewObject {
  const {
    name,
    namespace = 'default',
    labels = { app: 'web' },
    node = 'node-1',
    ports = [],
    finalizers,
    ...spec
  } = shape;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels, ...(finalizers ? { finalizers } : {}) },
    spec: { nodeName: node, ...spec, containers: [{ name: 'main', image: 'web:1', ports }] },
  };
}

/** A Service in `default` that selects app=web, with changes. */
export function service(name: string, spec: Record<string, unknown> = {}, namespace = 'default'): NewObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { selector: { app: 'web' }, ports: [{ port: 80 }], ...spec },
  };
}
