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

/** The rules of a volume's or a claim's access modes. */
export function validateAccessModes(modes: readonly string[] | undefined): FieldProblem[] {
  if (!modes || modes.length === 0) return [required('spec.accessModes', 'at least 1 access mode is required')];
  const problems = modes
    .filter((mode) => !ACCESS_MODES.includes(mode))
    .map((mode) => notSupported('spec.accessModes', mode, ACCESS_MODES));
  if (modes.includes('ReadWriteOncePod') && modes.length > 1) {
    problems.push(forbidden('spec.accessModes', 'may not use ReadWriteOncePod with other access modes'));
  }
  return problems;
}
