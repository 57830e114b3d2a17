import { GraphQLError, type GraphQLFormattedError } from 'graphql';

/** Where unexpected errors are reported. */
export interface ErrorLog {
  error(details: object, message: string): void;
}

/** graphql-js, graphql-jit and the executor of Yoga have error classes of their own that look alike. */
interface ErrorLike {
  message: string;
  path?: readonly (string | number)[];
  locations?: GraphQLFormattedError['locations'];
  extensions?: Record<string, unknown>;
  originalError?: unknown;
}

/**
 * Every top-level error has `extensions.code`. What a resolver threw by accident is logged and shown as an internal
 * error; what graphql itself or this API says is shown as it is.
 */
export function maskedError(error: unknown, log: ErrorLog): GraphQLError {
  const like = error as ErrorLike;
  const original = rootCause(like);
  if (original !== undefined && !(original instanceof GraphQLError)) {
    log.error({ error: original, path: like.path }, 'a resolver failed');
    return withCode(like, 'Internal error: it is in the log of the server.', 'INTERNAL_SERVER_ERROR');
  }
  const known = original ?? like;
  const code = (known.extensions?.['code'] ?? like.extensions?.['code']) as string | undefined;
  return withCode(
    { ...pick(like), extensions: { ...like.extensions, ...known.extensions } },
    like.message,
    code ?? 'BAD_USER_INPUT',
  );
}

/** What was thrown at first; undefined for errors that graphql itself made. */
function rootCause(error: ErrorLike): unknown {
  let cause: unknown = error;
  while ((cause as ErrorLike).originalError) cause = (cause as ErrorLike).originalError;
  if (cause !== error) return cause;
  const isGraphql =
    error instanceof GraphQLError || (error as { name?: string }).name === 'GraphQLError' || 'locations' in error;
  return isGraphql ? undefined : error;
}

function pick({ message, path, locations, extensions }: ErrorLike): ErrorLike {
  return {
    message,
    ...(path ? { path } : {}),
    ...(locations ? { locations } : {}),
    ...(extensions ? { extensions } : {}),
  };
}

/** Without a path it is the request that is wrong: status 400, where the client knows of statuses (Yoga's `spec`). */
const REQUEST_ERROR = { http: { spec: true, status: 400 } };

function withCode(error: ErrorLike, message: string, code: string): GraphQLError {
  const shown = new GraphQLError(message, {
    path: error.path ?? null,
    extensions: { ...(error.path ? {} : REQUEST_ERROR), ...error.extensions, code },
  });
  const { locations } = error;
  if (locations) Object.defineProperty(shown, 'locations', { value: locations, enumerable: true });
  return shown;
}

/** Errors of validation get a code; they are shown as they are. */
export function validationError(error: GraphQLError): GraphQLError {
  if (error.extensions['code'] !== undefined) return error;
  return new GraphQLError(error.message, {
    nodes: error.nodes ?? null,
    source: error.source,
    positions: error.positions,
    extensions: { ...error.extensions, code: 'GRAPHQL_VALIDATION_FAILED' },
  });
}
