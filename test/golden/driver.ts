import { parse } from 'yaml';
import { parseDuration } from '../../src/machinery/time.ts';
import type { AnyDefinition } from '../../src/machinery/definition.ts';
import type { CommandOutcome } from '../../src/machinery/controller.ts';
import type { KubeObject } from '../../src/machinery/object.ts';
import type { ApplyManifestData } from '../../src/machinery/apply/types.ts';
import { parseManifest } from '../../src/manifest/parse-manifest.ts';
import { apiClient, type ApiClient } from '../support/api-client.ts';
import { MemoryClusters, type MemoryCluster } from '../support/memory-clusters.ts';
import { START_MS } from '../support/model.ts';
import { answerLines } from './answer.ts';
import type { Block } from './scenario.ts';
import { Transcript } from './transcript.ts';

/**
 * Runs the blocks of one scenario, each on the cluster the ones before have left. The first word of a block's command:
 *
 *     nodes 3                            adds machines; the body is their template
 *     apply                              the manifest in the body, into namespace default
 *     run 30s                            simulated time goes on
 *     rest                               … until nothing is left to happen by itself
 *     get pods wide                      kubectl's table
 *     query                              the GraphQL document in the body, against the real schema. The scenario's
 *     mutation                           cluster is named `default`. Variables: YAML behind a line `---` in the body.
 *     query as jane groups=dev,testers   … as somebody asks (Impersonate-User, Impersonate-Group)
 *     restart                            another process takes over from what is stored
 *     scaleDeployment deployment/web replicas=5      any command; its target is `kind/name` in namespace default or
 *                                        `kind/namespace/name`; a name that ends in `*` is the oldest it fits
 *
 * What changes follows as a transcript, then the answer: of a query as YAML, with ids as `id(Pod web~A~1)`, times since
 * the start of the scenario (`+12.0s`), generated names and addresses as symbols, revisions as `rev`.
 */
export class ScenarioDriver {
  private readonly clusters = new MemoryClusters();
  private readonly cluster: MemoryCluster = this.clusters.add('default', { seed: 'golden' });
  private readonly transcript: Transcript;
  private seen: number;
  private client: Promise<ApiClient> | undefined;

  constructor() {
    this.transcript = new Transcript(this.cluster.definitions, START_MS);
    this.seen = this.cluster.versions.length;
  }

  /** The output of one block: every visible change in order, then what it answers. */
  async run(block: Block): Promise<string> {
    const [verb = '', ...words] = block.command.split(/\s+/);
    const answer = await this.perform(verb, words, block.body);
    const versions = this.cluster.versions.slice(this.seen);
    this.seen = this.cluster.versions.length;
    const changes = this.transcript.lines(versions, this.cluster.view);
    const answered = typeof answer === 'function' ? answer() : answer;
    return [...changes, ...answered.map((line) => this.transcript.symbolic(line))]
      .filter((line) => line !== '')
      .join('\n');
  }

  private perform(verb: string, words: string[], body: string): Answer | Promise<Answer> {
    switch (verb) {
      case 'nodes':
        return this.command('addNodes', { count: Number(words[0]), ...(body ? { template: parse(body) } : {}) });
      case 'apply':
        return this.apply(body);
      case 'run':
        this.cluster.run(parseDuration(words[0] ?? '') ?? 0);
        return [];
      case 'rest':
        this.submit('stepClock', { untilQuiescent: true });
        return [];
      case 'restart':
        this.cluster.restart();
        return [];
      case 'query':
      case 'mutation':
        return this.ask(words, body);
      case 'get':
        return this.table(words[0] ?? '', words.includes('wide'));
      default:
        return this.targeted(verb, words, body);
    }
  }

  /** The answer is put into words only when the changes it brought have been, so that their names have symbols. */
  private async ask(words: readonly string[], body: string): Promise<Answer> {
    const [document = '', variables] = body.split(/^---$/m);
    const user = words[0] === 'as' ? words[1] : undefined;
    const groups = words.find((word) => word.startsWith('groups='))?.slice('groups='.length);
    const viewer = user === undefined ? undefined : { user, groups: groups ? groups.split(',') : [] };
    this.client ??= apiClient(this.clusters);
    const client = await this.client;
    const answer = await client.ask(document, variables ? (parse(variables) as object) : undefined, viewer);
    return () => answerLines(answer, this.cluster.view, START_MS);
  }

  private submit(name: string, input: unknown): CommandOutcome {
    return this.cluster.submit({ cluster: this.cluster.record.name, name, input, actor: 'test' }).outcome;
  }

  private apply(manifest: string): string[] {
    const documents = parseManifest(manifest);
    const outcome = this.submit('applyManifest', { documents, namespace: 'default', fieldManager: 'kubectl' });
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

  private target(reference: string): { kindKey: string; namespace?: string; name: string; uid: string } {
    const [word = '', first = '', second] = reference.split('/');
    const definition = this.definition(word);
    const name = second ?? first;
    const object = this.cluster.view
      .list(definition.kind, second === undefined ? undefined : first)
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
    for (const definition of this.cluster.definitions.values()) {
      const { plural, singular, shortNames } = definition.kind;
      if (word === plural || word === singular || shortNames.includes(word)) return definition;
    }
    throw new Error(`no kind ${word}`);
  }

  private table(word: string, wide: boolean): string[] {
    const definition = this.definition(word);
    const columns = (definition.columns ?? []).filter((column) => wide || !column.wide);
    const objects = [...this.cluster.view.list(definition.kind)].sort((left, right) =>
      compare(this.transcript.symbolic(left.metadata.name), this.transcript.symbolic(right.metadata.name)),
    );
    const rows = objects.map((object: KubeObject) => [
      object.metadata.name,
      ...columns.filter(({ name }) => name !== 'NAME').map((column) => column.cell(object, this.cluster.view)),
    ]);
    const header = ['NAME', ...columns.map(({ name }) => name).filter((name) => name !== 'NAME')];
    return align([header, ...rows].map((row) => row.map((cell) => this.transcript.symbolic(cell))));
  }

  private command(name: string, input: unknown): string[] {
    return (this.submit(name, input).errors ?? []).map((error) => `error: ${error.message}`);
  }
}

/** Lines, or what gives them once the changes of the block have been put into words. */
type Answer = string[] | (() => string[]);

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
