import { Registry } from '../../src/engine/registry.ts';
import { endpoints } from '../../src/kinds/endpoints/definition.ts';
import { endpointSlice } from '../../src/kinds/endpointslice/definition.ts';
import { event } from '../../src/kinds/event/definition.ts';
import { ingress } from '../../src/kinds/ingress/definition.ts';
import { Ingress, type IngressSpec } from '../../src/kinds/ingress/types.ts';
import { ingressClass } from '../../src/kinds/ingressclass/definition.ts';
import { namespace } from '../../src/kinds/namespace/definition.ts';
import { node } from '../../src/kinds/node/definition.ts';
import { pod } from '../../src/kinds/pod/definition.ts';
import { service } from '../../src/kinds/service/definition.ts';
import type { NewObject } from '../../src/machinery/object.ts';
import { doIt, Model } from '../support/model.ts';

/** A cluster of Ingresses, their classes and Services; pods stand still. */
export function cluster(): Model {
  const still = [node, pod].map((definition) => ({ ...definition, controllers: [] }));
  const kinds = [namespace, ...still, service, endpointSlice, endpoints, ingressClass, ingress, event];
  return new Model({ registry: new Registry(kinds, [], [doIt]) });
}

export const NGINX = 'k8s.io/ingress-nginx';

export function classOf(name: string, controller = NGINX, isDefault = false): NewObject {
  const annotations = { 'ingressclass.kubernetes.io/is-default-class': String(isDefault) };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: { name, annotations },
    spec: { controller },
  };
}

export function ingressOf(name: string, spec: IngressSpec, annotations?: Record<string, string>): NewObject {
  const metadata = { name, namespace: 'default', ...(annotations && { annotations }) };
  return { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata, spec };
}

export function backend(name: string, port: number | string = 80) {
  return { service: { name, port: typeof port === 'number' ? { number: port } : { name: port } } };
}

/** A rule from paths as "Prefix /foo → web", or "→ web" for a path of any kind. */
export function rule(host: string | undefined, ...paths: string[]) {
  return {
    ...(host === undefined ? {} : { host }),
    http: {
      paths: paths.map((text) => {
        const [head = '', name = ''] = text.split(' → ');
        const [pathType = '', path = ''] = head.split(' ');
        return { pathType, path, backend: backend(name) };
      }),
    },
  };
}

export function stored(model: Model, name: string): Ingress {
  return model.view.get(Ingress, 'default', name)!;
}

/** The API server's sentence, without its beginning; undefined when the object is admitted. */
export function refusal(model: Model, object: NewObject): string | undefined {
  let message: string | undefined;
  model.do((api) => {
    const answer = api.create(object);
    if (!answer.ok) message = answer.error.message;
  });
  return message?.replace(/^.* is invalid: /, '');
}
