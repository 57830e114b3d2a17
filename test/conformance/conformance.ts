import { it } from 'vitest';
import { CONFORMANCE_TESTS } from './names.ts';

const KNOWN = new Set(CONFORMANCE_TESTS.map(({ name }) => name));

/** A test that carries the name of an upstream conformance test, and does on a model what that does on a cluster. */
export function conformance(name: string, test: () => void | Promise<void>): void {
  if (!KNOWN.has(name)) throw new Error(`no conformance test is called ${JSON.stringify(name)}`);
  it(name, test);
}
