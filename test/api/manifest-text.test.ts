import { expect, it } from 'vitest';
import { manifestText } from '../../src/api/public-object.ts';
import type { KubeObject } from '../../src/machinery/object.ts';

it('a manifest writes out parts that an object has twice, whatever the order of its keys', () => {
  const labels = { app: 'web' };
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a', labels },
    binding: { labels },
    a: [labels, labels],
  } as unknown as KubeObject;
  expect(manifestText(object, 'YAML')).toBe(
    [
      'a:',
      '- app: web',
      '- app: web',
      'apiVersion: v1',
      'binding:',
      '  labels:',
      '    app: web',
      'kind: ConfigMap',
      'metadata:',
      '  labels:',
      '    app: web',
      '  name: a',
      '',
    ].join('\n'),
  );
});
