import type { DocumentNode, ExecutionArgs, ExecutionResult, GraphQLSchema } from 'graphql';
import { compileQuery, isCompiledQuery, type CompiledQuery } from 'graphql-jit';

type Execute = (args: ExecutionArgs) => ExecutionResult | Promise<ExecutionResult>;

const COMPILED_LIMIT = 500;

/**
 * Execution by compiled functions (graphql-jit): a few times as fast as walking the document each time. Documents that
 * it cannot compile are executed by `fallback`.
 */
export function compiledExecution(fallback: Execute): Execute {
  const compiled = new Map<DocumentNode, Map<string, CompiledQuery | undefined>>();
  return (args) => {
    const { schema, document, operationName, rootValue, contextValue, variableValues } = args;
    let operations = compiled.get(document);
    if (!operations) {
      if (compiled.size >= COMPILED_LIMIT) compiled.delete(compiled.keys().next().value as DocumentNode);
      operations = new Map();
      compiled.set(document, operations);
    }
    const name = operationName ?? '';
    if (!operations.has(name)) operations.set(name, compile(schema, document, operationName));
    const query = operations.get(name);
    if (!query) return fallback(args);
    return query.query(rootValue, contextValue, variableValues ?? {});
  };
}

function compile(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null | undefined,
): CompiledQuery | undefined {
  const result = compileQuery(schema, document, operationName ?? '', { customJSONSerializer: false });
  return isCompiledQuery(result) && !result.subscribe ? result : undefined;
}
