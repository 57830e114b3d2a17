import { forbidden, invalid, required, type FieldProblem } from '../../machinery/api-error.ts';
import { dns1123LabelProblems } from '../../machinery/metadata-validation.ts';
import { portNameProblems, portNumberProblems, validateIp } from '../../machinery/network-validation.ts';
import { fromTimestamp, parseDuration } from '../../machinery/time.ts';
import type { TrafficSource, TrafficSourceSpec } from './types.ts';
import { windowOf } from './window.ts';

/** More requests each second than this are a slip of the pen. */
const MAX_REQUESTS_PER_SECOND = 1_000_000;
/** Each client is remembered by itself where it stays at one endpoint. */
const MAX_CLIENTS = 100;

export function validateTrafficSource(source: TrafficSource): FieldProblem[] {
  const { spec } = source;
  if (typeof spec !== 'object' || spec === null) return [required('spec')];
  return [
    ...validateService(spec.service),
    ...validateRate(spec.requestsPerSecond),
    ...validateWindow(source),
    ...validatePort(spec.port),
    ...validateClients(spec),
  ];
}

function validateService(service: unknown): FieldProblem[] {
  const path = 'spec.service';
  if (typeof service !== 'string' || service === '') return [required(path)];
  const parts = service.split('/');
  if (parts.length > 2) return [invalid(path, service, 'must be "name" or "namespace/name"')];
  return parts.flatMap((part) => dns1123LabelProblems(part).map((text) => invalid(path, service, text)));
}

function validateRate(rate: unknown): FieldProblem[] {
  const path = 'spec.requestsPerSecond';
  if (rate === undefined) return [required(path)];
  const fits = typeof rate === 'number' && rate > 0 && rate <= MAX_REQUESTS_PER_SECOND;
  return fits ? [] : [invalid(path, rate, `must be greater than 0 and at most ${MAX_REQUESTS_PER_SECOND}`)];
}

function validateWindow(source: TrafficSource): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const name of ['from', 'until'] as const) {
    const text = source.spec[name];
    if (text === undefined) continue;
    const duration = parseDuration(text);
    if (duration === undefined ? fromTimestamp(text) !== undefined : duration >= 0) continue;
    problems.push(invalid(`spec.${name}`, text, 'must be an RFC 3339 time, or a duration such as "90s"'));
  }
  const { from, until } = source.spec;
  if (problems.length > 0 || from === undefined || until === undefined) return problems;
  if ((parseDuration(from) === undefined) !== (parseDuration(until) === undefined)) return problems;
  const { start, end } = windowOf(source, 0);
  return end > start ? problems : [invalid('spec.until', until, 'must be later than `from`')];
}

function validatePort(port: TrafficSourceSpec['port']): FieldProblem[] {
  if (port === undefined) return [];
  const problems = typeof port === 'number' ? portNumberProblems(port) : portNameProblems(port);
  return problems.map((text) => invalid('spec.port', port, text));
}

function validateClients({ clients, clientIP }: TrafficSourceSpec): FieldProblem[] {
  const problems = clientIP === undefined ? [] : validateIp(clientIP, 'spec.clientIP');
  if (clients === undefined) return problems;
  if (!Number.isInteger(clients) || clients < 1 || clients > MAX_CLIENTS) {
    return [...problems, invalid('spec.clients', clients, `must be between 1 and ${MAX_CLIENTS}, inclusive`)];
  }
  if (clientIP === undefined || clients === 1) return problems;
  return [...problems, forbidden('spec.clients', 'may not be more than 1 when `clientIP` is specified')];
}
