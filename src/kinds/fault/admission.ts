import { forbidden, invalid, notSupported, required, type FieldProblem } from '../../machinery/api-error.ts';
import type { AdmissionContext } from '../../machinery/definition.ts';
import { deepEqual } from '../../machinery/equality.ts';
import { parseQuantity, QUANTITY_ERROR } from '../../machinery/quantity.ts';
import { fromTimestamp, parseDuration } from '../../machinery/time.ts';
import {
  FAULT_FINALIZER,
  FAULT_KINDS,
  hitsPods,
  LATENCY_COMPONENTS,
  PRESSURE_RESOURCES,
  STORAGE_OPERATIONS,
  type Fault,
  type FaultSpec,
  type PressureFault,
  type StorageFault,
} from './types.ts';

/** RFC 3339 with milliseconds: faults begin and end between seconds. */
export function preciseTimestamp(ms: number): string {
  return new Date(ms).toISOString();
}

/** A fault begins now or later: what has happened stays as it was. */
export function prepareFault(fault: Fault, { view }: AdmissionContext): void {
  if (typeof fault.spec !== 'object' || fault.spec === null) return;
  const start = fromTimestamp(fault.spec.startTime);
  const startTime = start === undefined || start < view.now ? preciseTimestamp(view.now) : fault.spec.startTime;
  fault.spec = startTime === undefined ? fault.spec : { ...fault.spec, startTime };
  fault.status = {};
  const finalizers = fault.metadata.finalizers ?? [];
  if (hitsPods(fault) && !finalizers.includes(FAULT_FINALIZER)) {
    fault.metadata.finalizers = [...finalizers, FAULT_FINALIZER];
  }
}

/** A fault that is ended in the past ends now. */
export function prepareFaultUpdate(fault: Fault, old: Fault, { view }: AdmissionContext): void {
  if (typeof fault.spec !== 'object' || fault.spec === null) return;
  if (fault.spec.startTime === undefined && old.spec.startTime !== undefined) {
    fault.spec = { ...fault.spec, startTime: old.spec.startTime };
  }
  if (fault.spec.endTime === old.spec.endTime) return;
  const end = fromTimestamp(fault.spec.endTime);
  const before = fromTimestamp(old.spec.endTime);
  if (before !== undefined && before <= view.now) fault.spec = { ...fault.spec, endTime: old.spec.endTime ?? '' };
  else if (end !== undefined && end < view.now) fault.spec = { ...fault.spec, endTime: preciseTimestamp(view.now) };
}

export function validateFault({ spec }: Fault): FieldProblem[] {
  if (typeof spec !== 'object' || spec === null) return [required('spec')];
  const problems: FieldProblem[] = [];
  const kinds = FAULT_KINDS.filter((kind) => spec[kind] !== undefined);
  if (kinds.length !== 1) {
    problems.push(required('spec', `exactly one of ${FAULT_KINDS.join(', ')} must be set`));
  }
  for (const name of ['startTime', 'endTime'] as const) {
    const text = spec[name];
    if (text !== undefined && fromTimestamp(text) === undefined) {
      problems.push(invalid(`spec.${name}`, text, 'must be an RFC 3339 time'));
    }
  }
  return [...problems, ...validateKind(spec)];
}

function validateKind(spec: FaultSpec): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const { probe, containerExit, imagePull, nodeDown, latency, pressure, storage } = spec;
  if (probe && !['STARTUP', 'READINESS', 'LIVENESS'].includes(probe.type)) {
    problems.push(notSupported('spec.probe.type', probe.type ?? '', ['LIVENESS', 'READINESS', 'STARTUP']));
  }
  if (probe && typeof probe.succeed !== 'boolean') problems.push(required('spec.probe.succeed'));
  const code = containerExit?.exitCode;
  if (code !== undefined && (!Number.isInteger(code) || code < 0 || code > 255)) {
    problems.push(invalid('spec.containerExit.exitCode', code, 'must be between 0 and 255, inclusive'));
  }
  if (imagePull && !imagePull.image) problems.push(required('spec.imagePull.image'));
  if (nodeDown && !nodeDown.node) problems.push(required('spec.nodeDown.node'));
  if (latency && !LATENCY_COMPONENTS.includes(latency.component)) {
    problems.push(notSupported('spec.latency.component', latency.component ?? '', LATENCY_COMPONENTS));
  }
  if (latency && !((parseDuration(latency.delay ?? '') ?? 0) > 0)) {
    problems.push(invalid('spec.latency.delay', latency.delay ?? '', 'must be a positive duration such as "30s"'));
  }
  if (storage) problems.push(...validateStorage(storage));
  return pressure ? [...problems, ...validatePressure(pressure)] : problems;
}

function validateStorage({ driver, operation, delay }: StorageFault): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (!driver) problems.push(required('spec.storage.driver'));
  if (operation !== undefined && !STORAGE_OPERATIONS.includes(operation)) {
    problems.push(notSupported('spec.storage.operation', operation, STORAGE_OPERATIONS));
  }
  if (delay !== undefined && !((parseDuration(delay) ?? 0) > 0)) {
    problems.push(invalid('spec.storage.delay', delay, 'must be a positive duration such as "30s"'));
  }
  return problems;
}

function validatePressure({ node, resource, available }: PressureFault): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (!node) problems.push(required('spec.pressure.node'));
  if (!PRESSURE_RESOURCES.includes(resource)) {
    problems.push(notSupported('spec.pressure.resource', resource ?? '', PRESSURE_RESOURCES));
  }
  if (available === undefined) return problems;
  const value = parseQuantity(available);
  if (value === undefined) problems.push(invalid('spec.pressure.available', available, QUANTITY_ERROR));
  else if (value < 0)
    problems.push(invalid('spec.pressure.available', available, 'must be greater than or equal to 0'));
  return problems;
}

/** Only the end of a fault may change. */
export function validateFaultUpdate(fault: Fault, old: Fault): FieldProblem[] {
  const { endTime: _, ...before } = old.spec;
  const { endTime: __, ...after } = fault.spec;
  return deepEqual(before, after) ? [] : [forbidden('spec', 'only endTime may be changed')];
}
