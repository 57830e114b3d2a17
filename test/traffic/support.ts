import { countTraffic, firstTrafficAt, type TrafficBucket } from '../../src/kinds/trafficsource/queries.ts';
import { TrafficSource } from '../../src/kinds/trafficsource/types.ts';
import type { NewObject } from '../../src/machinery/object.ts';
import { Model } from '../support/model.ts';

/** Sends so many requests per second to the Service `web`, with changes. */
export function traffic(requestsPerSecond: number, spec: Record<string, unknown> = {}, name = 'load'): NewObject {
  return {
    apiVersion: 'orrery.dev/v1alpha1',
    kind: 'TrafficSource',
    metadata: { name, namespace: 'default' },
    spec: { service: 'web', requestsPerSecond, ...spec },
  };
}

export function sourceIn(model: Model, name = 'load'): TrafficSource {
  const source = model.view.get(TrafficSource, 'default', name);
  if (!source) throw new Error(`no source ${name}`);
  return source;
}

/** All that a source has sent so far, in so many parts. */
export function counted(model: Model, buckets = 1, name = 'load'): TrafficBucket[] {
  const source = sourceIn(model, name);
  return countTraffic([source], firstTrafficAt([source]) ?? 0, model.view.now, buckets);
}

export function total(model: Model, name = 'load'): Omit<TrafficBucket, 'from' | 'to'> {
  const [bucket] = counted(model, 1, name);
  if (!bucket) throw new Error('no bucket');
  const { requests, failed, reasons } = bucket;
  return { requests, failed, reasons };
}

export interface WebOptions {
  replicas?: number;
  readiness?: boolean;
  preStopSeconds?: number;
  startupTime?: string;
}

/** A cluster with a Deployment `web` of the given kind behind a Service, running; starts take `startupTime`. */
export function webCluster(options: WebOptions = {}, settings = {}): Model {
  const model = new Model({ settings });
  model.command('addNodes', { count: 2 });
  model.create(profile('web:1', options), profile('web:2', options), webService(), deployment(options));
  model.run(60_000);
  return model;
}

export function profile(image: string, { startupTime = '5s' }: WebOptions): NewObject {
  return {
    apiVersion: 'orrery.dev/v1alpha1',
    kind: 'ImageProfile',
    metadata: { name: image.replace(':', '-') },
    spec: { image, startupTime, pullTime: '1s' },
  };
}

export function webService(spec: Record<string, unknown> = {}): NewObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default' },
    spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }], ...spec },
  };
}

function deployment({ replicas = 4, readiness = false, preStopSeconds }: WebOptions): NewObject {
  const container = {
    name: 'web',
    image: 'web:1',
    ports: [{ containerPort: 8080 }],
    ...(readiness ? { readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 } } : {}),
    ...(preStopSeconds === undefined ? {} : { lifecycle: { preStop: { sleep: { seconds: preStopSeconds } } } }),
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [container] } },
    },
  };
}
