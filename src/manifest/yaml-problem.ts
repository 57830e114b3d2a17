import type { YAMLParseError } from 'yaml';

export interface Position {
  line: number;
  column: number;
}

/** The words of Go's YAML reader for the mistakes people make most; everything else in the parser's own words. */
const WORDS: Record<string, string> = {
  TAB_AS_INDENT: 'found character that cannot start any token',
  BAD_SCALAR_START: 'found character that cannot start any token',
  BLOCK_AS_IMPLICIT_KEY: 'mapping values are not allowed in this context',
  MULTILINE_IMPLICIT_KEY: 'mapping values are not allowed in this context',
};

/** `yaml: line 5, column 8: mapping values are not allowed in this context`: kubectl's words and the column. */
export function yamlProblem(error: YAMLParseError, at: Position): string {
  const sentence = (error.message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '');
  return conversionProblem(WORDS[error.code] ?? sentence, at);
}

/** A problem found while a document was made into JSON. */
export function conversionProblem(sentence: string, at: Position): string {
  return sentence.startsWith('json:')
    ? `error converting YAML to JSON: ${sentence}`
    : `error converting YAML to JSON: yaml: line ${at.line}, column ${at.column}: ${sentence}`;
}
