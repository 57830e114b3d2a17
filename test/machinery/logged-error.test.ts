import { DrizzleQueryError } from 'drizzle-orm/errors';
import { expect, it } from 'vitest';
import { loggedError } from '../../src/machinery/logged-error.ts';

const SECRET = 'a-value-of-a-secret';

it('leaves out the values of a statement that failed, and what the database says about them', () => {
  const refused = Object.assign(new Error('invalid input syntax for type json'), {
    code: '22P02',
    detail: `Token "${SECRET}" is invalid.`,
    where: `JSON data, line 1: {"data": ${SECRET}`,
  });
  const logged = loggedError(new DrizzleQueryError('insert into commands values ($1)', [SECRET], refused));
  expect(JSON.stringify(logged)).not.toContain(SECRET);
  expect(logged).toMatchObject({
    message: 'Failed query: insert into commands values ($1)',
    cause: { code: '22P02', message: 'invalid input syntax for type json' },
  });
});

it('keeps the stack, and the chain of causes to a depth', () => {
  let error = new Error('cause 0');
  for (let depth = 1; depth < 10; depth++) error = new Error(`cause ${depth}`, { cause: error });
  const logged = loggedError(error);
  expect(logged.stack).toContain('logged-error.test.ts');
  expect(JSON.stringify(logged).match(/"message"/g)).toHaveLength(6);
});

it('takes what is no error by its sentence', () => {
  expect(loggedError({ reason: 'Invalid', message: 'no' })).toEqual({ type: 'object', message: 'no' });
  expect(loggedError(undefined)).toEqual({ type: 'undefined', message: '' });
});
