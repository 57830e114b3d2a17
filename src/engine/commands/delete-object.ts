import { notFound } from '../../machinery/api-error.ts';
import type { DeleteObjectInput } from '../../machinery/apply/types.ts';
import { outcomeOf, referenceTo } from '../../machinery/command-target.ts';
import type { CommandHandler, DeleteOptions } from '../../machinery/controller.ts';
import { objectKey } from '../../machinery/object.ts';
import type { KindResolver } from './kind-resolver.ts';

/** Deletes any object, as kubectl delete does: in the background unless asked otherwise. */
export function deleteObject(resolver: KindResolver): CommandHandler<DeleteObjectInput> {
  return {
    name: 'deleteObject',
    handle({ target, propagation = 'Background', gracePeriodSeconds, resourceVersion }, api) {
      const definition = resolver.byKey(target.kindKey, api);
      const kind = definition?.kind;
      const object = kind && api.getByKey(kind, objectKey(target.namespace, target.name));
      if (!object || (target.uid !== undefined && target.uid !== object.metadata.uid)) {
        const group = kind?.apiVersion.includes('/') ? (kind.apiVersion.split('/')[0] ?? '') : '';
        return { errors: [notFound(kind?.plural ?? target.kindKey.toLowerCase(), group, target.name)] };
      }
      const options: DeleteOptions = { propagation };
      if (gracePeriodSeconds !== undefined) options.gracePeriodSeconds = gracePeriodSeconds;
      if (resourceVersion !== undefined) options.resourceVersion = resourceVersion;
      const result = api.delete(object, options);
      return result.ok ? { objects: [referenceTo(object)] } : outcomeOf(result);
    },
  };
}
