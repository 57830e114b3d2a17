import type { YAMLParseError } from 'yaml';

/** The words of Go's YAML reader for the mistakes people make most; everything else in the parser's own words. */
const WORDS: Record<string, string> = {
  TAB_AS_INDENT: 'found character that cannot start any token',
  BAD_SCALAR_START: 'found character that cannot start any token',
  BLOCK_AS_IMPLICIT_KEY: 'mapping values are not allowed in this context',
  MULTILINE_IMPLICIT_KEY: 'mapping values are not allowed in this context',
};

/** `yaml: line 5: mapping values are not allowed in this context`, as kubectl prints it. */
export function yamlProblem(error: YAMLParseError, line: number): string {
  const sentence = (error.message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '');
  return conversionProblem(WORDS[error.code] ?? sentence, line);
}

/** A problem found while a document was made into JSON. */
export function conversionProblem(sentence: string, line: number): string {
  return sentence.startsWith('json:')
    ? `error converting YAML to JSON: ${sentence}`
    : `error converting YAML to JSON: yaml: line ${line}: ${sentence}`;
}
