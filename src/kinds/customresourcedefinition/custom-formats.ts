import { parseIp, parseRange } from '../../machinery/ip-address.ts';
import { dns1123LabelProblems, dns1123SubdomainProblems } from '../../machinery/metadata-validation.ts';
import type { JsonSchema } from './types.ts';

/**
 * The formats of texts that schemas of custom resources may ask for; every other format accepts everything. ISBNs, credit
 * cards and e-mail addresses are not looked into. Sources: apiextensions-apiserver/pkg/apiserver/validation/formats.go,
 * kube-openapi/pkg/validation/strfmt.
 */
const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  bsonobjectid: (text) => /^[0-9a-f]{24}$/i.test(text),
  byte: (text) => /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/.test(text),
  cidr: (text) => parseRange(text) !== undefined,
  date: isDate,
  datetime: isDateTime,
  duration: isDuration,
  hexcolor: (text) => /^#?([0-9a-f]{3}|[0-9a-f]{6})$/i.test(text),
  hostname: isHostname,
  ipv4: (text) => text.includes('.') && parseIp(text) !== undefined,
  ipv6: (text) => text.includes(':') && parseIp(text) !== undefined,
  k8slongname: (text) => dns1123SubdomainProblems(text).length === 0,
  k8sshortname: (text) => dns1123LabelProblems(text).length === 0,
  mac: (text) =>
    /^([0-9a-f]{2}([:-])([0-9a-f]{2}\2){4}([0-9a-f]{2}\2[0-9a-f]{2}\2)?[0-9a-f]{2}|([0-9a-f]{4}\.){2,3}[0-9a-f]{4})$/i.test(
      text,
    ),
  rgbcolor: (text) => /^rgb\(\s*\d{1,3}\s*,\s*\d{1,3}\s*,\s*\d{1,3}\s*\)$/.test(text),
  ssn: (text) => /^\d{3}[- ]?\d{2}[- ]?\d{4}$/.test(text),
  uri: isRequestUri,
  uuid: (text) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(text),
  uuid3: (text) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?3[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(text),
  uuid4: (text) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i.test(text),
  uuid5: (text) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?5[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i.test(text),
};

/** Whether a text has a format. The dashes of a format's name do not matter. */
export function hasFormat(text: string, format: string): boolean {
  const name = format.replaceAll('-', '');
  return Object.hasOwn(FORMATS, name) ? (FORMATS[name]?.(text) ?? true) : true;
}

/** Formats that are known, and that every text has here. */
const UNCHECKED = new Set(['creditcard', 'email', 'isbn', 'isbn10', 'isbn13', 'password', 'quantity']);
const NUMBERS: Readonly<Record<string, readonly string[]>> = {
  integer: ['int32', 'int64'],
  number: ['float', 'double'],
};

/** What the API server warns of in a schema: formats that it does not know, each once for every place. */
export function unknownFormats(schema: JsonSchema): string[] {
  const { format, type = 'string', items, additionalProperties, not } = schema;
  const name = format?.replaceAll('-', '') ?? '';
  const isKnown =
    type === 'string' ? Object.hasOwn(FORMATS, name) || UNCHECKED.has(name) : NUMBERS[type]?.includes(name);
  const parts = [
    ...(items ? [items] : []),
    ...(schema.allOf ?? []),
    ...(schema.oneOf ?? []),
    ...(schema.anyOf ?? []),
    ...(not ? [not] : []),
    ...Object.values(schema.properties ?? {}),
    ...(typeof additionalProperties === 'object' ? [additionalProperties] : []),
  ];
  return [...(format && !isKnown ? [format] : []), ...parts.flatMap(unknownFormats)];
}

function isDate(text: string): boolean {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? [];
  if (year === undefined) return false;
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  return date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day) && Number(month) > 0;
}

function isDateTime(text: string): boolean {
  const [date = '', ...time] = text.toLowerCase().split('t');
  const parts = /^(\d{2}):(\d{2}):(\d{2})(.\d+)?(z|[+-]\d{2}:\d{2})$/.exec(time[0] ?? '');
  if (!parts || !isDate(date)) return false;
  const [, hour = '', minute = '', second = ''] = parts;
  return hour <= '23' && minute <= '59' && second <= '59';
}

/** Go's durations, and those of Scala: "1h30m", "22 ns", "3 days". */
function isDuration(text: string): boolean {
  if (/^[-+]?0$/.test(text)) return true;
  const units =
    'ns|nanos?|us|µs|μs|micros?|ms|millis?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|wks?|weeks?';
  return new RegExp(`^[-+]?\\s*((\\d+\\.?\\d*|\\.\\d+)\\s*(${units})\\s*)+$`).test(text);
}

/** net/url.ParseRequestURI: an absolute URI, or an absolute path. */
function isRequestUri(text: string): boolean {
  if (/[\s\p{Cc}]/u.test(text)) return false;
  return text.startsWith('/') || /^[a-z][a-z0-9+.-]*:\S+/i.test(text);
}

function isHostname(text: string): boolean {
  return (
    text.length > 0 &&
    text.length <= 255 &&
    text.split('.').every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(label))
  );
}
