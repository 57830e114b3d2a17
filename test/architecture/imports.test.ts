import { readdirSync, readFileSync } from 'node:fs';
import { join, normalize, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

/** The table of docs/architecture.md: which files each layer may import, by patterns over paths below src/. */
const ROOT = join(import.meta.dirname, '../../src');

interface Rule {
  layer: RegExp;
  allowed: readonly RegExp[];
  packages: readonly RegExp[];
}

const MACHINERY = /^machinery\//;
const SHARED_OF_KINDS =
  /^kinds\/[^/]+\/(types|queries|template|job-spec|runtime|probes|probe-schedule|environment|service-variables|requests|amounts|host-ports|selection|downward-api|container-files|mounts|projected-files|volume-files|volume-sync)\.ts$/;
const NO_PACKAGES: readonly RegExp[] = [];
const ANY_PACKAGE = [/./];
const CORE_PACKAGES = [/^kubernetes-models\//];

const RULES: readonly Rule[] = [
  { layer: /^machinery\//, allowed: [MACHINERY], packages: NO_PACKAGES },
  {
    layer: /^kinds\/[^/]+\/graphql(-[a-z-]+)?\.ts$/,
    allowed: [MACHINERY, SHARED_OF_KINDS, /^api\//, /^kinds\/OWN\//],
    packages: ANY_PACKAGE,
  },
  {
    layer: /^kinds\/registry\.ts$/,
    allowed: [MACHINERY, /^kinds\/[^/]+\/definition\.ts$/, /^kinds\//],
    packages: NO_PACKAGES,
  },
  {
    layer: /^kinds\//,
    allowed: [MACHINERY, SHARED_OF_KINDS, /^kinds\/OWN\//, /^controllers\/replicas\//],
    packages: [...CORE_PACKAGES, /^@marcbachmann\/cel-js$/],
  },
  { layer: /^controllers\/registry\.ts$/, allowed: [MACHINERY, /^controllers\//], packages: NO_PACKAGES },
  { layer: /^controllers\//, allowed: [MACHINERY, SHARED_OF_KINDS, /^controllers\/OWN\//], packages: CORE_PACKAGES },
  {
    layer: /^engine\//,
    allowed: [MACHINERY, /^engine\//, /^kinds\/registry\.ts$/, /^controllers\/registry\.ts$/, SHARED_OF_KINDS],
    packages: [/^flatqueue$/],
  },
  { layer: /^manifest\//, allowed: [MACHINERY, /^manifest\//], packages: [/^yaml$/] },
  { layer: /^store\//, allowed: [MACHINERY, /^store\//], packages: ANY_PACKAGE },
  { layer: /^views\//, allowed: [MACHINERY, /^views\//, /^store\//, SHARED_OF_KINDS], packages: ANY_PACKAGE },
  {
    layer: /^reconciler\//,
    allowed: [MACHINERY, /^reconciler\//, /^engine\//, /^store\//, /^views\//],
    packages: ANY_PACKAGE,
  },
  {
    layer: /^api\//,
    allowed: [MACHINERY, /^api\//, /^views\//, /^manifest\//, SHARED_OF_KINDS, /^kinds\/[^/]+\/graphql.*\.ts$/],
    packages: ANY_PACKAGE,
  },
  { layer: /^cli\//, allowed: [MACHINERY, /^cli\//, /^manifest\//], packages: ANY_PACKAGE },
  { layer: /^config\.ts$/, allowed: [MACHINERY], packages: ANY_PACKAGE },
  { layer: /^main\.ts$/, allowed: [/./], packages: ANY_PACKAGE },
];

function sources(): string[] {
  return readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .map((path) => path.replaceAll('\\', '/'));
}

function importsOf(path: string): string[] {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const found = text.matchAll(/^\s*(?:import|export)\b[^'"]*?from\s*['"]([^'"]+)['"]|^\s*import\s*['"]([^'"]+)['"]/gm);
  return [...found].map((match) => match[1] ?? match[2] ?? '');
}

function violations(path: string): string[] {
  const rule = RULES.find(({ layer }) => layer.test(path));
  if (!rule) return [`${path} belongs to no layer`];
  const own = path.split('/').slice(0, 2).join('/');
  const broken: string[] = [];
  for (const imported of importsOf(path)) {
    if (!imported.startsWith('.')) {
      if (!rule.packages.some((pattern) => pattern.test(imported))) broken.push(`${path} imports ${imported}`);
      continue;
    }
    const target = relative(ROOT, normalize(join(ROOT, path, '..', imported))).replaceAll('\\', '/');
    const allowed = rule.allowed.some((pattern) =>
      pattern.source.includes('OWN') ? target.startsWith(`${own}/`) : pattern.test(target),
    );
    if (!allowed) broken.push(`${path} imports ${target}`);
  }
  return broken;
}

describe('the table of imports', () => {
  it('holds for every file of the source', () => {
    expect(sources().flatMap(violations)).toEqual([]);
  });

  it('names no clock, timer, process or unseeded randomness in the pure core', () => {
    const impure =
      /\bDate\.now\(|new Date\(\)|Math\.random\(|\bset(Timeout|Interval|Immediate)\(|\bprocess\.|from 'node:/;
    const core = sources().filter(
      (path) => /^(machinery|kinds|controllers|engine)\//.test(path) && !path.includes('graphql'),
    );
    expect(core.length).toBeGreaterThan(10);
    expect(core.filter((path) => impure.test(readFileSync(join(ROOT, path), 'utf8')))).toEqual([]);
  });

  it('knows an import that breaks it', () => {
    const rule = RULES.find(({ layer }) => layer.test('machinery/time.ts'));
    expect(rule?.allowed.some((pattern) => pattern.test('engine/engine.ts'))).toBe(false);
  });
});
