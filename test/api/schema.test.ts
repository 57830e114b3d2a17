import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { schemaText } from '../../src/api/print-schema.ts';
import { buildSchema } from '../../src/api/schema.ts';
import { definitions } from '../../src/kinds/registry.ts';

const FILE = new URL('../../schema.graphql', import.meta.url);

test('schema.graphql is what the code defines (`npm run schema` writes it)', async () => {
  expect(schemaText(await buildSchema(definitions))).toBe(readFileSync(FILE, 'utf8'));
});

test('every kind of the registry has a type with the fields of every object and a list under Cluster', async () => {
  const schema = await buildSchema(definitions);
  const lists = Object.values((schema.getType('Cluster') as import('graphql').GraphQLObjectType).getFields()).map(
    ({ type }) => String(type),
  );
  for (const { kind } of definitions) {
    const name = kind.kind === 'Node' ? 'KubeNode' : kind.kind;
    const type = schema.getType(name) as import('graphql').GraphQLObjectType;
    expect(type?.getInterfaces().map(String)).toContain('KubeObject');
    expect(lists).toContain(`${name}Connection!`);
  }
});
