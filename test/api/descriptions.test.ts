import { isEnumType, isInputObjectType, isInterfaceType, isObjectType, type GraphQLNamedType } from 'graphql';
import { expect, test } from 'vitest';
import { ENUM_TEXTS } from '../../src/api/description-enums.ts';
import { TYPE_TEXTS } from '../../src/api/description-texts.ts';
import { buildSchema } from '../../src/api/schema.ts';
import { definitions } from '../../src/kinds/registry.ts';

const schema = await buildSchema(definitions);
const BUILT_IN = /^(__|(String|Int|Float|Boolean|ID)$)/;

/** Every place of a type that can say what it is, with what it says; '' is the type itself. */
function placesOf(type: GraphQLNamedType): Map<string, string | null | undefined> {
  const places = new Map([['', type.description]]);
  if (isEnumType(type)) for (const { name, description } of type.getValues()) places.set(name, description);
  if (isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)) {
    for (const field of Object.values(type.getFields())) {
      places.set(field.name, field.description);
      for (const { name, description } of 'args' in field ? field.args : [])
        places.set(`${field.name}.${name}`, description);
    }
  }
  return places;
}

test('every type, field, argument and value says what it is', () => {
  const silent = Object.values(schema.getTypeMap())
    .filter(({ name }) => !BUILT_IN.test(name))
    .flatMap((type) => [...placesOf(type)].filter(([, text]) => !text).map(([place]) => `${type.name} ${place}`));
  expect(silent).toEqual([]);
});

test('every text is of a place that is there', () => {
  const idle: string[] = [];
  for (const [name, texts] of [...Object.entries(TYPE_TEXTS), ...Object.entries(ENUM_TEXTS)]) {
    const type = schema.getType(name);
    const places = type ? placesOf(type) : new Map<string, string>();
    for (const place of Object.keys(texts)) if (!places.has(place)) idle.push(`${name} ${place}`);
  }
  expect(idle).toEqual([]);
});
