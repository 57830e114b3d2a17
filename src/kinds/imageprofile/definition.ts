import { invalid, notSupported, required, type FieldProblem } from '../../machinery/api-error.ts';
import type { KindDefinition } from '../../machinery/definition.ts';
import { parseQuantity, QUANTITY_ERROR } from '../../machinery/quantity.ts';
import { fromTimestamp, humanDuration, parseDuration } from '../../machinery/time.ts';
import { imageProfileSchema } from './schema.ts';
import { ImageProfile } from './types.ts';

const DURATIONS = ['pullTime', 'startupTime', 'runTime', 'shutdownTime', 'hookTime'] as const;

function validate({ spec }: ImageProfile): FieldProblem[] {
  if (!(spec as Partial<ImageProfile['spec']> | undefined)?.image) return [required('spec.image')];
  const problems: FieldProblem[] = [];
  for (const name of DURATIONS) problems.push(...validateDuration(spec[name], `spec.${name}`));
  const codes = [spec.exitCode, spec.shutdownExitCode, ...(spec.exitCodes ?? [])];
  for (const code of codes) {
    if (code === undefined || (Number.isInteger(code) && code >= 0 && code <= 255)) continue;
    problems.push(invalid('spec.exitCode', code, 'must be between 0 and 255, inclusive'));
  }
  for (const [index, probe] of (spec.probes ?? []).entries()) {
    const path = `spec.probes[${index}]`;
    problems.push(...validateDuration(probe.from, `${path}.from`), ...validateDuration(probe.to, `${path}.to`));
    if (probe.type !== undefined && !['STARTUP', 'READINESS', 'LIVENESS'].includes(probe.type)) {
      problems.push(notSupported(`${path}.type`, probe.type, ['LIVENESS', 'READINESS', 'STARTUP']));
    }
    if (typeof probe.succeed !== 'boolean') problems.push(required(`${path}.succeed`));
  }
  for (const [index, usage] of (spec.usage ?? []).entries()) {
    const path = `spec.usage[${index}]`;
    problems.push(...validateDuration(usage.after, `${path}.after`));
    for (const name of ['cpu', 'memory'] as const) {
      const quantity = usage[name];
      if (quantity === undefined || parseQuantity(quantity) !== undefined) continue;
      problems.push(invalid(`${path}.${name}`, quantity, QUANTITY_ERROR));
    }
  }
  return problems;
}

function validateDuration(text: string | undefined, path: string): FieldProblem[] {
  if (text === undefined) return [];
  const ms = parseDuration(text);
  return ms !== undefined && ms >= 0 ? [] : [invalid(path, text, 'must be a duration such as "1.5s"')];
}

/** How containers of an image behave. */
export const imageProfile: KindDefinition<ImageProfile> = {
  kind: ImageProfile,
  schema: imageProfileSchema,
  validate,
  columns: [
    { name: 'IMAGE', cell: ({ spec }) => spec.image },
    { name: 'PULL', cell: ({ spec }) => spec.pullTime ?? '<default>' },
    { name: 'STARTUP', cell: ({ spec }) => spec.startupTime ?? '<default>' },
    { name: 'RUN', cell: ({ spec }) => spec.runTime ?? '<default>' },
    {
      name: 'AGE',
      cell: ({ metadata }, { now }) => humanDuration(now - fromTimestamp(metadata.creationTimestamp)),
    },
  ],
  health: () => 'HEALTHY',
};
