import { Registry } from '../../src/engine/registry.ts';
import { definitions } from '../../src/kinds/registry.ts';
import { Namespace } from '../../src/kinds/namespace/types.ts';
import type { CommandHandler, ObjectApi } from '../../src/machinery/controller.ts';
import { Model } from '../support/model.ts';

/** Jobs by themselves: pods change only as the tests say, so no scheduler and no kubelet. */
const doIt: CommandHandler<(api: ObjectApi) => void> = {
  name: 'test.do',
  handle(work, api) {
    work(api);
    return {};
  },
};

export function jobModel(): Model {
  const kept = definitions.map((definition) =>
    ['Namespace', 'Job', 'CronJob', 'Event'].includes(definition.kind.key)
      ? definition
      : { ...definition, controllers: [] },
  );
  const model = new Model({ registry: new Registry(kept, [], [doIt]) });
  if (!model.view.get(Namespace, undefined, 'default')) {
    model.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
  }
  return model;
}
