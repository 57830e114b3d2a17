import { GraphQLError } from 'graphql';
import { parseDuration, formatDuration, toTimestamp } from '../machinery/time.ts';
import { parseQuantity, QUANTITY_ERROR } from '../machinery/quantity.ts';
import { builder } from './builder.ts';

function refuse(message: string): never {
  throw new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
}

const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/** RFC 3339 with milliseconds only where there are any. */
function dateTimeText(ms: number): string {
  return ms % 1000 === 0 ? toTimestamp(ms) : new Date(ms).toISOString();
}

builder.scalarType('DateTime', {
  description: 'A moment as RFC 3339 text ("2026-01-01T00:00:00Z"). Simulated time unless the field says wall time.',
  serialize: (value) => (typeof value === 'number' ? dateTimeText(value) : value),
  parseValue: (value) => {
    if (typeof value !== 'string' || !RFC_3339.test(value))
      refuse('DateTime must be RFC 3339 text such as "2026-01-01T00:00:00Z"');
    return Date.parse(value);
  },
});

builder.scalarType('Duration', {
  description: 'A length of time as Go and Kubernetes write it: "90s", "1h30m", "250ms".',
  serialize: (value) => formatDuration(value),
  parseValue: (value) => {
    const ms = typeof value === 'string' ? parseDuration(value) : undefined;
    if (ms === undefined) return refuse(`time: invalid duration ${JSON.stringify(value)}`);
    return ms;
  },
});

builder.scalarType('Quantity', {
  description: 'A Kubernetes quantity as it is written: "250m", "1Gi".',
  serialize: (value) => String(value),
  parseValue: (value) => {
    const text = typeof value === 'number' ? String(value) : value;
    if (typeof text !== 'string' || parseQuantity(text) === undefined) return refuse(QUANTITY_ERROR);
    return text;
  },
});

builder.scalarType('Revision', {
  description:
    'A revision of a cluster: opaque decimal text that grows with every change. Do not compare it in clients.',
  serialize: (value) => String(value),
  parseValue: (value) => {
    const text = typeof value === 'number' ? String(value) : value;
    if (typeof text !== 'string' || !/^\d{1,15}$/.test(text))
      return refuse(`Revision must be decimal text, not ${JSON.stringify(value)}`);
    return Number(text);
  },
});

builder.scalarType('StringMap', {
  description: 'A map of strings: {"app": "web"}.',
  serialize: (value) => value,
  parseValue: (value) => {
    const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (!isMap || Object.values(value).some((entry) => typeof entry !== 'string'))
      return refuse('StringMap must map strings to strings');
    return value as Record<string, string>;
  },
});

builder.scalarType('JSON', {
  description: 'Any JSON value.',
  serialize: (value) => value,
  parseValue: (value) => value,
});
