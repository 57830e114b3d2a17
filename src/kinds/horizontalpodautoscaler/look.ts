import type { ControllerApi, EventType } from '../../machinery/controller.ts';
import { deepEqual } from '../../machinery/equality.ts';
import { toTimestamp } from '../../machinery/time.ts';
import type {
  AutoscalerCondition,
  AutoscalerRuntime,
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerStatus,
  MetricStatus,
  Recommendation,
  ScaleEvent,
} from './types.ts';

/** One look at one autoscaler: what it has found so far, written at its end if it differs from what is stored. */
export class Look {
  readonly api: ControllerApi;
  readonly autoscaler: HorizontalPodAutoscaler;
  recommendations: readonly Recommendation[];
  scaleUps: readonly ScaleEvent[];
  scaleDowns: readonly ScaleEvent[];
  private readonly runtime: AutoscalerRuntime;
  private status: HorizontalPodAutoscalerStatus;

  constructor(api: ControllerApi, autoscaler: HorizontalPodAutoscaler, runtime: AutoscalerRuntime) {
    this.api = api;
    this.autoscaler = autoscaler;
    this.runtime = runtime;
    this.status = autoscaler.status;
    this.recommendations = runtime.recommendations;
    this.scaleUps = runtime.scaleUps;
    this.scaleDowns = runtime.scaleDowns;
  }

  event(type: EventType, reason: string, message: string): void {
    this.api.event(this.autoscaler, type, reason, message);
  }

  /** A condition keeps its place, and its time while its status stays. */
  setCondition(type: string, status: AutoscalerCondition['status'], reason: string, message: string): void {
    const conditions = [...(this.status.conditions ?? [])];
    const position = conditions.findIndex((condition) => condition.type === type);
    const current = conditions[position];
    const lastTransitionTime = current?.status === status ? current.lastTransitionTime : toTimestamp(this.api.now);
    const condition = { type, status, lastTransitionTime, reason, message };
    if (current) conditions[position] = condition;
    else conditions.push(condition);
    this.status = { ...this.status, conditions };
  }

  /** What is known of the target when nothing could be decided: the desired number stays as it was. */
  setCurrent(current: number, metrics: readonly MetricStatus[] | null): void {
    this.setStatus(current, this.status.desiredReplicas, metrics);
  }

  setStatus(current: number, desired: number, metrics: readonly MetricStatus[] | null, scaledAt?: string): void {
    const { conditions } = this.status;
    const lastScaleTime = scaledAt ?? this.status.lastScaleTime;
    this.status = {
      ...(lastScaleTime === undefined ? {} : { lastScaleTime }),
      ...(current === 0 ? {} : { currentReplicas: current }),
      desiredReplicas: desired,
      currentMetrics: metrics && [...metrics],
      ...(conditions ? { conditions } : {}),
    };
  }

  /** Writes what changed; nothing where nothing did. */
  write(): void {
    const { recommendations, scaleUps, scaleDowns } = this;
    const next = { ...this.runtime, recommendations, scaleUps, scaleDowns };
    const stored = this.autoscaler.status;
    if (deepEqual(next, this.runtime) && deepEqual(this.status, stored)) return;
    const runtime = { ...next, changedAt: this.api.now };
    this.api.updateStatus<HorizontalPodAutoscaler>({ ...this.autoscaler, status: this.status, runtime });
  }
}
