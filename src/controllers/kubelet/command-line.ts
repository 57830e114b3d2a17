import { expandWith, lookUpVariables, usesVariables, type Variable } from '../../kinds/pod/environment.ts';
import { SHELLS } from './command-plan.ts';
import type { PodContainer, PodSync } from './pod-sync.ts';

/**
 * The command line of a container's process, with the variables that the kubelet puts in (`$(NAME)`) and those that its
 * shell will (`$NAME`). Values of Secrets are kept out of it: what a command leaves behind is seen by everybody.
 */

const HIDDEN = '******';

type Words = readonly string[] | undefined;

/** The container with the words that its process gets, as far as they may be seen. */
export function withCommandLine(sync: PodSync, about: PodContainer): PodContainer {
  const { container, role } = about;
  const isScript = SHELLS.test(container.command?.[0] ?? '');
  if (!isScript && !usesVariables(container)) return about;
  if (isScript && !hasSign(container.command) && !hasSign(container.args)) return about;
  const lookUp = lookUpVariables(sync.api, { ...sync.pod, runtime: sync.runtime }, container, sync.now);
  const put = (words: Words): string[] => {
    const expanded = expandWith(words, lookUp, HIDDEN, () => false);
    return isScript ? expanded.map((word) => expandScript(word, (name) => shown(lookUp(name)))) : expanded;
  };
  return { role, container: { ...container, command: put(container.command), args: put(container.args) } };
}

function hasSign(words: Words): boolean {
  return words?.some((word) => word.includes('$')) ?? false;
}

function shown(variable: Variable | undefined): string | undefined {
  return variable && variable.secrets.length > 0 ? HIDDEN : variable?.value;
}

/** Values with other characters would be read as part of the script; they are left to the shell. */
const PLAIN_VALUE = /^[\w .,:@%+=/*-]*$/;
const REFERENCE = /^\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})/;

/**
 * A shell script with the variables of its environment put in, outside of single quotes. Those that it sets itself, and
 * those that nothing is known of, stay as they are written.
 */
export function expandScript(script: string, valueOf: (name: string) => string | undefined): string {
  if (!script.includes('$')) return script;
  let text = '';
  let isQuoted = false;
  for (let index = 0; index < script.length; index++) {
    const character = script[index] ?? '';
    const reference = character === '$' ? REFERENCE.exec(script.slice(index)) : null;
    const name = reference?.[1] ?? reference?.[2];
    const value = name === undefined || isSetIn(script, name) ? undefined : valueOf(name);
    if (reference && value !== undefined && PLAIN_VALUE.test(value)) {
      text += value;
      index += reference[0].length - 1;
    } else if (character === '\\') {
      text += script.slice(index, index + 2);
      index++;
    } else if (character === "'" && !isQuoted) {
      const end = script.indexOf("'", index + 1);
      const past = end < 0 ? script.length : end + 1;
      text += script.slice(index, past);
      index = past - 1;
    } else {
      if (character === '"') isQuoted = !isQuoted;
      text += character;
    }
  }
  return text;
}

function isSetIn(script: string, name: string): boolean {
  return new RegExp(`(?:^|[^\\w$])${name}=|\\b(?:for|read|unset)\\s[^;]*\\b${name}\\b`).test(script);
}
