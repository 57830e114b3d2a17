import { SECOND_MS } from '../../machinery/time.ts';
import type { CommandWrite } from '../../kinds/pod/runtime.ts';
import type { Container } from '../../kinds/pod/types.ts';

/**
 * What a plain command says of itself: `sleep 30`, `sh -c "echo hi; sleep 5; exit 1"`, `false`. Anything that needs more
 * than reading (loops, other programs) says nothing.
 */
export interface CommandPlan {
  /** How long it runs, in milliseconds; infinity for `sleep infinity`. */
  runMs: number;
  exitCode: number;
  /** What it leaves in its termination log, by the container's policy. */
  message?: string;
}

/** Programs that read a script. */
export const SHELLS = /^(?:\/(?:usr\/)?bin\/)?(?:ba|da|a)?sh$/;
/** Programs that end at once and change nothing here. */
const INSTANT = /^(?:echo|printf|date|hostname|touch|mkdir|cat|ls|env|true|:|export|set|cd|test|\[)(?:\s|$)/;

const plans = new WeakMap<object, CommandPlan | null>();

export function commandPlan(container: Container): CommandPlan | undefined {
  const words = [...(container.command ?? []), ...(container.args ?? [])];
  if (!container.command?.length) return undefined;
  const known = plans.get(container);
  if (known !== undefined) return known ?? undefined;
  const script = readCommand(words);
  const plan = script && !script.unknown ? withMessage(script, container) : undefined;
  plans.set(container, plan ?? null);
  return plan;
}

/** A command as it was read: what it wrote into files and to its output. */
interface Script extends CommandPlan {
  files: Record<string, string>;
  output: string;
  writes: TimedWrite[];
  /** Something in it cannot be read: what follows is not known. */
  unknown: boolean;
}

/** A file that a command writes so long after its start. */
export interface TimedWrite extends CommandWrite {
  afterMs: number;
}

const NO_WRITES: readonly TimedWrite[] = Object.freeze([]);

/** The files that a command certainly writes, in order. */
export function commandWrites({ command, args }: Pick<Container, 'command' | 'args'>): readonly TimedWrite[] {
  if (!command?.length) return NO_WRITES;
  const words = [...command, ...(args ?? [])];
  return words.some((word) => word.includes('>') || word.includes('touch'))
    ? (readCommand(words)?.writes ?? NO_WRITES)
    : NO_WRITES;
}

function withMessage({ runMs, exitCode, files, output }: Script, container: Container): CommandPlan {
  const failed = exitCode !== 0 && container.terminationMessagePolicy === 'FallbackToLogsOnError';
  const message = files[container.terminationMessagePath ?? '/dev/termination-log'] ?? (failed ? output : undefined);
  return message ? { runMs, exitCode, message } : { runMs, exitCode };
}

function readCommand(words: readonly string[]): Script | undefined {
  const [program = '', option = ''] = words;
  if (SHELLS.test(program)) {
    return /^-\w*c$/.test(option) && words.length === 3 ? readScript(words[2] ?? '') : undefined;
  }
  return readScript(words.join(' '));
}

function readScript(script: string): Script {
  const read: Script = { runMs: 0, exitCode: 0, files: {}, output: '', writes: [], unknown: false };
  let operator = ';';
  for (const part of script.split(/(;|&&|\n)/)) {
    if (part === ';' || part === '&&' || part === '\n') {
      operator = part;
      continue;
    }
    const statement = part.trim().replace(/^exec\s+/, '');
    if (statement === '' || (operator === '&&' && read.exitCode !== 0)) continue;
    const outcome = readStatement(statement, read);
    if (outcome === 'unknown') return { ...read, unknown: true };
    if (outcome === 'exit') break;
  }
  return read;
}

/** Takes one statement of a script into account. */
function readStatement(text: string, read: Script): 'next' | 'exit' | 'unknown' {
  if (/[|`]|\$\(|&$|^(?:while|for|until|if|do|done|then|fi|trap|case)\b/.test(text)) return 'unknown';
  const plain = text.replace(/^\/(?:usr\/)?bin\//, '');
  const exit = /^exit(?:\s+(\d+))?$/.exec(plain);
  if (exit) {
    if (exit[1] !== undefined) read.exitCode = Number(exit[1]) & 255;
    return 'exit';
  }
  if (plain === 'false') {
    read.exitCode = 1;
    return 'next';
  }
  const sleep = /^sleep\s+(?:(\d+(?:\.\d+)?)([smhd]?)|inf(?:inity)?)$/.exec(plain);
  if (sleep) read.runMs += sleep[1] === undefined ? Number.POSITIVE_INFINITY : Number(sleep[1]) * unitMs(sleep[2]);
  else if (!INSTANT.test(plain)) return 'unknown';
  writeOutput(plain, read);
  read.exitCode = 0;
  return 'next';
}

/** `echo text`, `echo text > file`, `printf text >> file` and `touch file`. */
function writeOutput(plain: string, read: Script): void {
  const touched = /^touch\s+([^\s-]\S*)$/.exec(plain)?.[1];
  if (touched !== undefined) addWrite({ path: touched, content: '', append: true }, read);
  const echo = /^(?:(echo)(\s+-n)?|printf)\s+(.*?)(?:\s*(>>?)\s*([^\s>]+))?$/.exec(plain);
  if (!echo) return;
  const [, isEcho, withoutNewline, text = '', redirection, file] = echo;
  const unquoted = text.replace(/^(['"])(.*)\1$/, '$2');
  const said = isEcho ? unquoted + (withoutNewline ? '' : '\n') : unquoted.replaceAll('\\n', '\n');
  if (file === undefined) {
    read.output += said;
    return;
  }
  read.files[file] = said;
  // Whatever a shell would still have to work out is not known.
  if (/['"$`*?\\]/.test((isEcho ? unquoted : said) + file)) return;
  addWrite({ path: file, content: said, ...(redirection === '>>' ? { append: true } : {}) }, read);
}

function addWrite(write: CommandWrite, { runMs, writes }: Script): void {
  if (Number.isFinite(runMs)) writes.push({ ...write, afterMs: runMs });
}

function unitMs(unit: string | undefined): number {
  if (unit === 'm') return 60 * SECOND_MS;
  if (unit === 'h') return 3600 * SECOND_MS;
  return unit === 'd' ? 86_400 * SECOND_MS : SECOND_MS;
}

/** How long a command sleeps, wherever in it that stands; 0 when it doesn't. For hooks. */
export function sleepMs(command: readonly string[] | undefined): number {
  let total = 0;
  for (const match of (command ?? []).join(' ').matchAll(/\bsleep\s+(\d+(?:\.\d+)?)([smhd]?)\b/g)) {
    total += Number(match[1]) * unitMs(match[2]);
  }
  return total;
}
