import type { HealthWord, KindDefinition } from '../../machinery/definition.ts';
import { applyDefaults, validate } from './admission.ts';
import { autoscalerController } from './reconcile.ts';
import { columns } from './table.ts';
import { autoscalersByTarget, HorizontalPodAutoscaler } from './types.ts';

export const horizontalPodAutoscaler: KindDefinition<HorizontalPodAutoscaler> = {
  kind: HorizontalPodAutoscaler,
  indexes: [autoscalersByTarget],
  hasGeneration: false,
  applyDefaults,
  prepareCreate(object) {
    object.status = { desiredReplicas: 0, currentMetrics: null };
    return undefined;
  },
  validate,
  controllers: [autoscalerController],
  columns,
  health,
};

/** Able to scale and with a metric to go by: healthy; neither known yet: on the way. */
function health({ status }: HorizontalPodAutoscaler): HealthWord {
  const word = (type: string) => status.conditions?.find((condition) => condition.type === type)?.status;
  if (word('AbleToScale') === 'False' || word('ScalingActive') === 'False') return 'DEGRADED';
  return word('ScalingActive') === 'True' ? 'HEALTHY' : 'PROGRESSING';
}
