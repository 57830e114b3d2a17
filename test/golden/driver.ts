import { parse } from 'yaml';
import { parseDuration } from '../../src/machinery/time.ts';
import type { AnyDefinition } from '../../src/machinery/definition.ts';
import type { CommandOutcome } from '../../src/machinery/controller.ts';
import type { KubeObject } from '../../src/machinery/object.ts';
import type { ApplyManifestData } from '../../src/machinery/apply/types.ts';
import { parseManifest } from '../../src/manifest/parse-manifest.ts';
import { Model, START_MS } from '../support/model.ts';
import type { Block } from './scenario.ts';
import { Transcript } from './transcript.ts';

/** Runs the blocks of one scenario, each on the cluster the ones before have left. */
export class ScenarioDriver {
  private readonly model = new Model({ seed: 'golden' });
  private readonly transcript: Transcript;
  private seen = 0;

  constructor() {
    this.transcript = new Transcript(this.model.engine.registry.definitions, START_MS);
    this.seen = this.model.versions.length;
  }

  /** The output of one block: what it answers, then every visible change in order. */
  run(block: Block): string {
    const [verb = '', ...words] = block.command.split(/\s+/);
    const answer = this.perform(verb, words, block.body);
    const versions = this.model.versions.slice(this.seen);
    this.seen = this.model.versions.length;
    return [
      ...this.transcript.lines(versions, this.model.view),
      ...answer.map((line) => this.transcript.symbolic(line)),
    ]
      .filter((line) => line !== '')
      .join('\n');
  }

  private perform(verb: string, words: string[], body: string): string[] {
    switch (verb) {
      case 'nodes':
        return this.command('addNodes', { count: Number(words[0]), ...(body ? { template: parse(body) } : {}) });
      case 'apply':
        return this.apply(body);
      case 'run':
        this.model.run(parseDuration(words[0] ?? '') ?? 0);
        return [];
      case 'rest':
        this.model.runUntil(() => this.model.engine.pendingTimers === 0);
        return [];
      case 'get':
        return this.table(words[0] ?? '', words.includes('wide'));
      default:
        return this.targeted(verb, words, body);
    }
  }

  private apply(manifest: string): string[] {
    const documents = parseManifest(manifest);
    const outcome = this.model.command('applyManifest', { documents, namespace: 'default', fieldManager: 'kubectl' });
    const data = outcome.data as ApplyManifestData;
    return data.documents.flatMap(({ ref, action, errors, warnings }) => [
      `${ref} ${action.toLowerCase()}`,
      ...warnings.map((warning) => `  Warning: ${warning}`),
      ...errors.map((error) => `  ${error.message}`),
    ]);
  }

  /** `scaleDeployment web replicas=5`, `injectFault` with a body of YAML, `deletePod ~first-of web`. */
  private targeted(name: string, words: string[], body: string): string[] {
    const fields: Record<string, unknown> = body ? (parse(body) as Record<string, unknown>) : {};
    for (const word of words) {
      const [key, value] = word.split('=');
      if (value !== undefined && key) fields[key] = parse(value);
    }
    const reference = words.find((word) => !word.includes('='));
    if (reference !== undefined) fields['target'] = this.target(reference);
    return this.command(name, fields);
  }

  /** `kind/name` in namespace default; a name ending in `*` is the oldest object it fits. */
  private target(reference: string): { kindKey: string; namespace?: string; name: string; uid: string } {
    const [word = '', name = ''] = reference.split('/');
    const definition = this.definition(word);
    const object = this.model.view
      .list(definition.kind)
      .find((candidate) =>
        name.endsWith('*') ? candidate.metadata.name.startsWith(name.slice(0, -1)) : candidate.metadata.name === name,
      );
    if (!object) throw new Error(`no ${reference}`);
    const { namespace, uid } = object.metadata;
    return {
      kindKey: definition.kind.key,
      ...(namespace === undefined ? {} : { namespace }),
      name: object.metadata.name,
      uid,
    };
  }

  private definition(word: string): AnyDefinition {
    for (const definition of this.model.engine.registry.definitions.values()) {
      const { plural, singular, shortNames } = definition.kind;
      if (word === plural || word === singular || shortNames.includes(word)) return definition;
    }
    throw new Error(`no kind ${word}`);
  }

  private table(word: string, wide: boolean): string[] {
    const definition = this.definition(word);
    const columns = (definition.columns ?? []).filter((column) => wide || !column.wide);
    const objects = [...this.model.view.list(definition.kind)].sort((left, right) =>
      compare(this.transcript.symbolic(left.metadata.name), this.transcript.symbolic(right.metadata.name)),
    );
    const rows = objects.map((object: KubeObject) => [
      object.metadata.name,
      ...columns.filter(({ name }) => name !== 'NAME').map((column) => column.cell(object, this.model.view)),
    ]);
    const header = ['NAME', ...columns.map(({ name }) => name).filter((name) => name !== 'NAME')];
    return align([header, ...rows].map((row) => row.map((cell) => this.transcript.symbolic(cell))));
  }

  private command(name: string, input: unknown): string[] {
    const outcome: CommandOutcome = this.model.command(name, input);
    return (outcome.errors ?? []).map((error) => `error: ${error.message}`);
  }
}

function align(rows: string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd((widths[column] ?? 0) + 3))
      .join('')
      .trimEnd(),
  );
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
