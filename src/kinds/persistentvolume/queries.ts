import { forbidden, notSupported, required, type FieldProblem } from '../../machinery/api-error.ts';

const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];

/** How kubectl shortens access modes. */
const WORDS: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

/** kubectl's ACCESS MODES column: "RWO,ROX". */
export function accessModesText(modes: readonly string[] | undefined): string {
  return (modes ?? []).map((mode) => WORDS[mode] ?? mode).join(',');
}

/** The rules of a volume's or a claim's access modes; `missing` is what is said of none. */
export function validateAccessModes(modes: readonly string[] | undefined, missing: string): FieldProblem[] {
  if (!modes || modes.length === 0) return [required('spec.accessModes', missing)];
  const problems = modes
    .filter((mode) => !ACCESS_MODES.includes(mode))
    .map((mode) => notSupported('spec.accessModes', mode, ACCESS_MODES));
  const others = modes.filter((mode) => mode !== 'ReadWriteOncePod' && ACCESS_MODES.includes(mode));
  if (modes.includes('ReadWriteOncePod') && others.length > 0) {
    problems.push(forbidden('spec.accessModes', 'may not use ReadWriteOncePod with other access modes'));
  }
  return problems;
}
