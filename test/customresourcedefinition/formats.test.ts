import { describe, expect, it } from 'vitest';
import { hasFormat, unknownFormats } from '../../src/kinds/customresourcedefinition/custom-formats.ts';

/** Cases of kube-openapi/pkg/validation/strfmt (default_test.go, date_test.go, time_test.go, duration_test.go). */
const CASES: readonly [format: string, fitting: string[], others: string[]][] = [
  [
    'date-time',
    ['2014-12-15T08:00:00.000Z', '2011-08-18T19:03:37.000000000+01:00', '2014-12-15T19:30:20Z', '2014-12-15t19:30:20z'],
    [
      'yada',
      '2014-12-15',
      '2014-12-15 19:30:20',
      '2014-13-15T08:00:00Z',
      '2014-12-15T24:00:00Z',
      '2014-12-15T08:60:00Z',
      '',
    ],
  ],
  [
    'date',
    ['2014-12-15', '2024-02-29'],
    ['2014-12-32', '2014-13-01', '2023-02-29', '14-12-15', '2014-12-15T08:00:00Z', ''],
  ],
  ['byte', ['dGVzdA==', 'dGVzdHM='], ['dGVzdA', 'not base64!', '']],
  ['ipv4', ['192.168.1.1', '0.0.0.0'], ['198.168.1.999', '::1', '1.2.3', 'x']],
  ['ipv6', ['::1', '2001:db8::1'], ['127.0.0.1', '12345::', 'x']],
  ['cidr', ['10.0.0.0/8', '192.0.2.1/24', '2001:db8::/32'], ['10.0.0.0', '10.0.0.0/33', 'x/8']],
  ['mac', ['01:02:03:04:05:06', '01-02-03-04-05-06', '0102.0304.0506'], ['01:02:03', '01:02:03:04:05:0g']],
  ['uuid', ['a8098c1a-f86e-11da-bd1a-00112233444f', 'A8098C1AF86E11DABD1A00112233444F'], ['not-a-uuid', 'a8098c1a']],
  ['uuid4', ['025b0d74-00a2-4048-bf57-227c5111bb34'], ['a8098c1a-f86e-11da-bd1a-00112233444f']],
  ['duration', ['1h30m', '300ms', '22 ns', '3 days', '1.5h', '-2m'], ['yada', '12', '1x', '']],
  ['hostname', ['somewhere.com', 'a-b.example', 'xn--d1acufc.xn--p1ai'], ['somewhere.com!', '-a.b', 'a..b', '']],
  ['uri', ['http://somewhere.com', '/path', 'urn:isbn:1'], ['somewhere.com', 'http://a b', '']],
  ['hexcolor', ['#FFFFFF', 'fff'], ['#fffffffz', '#ff']],
  ['rgbcolor', ['rgb(255,255,255)'], ['rgb(300,1)', 'red']],
  ['ssn', ['111-11-1111', '111111111'], ['999 99 999', 'x']],
  ['bsonobjectid', ['507f1f77bcf86cd799439011'], ['bson_object_id']],
  ['k8s-short-name', ['web-1'], ['Web', 'a.b', '-a']],
  ['k8s-long-name', ['web-1.example'], ['Web', 'a..b']],
  ['password', ['anything', ''], []],
  ['a-format-nobody-knows', ['anything'], []],
];

describe('the format of a text', () => {
  it.each(CASES)('%s', (format, fitting, others) => {
    for (const text of fitting) expect(hasFormat(text, format), text).toBe(true);
    for (const text of others) expect(hasFormat(text, format), text).toBe(false);
  });
});

describe('the formats of a schema', () => {
  it.each([
    ['string', 'date-time', []],
    ['string', 'email', []],
    ['string', 'int32', ['int32']],
    ['integer', 'int32', []],
    ['integer', 'date', ['date']],
    ['number', 'double', []],
    ['boolean', 'int32', ['int32']],
    ['string', 'colour', ['colour']],
  ])('%s, %s: the API server warns of %j', (type, format, unknown) => {
    expect(
      unknownFormats({ type: 'object', properties: { list: { type: 'array', items: { type, format } } } }),
    ).toEqual(unknown);
  });
});
