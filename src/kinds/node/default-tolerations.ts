import type { AdmissionPlugin } from '../../machinery/definition.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { Pod } from '../pod/types.ts';
import { NOT_READY_TAINT, UNREACHABLE_TAINT } from './types.ts';

/**
 * DefaultTolerationSeconds: a pod that says nothing about it stays 300 s on a node that is not ready or unreachable.
 * Source: plugin/pkg/admission/defaulttolerationseconds.
 */
export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  kinds: [Pod],
  mutate(object: KubeObject, _old, { settings }) {
    const pod = object as Pod;
    const tolerations = pod.spec.tolerations ?? [];
    const added = [
      { key: NOT_READY_TAINT, seconds: settings.defaultNotReadyTolerationSeconds },
      { key: UNREACHABLE_TAINT, seconds: settings.defaultUnreachableTolerationSeconds },
    ]
      .filter(
        ({ key }) =>
          !tolerations.some(
            (toleration) =>
              (toleration.key === key || !toleration.key) && (toleration.effect === 'NoExecute' || !toleration.effect),
          ),
      )
      .map(({ key, seconds }) => ({
        effect: 'NoExecute' as const,
        key,
        operator: 'Exists' as const,
        tolerationSeconds: seconds,
      }));
    if (added.length > 0) pod.spec = { ...pod.spec, tolerations: [...tolerations, ...added] };
    return undefined;
  },
};
