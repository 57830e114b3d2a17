import { SECOND_MS } from '../../machinery/time.ts';
import type { Container } from '../../kinds/pod/types.ts';

/**
 * What a plain command says of itself: `sleep 30`, `sh -c "echo hi; sleep 5; exit 1"`, `false`. Anything that needs more
 * than reading (loops, other programs) says nothing.
 */
export interface CommandPlan {
  /** How long it runs, in milliseconds; infinity for `sleep infinity`. */
  runMs: number;
  exitCode: number;
}

const SHELLS = /^(?:\/(?:usr\/)?bin\/)?(?:ba|da|a)?sh$/;
/** Programs that end at once and change nothing here. */
const INSTANT = /^(?:echo|printf|date|hostname|touch|mkdir|cat|ls|env|true|:|export|set|cd|test|\[)(?:\s|$)/;

const plans = new WeakMap<object, CommandPlan | null>();

export function commandPlan(container: Container): CommandPlan | undefined {
  const words = [...(container.command ?? []), ...(container.args ?? [])];
  if (!container.command?.length) return undefined;
  const known = plans.get(container);
  if (known !== undefined) return known ?? undefined;
  const plan = readCommand(words);
  plans.set(container, plan ?? null);
  return plan;
}

function readCommand(words: readonly string[]): CommandPlan | undefined {
  const [program = '', option = ''] = words;
  if (SHELLS.test(program)) {
    return /^-\w*c$/.test(option) && words.length === 3 ? readScript(words[2] ?? '') : undefined;
  }
  return readScript(words.join(' '));
}

function readScript(script: string): CommandPlan | undefined {
  let runMs = 0;
  let exitCode = 0;
  for (const statement of script.split(/;|&&|\n/)) {
    const text = statement.trim().replace(/^exec\s+/, '');
    if (text === '') continue;
    if (/[|`]|\$\(|&$|^(?:while|for|until|if|do|done|then|fi|trap|case)\b/.test(text)) return undefined;
    const sleep = /^(?:\/(?:usr\/)?bin\/)?sleep\s+(?:(\d+(?:\.\d+)?)([smhd]?)|inf(?:inity)?)$/.exec(text);
    const exit = /^exit(?:\s+(\d+))?$/.exec(text);
    if (sleep) {
      runMs += sleep[1] === undefined ? Number.POSITIVE_INFINITY : Number(sleep[1]) * unitMs(sleep[2]);
      exitCode = 0;
    } else if (exit) {
      return { runMs, exitCode: exit[1] === undefined ? exitCode : Number(exit[1]) & 255 };
    } else if (/^(?:\/(?:usr\/)?bin\/)?false$/.test(text)) {
      exitCode = 1;
    } else if (INSTANT.test(text) || /^\/(?:usr\/)?bin\/(?:true|echo)(?:\s|$)/.test(text)) {
      exitCode = 0;
    } else {
      return undefined;
    }
  }
  return { runMs, exitCode };
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
