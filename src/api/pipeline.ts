import {
  execute as executeDirectly,
  type GraphQLError,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLSchema,
} from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import type { ApiContext } from './context.ts';
import { maskedError, validationError, type ErrorLog } from './error-masking.ts';
import { GRAPHIQL_OPTIONS } from './graphiql.ts';
import { compiledExecution } from './jit.ts';
import { costProblem, parseWithinLimits } from './limits.ts';
import { isLoopbackOrigin } from './origins.ts';
import { SharedExecution } from './shared-execution.ts';
import { viewerOfHeaders, type Viewer } from './viewer.ts';

export interface PipelineOptions {
  schema: GraphQLSchema;
  /** What is the same for every request; who asks is added to it. */
  context: Omit<ApiContext, 'viewer'>;
  log: ErrorLog;
  /** Compile queries (graphql-jit) instead of walking them each time. */
  jit: boolean;
  maxBodyBytes: number;
}

type Execute = (args: ExecutionArgs) => ExecutionResult | Promise<ExecutionResult>;

/** What a transport other than HTTP knows of who asks. */
interface ServerContext {
  viewer?: Viewer | undefined;
}

export type Pipeline = ReturnType<typeof createPipeline>;

/** The one pipeline that HTTP, SSE and WebSocket requests go through: parse, limits, validation, execution, masking. */
export function createPipeline({ schema, context, log, jit, maxBodyBytes }: PipelineOptions) {
  const direct: Execute = executeDirectly;
  const execute = jit ? compiledExecution(direct) : direct;
  const shared = new SharedExecution(direct);
  const yoga = createYoga<ServerContext, ApiContext>({
    schema,
    context: ({ request, viewer }) => ({ ...context, viewer: viewer ?? viewerOfHeaders(request.headers) }),
    plugins: [useLimits(), useExecution(execute, shared)],
    maskedErrors: { maskError: (error) => maskedError(error, log) },
    maxRequestBodySize: maxBodyBytes,
    multipart: false,
    batching: false,
    graphiql: GRAPHIQL_OPTIONS,
    renderGraphiQL,
    landingPage: false,
    healthCheckEndpoint: '/healthz',
    cors: (request) => {
      const origin = request.headers.get('origin');
      return origin && isLoopbackOrigin(origin)
        ? { origin, methods: ['GET', 'POST', 'OPTIONS'], credentials: false }
        : false;
    },
    logging: false,
  });
  return { yoga, shared };
}

/** Refuses documents that are too large before they are validated, and those that cost too much before they run. */
function useLimits(): Plugin {
  return {
    onParse({ setParseFn }) {
      setParseFn(parseWithinLimits);
    },
    onValidate() {
      return ({ valid, result, setResult }) => {
        if (!valid) setResult((result as readonly GraphQLError[]).map(validationError));
      };
    },
    onExecute({ args, setResultAndStopExecution }) {
      const problem = costProblem(args.schema, args.document, args.operationName, args.variableValues);
      if (problem) setResultAndStopExecution({ errors: [problem] });
    },
    onSubscribe({ args, setResultAndStopExecution }) {
      const problem = costProblem(args.schema, args.document, args.operationName, args.variableValues);
      if (problem) setResultAndStopExecution({ errors: [problem] });
    },
  };
}

function useExecution(execute: Execute, shared: SharedExecution): Plugin {
  return {
    onExecute({ setExecuteFn }) {
      setExecuteFn(execute);
    },
    onSubscribe({ setSubscribeFn }) {
      setSubscribeFn((args: ExecutionArgs) => shared.subscribe(args));
    },
  };
}
