import type { Index } from '../../machinery/cluster-view.ts';
import { defineKind } from '../../machinery/kind.ts';
import { objectKey, type KubeObject } from '../../machinery/object.ts';

export interface IngressServiceBackend {
  name: string;
  port?: { name?: string; number?: number };
}

export interface IngressBackend {
  service?: IngressServiceBackend;
  resource?: { apiGroup?: string; kind: string; name: string };
}

export interface IngressPath {
  path?: string;
  pathType?: string;
  backend: IngressBackend;
}

export interface IngressRule {
  host?: string;
  http?: { paths?: IngressPath[] };
}

export interface IngressTls {
  hosts?: string[];
  secretName?: string;
}

export interface IngressSpec {
  ingressClassName?: string;
  defaultBackend?: IngressBackend;
  rules?: IngressRule[];
  tls?: IngressTls[];
}

export interface Ingress extends KubeObject {
  spec: IngressSpec;
  status?: { loadBalancer?: { ingress?: { ip?: string; hostname?: string }[] } };
}

export const Ingress = defineKind<Ingress>({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  plural: 'ingresses',
  shortNames: ['ing'],
  namespaced: true,
});

/** The annotation that named the class before there was a field for it. */
export const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';

/** The class of an Ingress: the field's, or else the annotation's. */
export function classNameOf({ metadata, spec }: Ingress): string | undefined {
  return spec.ingressClassName ?? metadata.annotations?.[CLASS_ANNOTATION];
}

/** Where an Ingress answers: addresses and host names. */
export function addressesOf({ status }: Ingress): string[] {
  return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => ip || hostname || []);
}

/** Every backend of an Ingress, the default one first. */
export function backendsOf({ spec }: Ingress): IngressBackend[] {
  const paths = (spec.rules ?? []).flatMap(({ http }) => http?.paths ?? []);
  return [...(spec.defaultBackend ? [spec.defaultBackend] : []), ...paths.map(({ backend }) => backend)];
}

/** Ingresses by each Service that they route to, under its `namespace/name`. */
export const ingressesByService: Index<Ingress> = {
  name: 'ingresses by service',
  kind: Ingress,
  keys: (ingress) => {
    const names = new Set(backendsOf(ingress).flatMap(({ service }) => service?.name ?? []));
    return [...names].map((name) => objectKey(ingress.metadata.namespace, name));
  },
};

/** Ingresses by the name of their class. */
export const ingressesByClass: Index<Ingress> = {
  name: 'ingresses by class',
  kind: Ingress,
  keys: classNameOf,
};
