/** One step of a path: a member, an element by its index, every element, or the elements that a filter keeps. */
type Step =
  | { kind: 'member'; name: string }
  | { kind: 'index'; index: number }
  | { kind: 'all' }
  | { kind: 'filter'; member: readonly string[]; operator: '==' | '!='; value: string };

const STEP =
  /^(?:\.([A-Za-z0-9_\-/]+(?:\\.[A-Za-z0-9_\-/]+)*)|\[['"]([^'"]+)['"]\]|\[(-?\d+)\]|\[\*\]|\[\?\(@\.([A-Za-z0-9_.-]+)\s*(==|!=)\s*["']?([^"')]*)["']?\)\])/;

/**
 * The simple JSONPath of printer columns: `.spec.replicas`, `.metadata.annotations.example\.com/x`, `.items[0].name`,
 * `.status.conditions[?(@.type=="Ready")].status`. Undefined when the text is no such path.
 * Source: client-go/util/jsonpath.
 */
export function parseJsonPath(text: string): readonly Step[] | undefined {
  const steps: Step[] = [];
  let rest = text.replace(/^\$/, '');
  while (rest !== '') {
    const match = STEP.exec(rest);
    if (!match) return undefined;
    const [all, member, quoted, index, filtered, operator, value] = match;
    if (member !== undefined) steps.push({ kind: 'member', name: member.replaceAll('\\.', '.') });
    else if (quoted !== undefined) steps.push({ kind: 'member', name: quoted });
    else if (index !== undefined) steps.push({ kind: 'index', index: Number(index) });
    else if (filtered === undefined) steps.push({ kind: 'all' });
    else {
      const comparison = operator === '!=' ? '!=' : '==';
      steps.push({ kind: 'filter', member: filtered.split('.'), operator: comparison, value: value ?? '' });
    }
    rest = rest.slice(all.length);
  }
  return steps;
}

/** The first value a path leads to; undefined where there is none. */
export function evaluateJsonPath(root: unknown, steps: readonly Step[]): unknown {
  let values: unknown[] = [root];
  for (const step of steps) values = values.flatMap((value) => take(value, step));
  return values[0];
}

function take(value: unknown, step: Step): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  switch (step.kind) {
    case 'member':
      return Object.hasOwn(value, step.name) ? [(value as Record<string, unknown>)[step.name]] : [];
    case 'index':
      return Array.isArray(value) && value.at(step.index) !== undefined ? [value.at(step.index)] : [];
    case 'all':
      return Object.values(value);
    case 'filter':
      return Array.isArray(value) ? value.filter((item) => keeps(item, step)) : [];
  }
}

function keeps(item: unknown, step: Extract<Step, { kind: 'filter' }>): boolean {
  const found = evaluateJsonPath(
    item,
    step.member.map((name) => ({ kind: 'member', name })),
  );
  const text = typeof found === 'string' ? found : JSON.stringify(found);
  const equal = text === step.value;
  return step.operator === '==' ? equal : found !== undefined && !equal;
}
