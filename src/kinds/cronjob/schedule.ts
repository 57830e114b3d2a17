import { parseDuration, SECOND_MS } from '../../machinery/time.ts';
import { isTimeZone, timeZoneOf } from './civil-time.ts';
import { nextTime, type ScheduleFields } from './next-time.ts';

/** A parsed schedule: the next time after a time, in milliseconds; undefined when there is none. */
export interface Schedule {
  next(after: number): number | undefined;
}

export type ParsedSchedule = { ok: true; schedule: Schedule } | { ok: false; problem: string };

const MACROS: Record<string, string> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

interface Field {
  min: number;
  max: number;
  names: Readonly<Record<string, number>>;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const FIELDS: readonly Field[] = [
  { min: 0, max: 59, names: {} },
  { min: 0, max: 23, names: {} },
  { min: 1, max: 31, names: {} },
  { min: 1, max: 12, names: Object.fromEntries(MONTHS.map((name, index) => [name, index + 1])) },
  { min: 0, max: 6, names: Object.fromEntries(DAYS.map((name, index) => [name, index])) },
];

const parsed = new Map<string, ParsedSchedule>();
const CACHE_LIMIT = 1000;

/**
 * Parses a schedule as the CronJob controller does: five fields, the macros, `@every`, and a leading `TZ=` or
 * `CRON_TZ=`. Grammar and sentences are those of robfig/cron's standard parser (v3, parser.go).
 */
export function parseSchedule(text: string, timeZone?: string): ParsedSchedule {
  const key = `${timeZone ?? ''}\n${text}`;
  let result = parsed.get(key);
  if (!result) {
    result = parseText(text, timeZone);
    if (parsed.size >= CACHE_LIMIT) parsed.clear();
    parsed.set(key, result);
  }
  return result;
}

function parseText(text: string, timeZone: string | undefined): ParsedSchedule {
  let spec = text;
  let zone = timeZone ?? 'UTC';
  const prefix = /^(?:CRON_)?TZ=(\S*)\s+/.exec(text);
  if (prefix) {
    zone = prefix[1] ?? '';
    spec = text.slice(prefix[0].length).trim();
    if (!isTimeZone(zone)) return { ok: false, problem: `provided bad location ${zone}: unknown time zone ${zone}` };
  }
  if (spec.startsWith('@')) return parseDescriptor(spec, zone);
  const fields = spec.split(/\s+/).filter((field) => field !== '');
  if (fields.length !== FIELDS.length) {
    return { ok: false, problem: `expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]` };
  }
  const expanded: (ReadonlySet<number> | undefined)[] = [];
  for (const [index, bounds] of FIELDS.entries()) {
    const values = expandField(fields[index] ?? '', bounds);
    if (typeof values === 'string') return { ok: false, problem: values };
    expanded.push(values);
  }
  return { ok: true, schedule: fieldSchedule(expanded, zone) };
}

function fieldSchedule(expanded: readonly (ReadonlySet<number> | undefined)[], zoneName: string): Schedule {
  const [minutes, hours, days, months, weekdays] = expanded;
  const fields: ScheduleFields = { minutes, hours, days, months, weekdays };
  const zone = timeZoneOf(zoneName);
  return { next: (after) => nextTime(fields, zone, after) };
}

function parseDescriptor(spec: string, zone: string): ParsedSchedule {
  const macro = MACROS[spec];
  if (macro !== undefined) return parseText(macro, zone);
  if (!spec.startsWith('@every ')) return { ok: false, problem: `unrecognized descriptor: ${spec}` };
  const text = spec.slice('@every '.length);
  const duration = parseDuration(text);
  if (duration === undefined) {
    return { ok: false, problem: `failed to parse duration ${spec}: ${durationProblem(text)}` };
  }
  const delay = Math.max(SECOND_MS, Math.floor(duration / SECOND_MS) * SECOND_MS);
  return { ok: true, schedule: { next: (after) => Math.floor(after / SECOND_MS) * SECOND_MS + delay } };
}

/** Why Go's time.ParseDuration refuses a text. */
function durationProblem(text: string): string {
  const quoted = JSON.stringify(text);
  const part = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))*(?:\d+\.?\d*|\.\d+)([^\d.]*)/.exec(text);
  if (!part) return `time: invalid duration ${quoted}`;
  const unit = part[1] ?? '';
  if (unit === '') return `time: missing unit in duration ${quoted}`;
  return `time: unknown unit ${JSON.stringify(unit)} in duration ${quoted}`;
}

/** The values a field allows; undefined when it is a star; the parser's sentence when it is none. */
function expandField(field: string, bounds: Field): ReadonlySet<number> | undefined | string {
  const values = new Set<number>();
  let isStar = false;
  for (const expression of field.split(',').filter((part) => part !== '')) {
    const range = parseRange(expression, bounds);
    if (typeof range === 'string') return range;
    isStar ||= range.isStar;
    for (let value = range.start; value <= range.end; value += range.step) values.add(value);
  }
  return isStar ? undefined : values;
}

interface Range {
  start: number;
  end: number;
  step: number;
  /** A plain star: the field does not restrict the day. */
  isStar: boolean;
}

function parseRange(expression: string, bounds: Field): Range | string {
  const rangeAndStep = expression.split('/');
  const lowAndHigh = (rangeAndStep[0] ?? '').split('-');
  const [low = '', high] = lowAndHigh;
  const hasStep = rangeAndStep.length === 2;
  const isStar = low === '*' || low === '?';
  let start = bounds.min;
  let end = bounds.max;
  if (!isStar) {
    const first = toNumber(low, bounds);
    if (typeof first === 'string') return first;
    start = first;
    if (lowAndHigh.length > 2) return `too many hyphens: ${expression}`;
    const last = high === undefined ? first : toNumber(high, bounds);
    if (typeof last === 'string') return last;
    end = hasStep && high === undefined ? bounds.max : last;
  }
  if (rangeAndStep.length > 2) return `too many slashes: ${expression}`;
  const step = hasStep ? toNumber(rangeAndStep[1] ?? '', { ...bounds, names: {} }) : 1;
  if (typeof step === 'string') return step;
  if (start < bounds.min) return `beginning of range (${start}) below minimum (${bounds.min}): ${expression}`;
  if (end > bounds.max) return `end of range (${end}) above maximum (${bounds.max}): ${expression}`;
  if (start > end) return `beginning of range (${start}) beyond end of range (${end}): ${expression}`;
  if (step === 0) return `step of range should be a positive number: ${expression}`;
  return { start, end, step, isStar: isStar && step === 1 };
}

/** The number an expression stands for, or the parser's sentence. */
function toNumber(text: string, bounds: Field): number | string {
  const named = bounds.names[text.toLowerCase()];
  if (named !== undefined) return named;
  if (/^\+?\d+$/.test(text)) return Number(text);
  if (/^-\d+$/.test(text)) return `negative number (${Number(text)}) not allowed: ${text}`;
  return `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`;
}
