import type { ApiError } from '../../machinery/api-error.ts';
import { isApplierOf } from '../../machinery/apply/managed-fields.ts';
import type {
  ApplyManifestData,
  ApplyManifestInput,
  DocumentResult,
  ManifestDocument,
} from '../../machinery/apply/types.ts';
import { referenceTo } from '../../machinery/command-target.ts';
import type { CommandError, CommandHandler, CommandOutcome, ObjectApi } from '../../machinery/controller.ts';
import type { AnyDefinition } from '../../machinery/definition.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { matches, type Selector } from '../../machinery/selector.ts';
import { parseLabelSelector } from '../../machinery/selector-parser.ts';
import { applyDocument } from './apply-document.ts';
import { referenceText, type KindResolver } from './kind-resolver.ts';
import { readDocument } from './read-document.ts';

/** Kinds that others need to be there first: they are applied before the rest, wherever they stand in the manifest. */
const FIRST_KINDS = new Set(['CustomResourceDefinition', 'Namespace']);

/**
 * Applies the documents of a manifest, server-side (see machinery/apply). Namespaces and CustomResourceDefinitions go
 * first, everything else in the order of the text. A document that fails leaves the others alone, unless `atomic`.
 * The outcome's `data` is `ApplyManifestData`; its `objects` are those that are there now; its `errors` repeat those of
 * the documents, with `documents` and the index as path.
 */
export function applyManifest(resolver: KindResolver): CommandHandler<ApplyManifestInput> {
  return {
    name: 'applyManifest',
    handle(input, api) {
      const prune = input.prune === undefined ? undefined : parseLabelSelector(input.prune);
      if (prune && !prune.ok) return { errors: [{ ...prune.error, path: ['prune'] }] };
      const run = new ApplyRun(input, api, resolver);
      run.applyAll();
      if (prune && !run.failed) run.prune(prune.value);
      return run.outcome();
    },
  };
}

class ApplyRun {
  private readonly input: ApplyManifestInput;
  private readonly api: ObjectApi;
  private readonly resolver: KindResolver;
  private readonly results = new Map<number, DocumentResult>();
  private readonly pruned: DocumentResult[] = [];
  private readonly applied = new Map<string, KubeObject>();
  failed = false;

  constructor(input: ApplyManifestInput, api: ObjectApi, resolver: KindResolver) {
    this.input = input;
    this.api = api;
    this.resolver = resolver;
  }

  applyAll(): void {
    const { documents } = this.input;
    const first = (document: ManifestDocument) => FIRST_KINDS.has(String(document.object?.['kind']));
    for (const document of documents.filter(first)) this.apply(document);
    for (const document of documents) if (!first(document)) this.apply(document);
  }

  private apply(document: ManifestDocument): void {
    const { index, line } = document;
    const warnings: string[] = [];
    const { api, input } = this;
    const read = readDocument(document, input.namespace ?? 'default', this.resolver, api, warnings);
    const ref = refOf(document);
    const outcome = read.ok ? applyDocument(api, read.value, input.fieldManager, input.force ?? false) : read;
    if (!outcome.ok) {
      this.failed = true;
      this.results.set(index, { index, line, ref, action: 'FAILED', diff: [], warnings, errors: [outcome.error] });
      return;
    }
    const { action, object, diff } = outcome.value;
    this.applied.set(object.metadata.uid, object);
    if (action !== 'UNCHANGED') {
      const definition = this.resolver.resolve(object.apiVersion, object.kind, api);
      warnings.push(...(definition?.warnings?.(object) ?? []));
    }
    const result: DocumentResult = {
      index,
      line,
      ref,
      action,
      object: referenceTo(object),
      diff,
      warnings,
      errors: [],
    };
    this.results.set(index, result);
  }

  /**
   * Deletes what this manager applied before, what the selector matches and what is not among the documents: objects of
   * the namespaces that the documents are in, and those without namespace.
   */
  prune(selector: Selector): void {
    const namespaces = new Set([...this.applied.values()].map(({ metadata }) => metadata.namespace));
    for (const definition of this.knownKinds()) {
      for (const object of this.api.listKey(definition.kind.key)) {
        const { uid, namespace, labels, managedFields, deletionTimestamp } = object.metadata;
        if (this.applied.has(uid) || deletionTimestamp !== undefined) continue;
        if (namespace !== undefined && !namespaces.has(namespace)) continue;
        if (!managedFields?.some((entry) => isApplierOf(entry, this.input.fieldManager))) continue;
        if (matches(selector, labels)) this.delete(object);
      }
    }
  }

  private knownKinds(): AnyDefinition[] {
    const present = new Set(this.api.kindKeys());
    return [...this.resolver.definitions()].filter((definition) => present.has(definition.kind.key));
  }

  private delete(object: KubeObject): void {
    const ref = referenceText(object.apiVersion, object.kind, object.metadata.name);
    const result = this.api.delete(object, { propagation: 'Background' });
    const base = { index: -1, line: 0, ref, diff: [], warnings: [] };
    if (result.ok) this.pruned.push({ ...base, action: 'PRUNED', errors: [] });
    else this.pruned.push({ ...base, action: 'FAILED', errors: [result.error] });
  }

  outcome(): CommandOutcome {
    const documents = [...this.results.values()].sort((left, right) => left.index - right.index);
    const errors = documents.flatMap((result) => result.errors.map((error) => withPath(error, result.index)));
    if (this.input.atomic && this.failed) {
      const data: ApplyManifestData = { documents: documents.map(asSkipped) };
      return { errors, data };
    }
    const data: ApplyManifestData = { documents: [...documents, ...this.pruned] };
    const objects = documents.flatMap(({ object }) => object ?? []);
    return { ...(objects.length > 0 ? { objects } : {}), ...(errors.length > 0 ? { errors } : {}), data };
  }
}

/** What was done for a manifest that is applied as a whole or not at all is taken back. */
function asSkipped(result: DocumentResult): DocumentResult {
  if (result.action === 'FAILED') return result;
  const { object: _, ...rest } = result;
  return { ...rest, action: 'SKIPPED', diff: [] };
}

function withPath(error: ApiError, index: number): CommandError {
  return { ...error, path: ['documents', String(index)] };
}

function refOf({ object }: ManifestDocument): string {
  if (typeof object?.['kind'] !== 'string') return '';
  const apiVersion = typeof object['apiVersion'] === 'string' ? object['apiVersion'] : '';
  const name = (object['metadata'] as { name?: unknown } | null | undefined)?.name;
  return referenceText(apiVersion, object['kind'], typeof name === 'string' ? name : '');
}
