import {
  createSourceEventStream,
  execute as executeDirectly,
  validateSubscriptionArgs,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
} from 'graphql';
import { canonicalJson } from '../machinery/equality.ts';
import type { ApiContext } from './context.ts';
import { viewerKey } from './viewer.ts';

type Execute = (args: ExecutionArgs) => ExecutionResult | Promise<ExecutionResult>;

/**
 * Subscriptions of the same document, variables and viewer are executed once per event and share their result and its
 * bytes. It works because sources give the same event object to all who ask for the same (see subscription topics):
 * the results of an event are kept with it, and go when it goes.
 */
export class SharedExecution {
  private readonly execute: Execute;
  private readonly documents = new WeakMap<DocumentNode, number>();
  private readonly results = new WeakMap<object, Map<string, Promise<ExecutionResult>>>();
  private documentCount = 0;
  /** How many events were executed: fewer than were delivered. */
  executions = 0;
  /** How many streams of events are open. */
  open = 0;

  constructor(execute: Execute = executeDirectly) {
    this.execute = execute;
  }

  /** The `subscribe` of graphql-js, with shared execution. */
  async subscribe(args: ExecutionArgs): Promise<AsyncGenerator<ExecutionResult> | ExecutionResult> {
    const validated = validateSubscriptionArgs(args);
    if (!('schema' in validated)) return { errors: validated };
    const source = await createSourceEventStream(validated);
    if (!(Symbol.asyncIterator in source)) return source;
    return this.respond(source as AsyncIterable<object>, args, this.keyOf(args));
  }

  /** No async generator: one of those would take note of `return` only after the next event. */
  private respond(source: AsyncIterable<object>, args: ExecutionArgs, key: string): AsyncGenerator<ExecutionResult> {
    const events = source[Symbol.asyncIterator]();
    let isOpen = true;
    this.open++;
    const over = () => {
      if (isOpen) this.open--;
      isOpen = false;
    };
    const responses = {
      next: async () => {
        const { done, value } = await nextOf(events, over);
        return done ? { done: true, value: undefined } : { done: false, value: await this.resultOf(value, args, key) };
      },
      return: async () => {
        over();
        await events.return?.();
        return { done: true, value: undefined };
      },
      throw: async (error: unknown) => {
        over();
        await events.return?.();
        throw error;
      },
      [Symbol.asyncIterator]: () => responses,
      [Symbol.asyncDispose]: async () => void (await responses.return()),
    };
    return responses as AsyncGenerator<ExecutionResult>;
  }

  private resultOf(event: object, args: ExecutionArgs, key: string): Promise<ExecutionResult> {
    let byKey = this.results.get(event);
    if (!byKey) {
      byKey = new Map();
      this.results.set(event, byKey);
    }
    let result = byKey.get(key);
    if (!result) {
      this.executions++;
      result = Promise.resolve(this.execute({ ...args, rootValue: event })).then(withSharedText);
      byKey.set(key, result);
    }
    return result;
  }

  private keyOf({ document, operationName, variableValues, contextValue }: ExecutionArgs): string {
    let number = this.documents.get(document);
    if (number === undefined) {
      number = ++this.documentCount;
      this.documents.set(document, number);
    }
    const { viewer } = contextValue as ApiContext;
    return `${number} ${operationName ?? ''} ${viewerKey(viewer)} ${canonicalJson(variableValues ?? {})}`;
  }
}

/** The next event; `over` is called when there is none, or an error in its place. */
async function nextOf(events: AsyncIterator<object>, over: () => void): Promise<IteratorResult<object>> {
  try {
    const result = await events.next();
    if (result.done) over();
    return result;
  } catch (error) {
    over();
    throw error;
  }
}

const sharedTexts = new WeakMap<object, string>();

/** The JSON text of a shared result, made once. Undefined for any other result. */
export function sharedTextOf(result: object): string | undefined {
  return sharedTexts.get(result);
}

/** Yoga asks a result for `stringify`; the property is hidden so that it is no part of the JSON. */
function withSharedText(result: ExecutionResult): ExecutionResult {
  if (result.errors) return result;
  const text = JSON.stringify(result);
  sharedTexts.set(result, text);
  Object.defineProperty(result, 'stringify', { value: () => text, enumerable: false });
  return result;
}
