/** What of an error may stand in a log: no values of statements, which may be Secrets. */
export interface LoggedError {
  type: string;
  message: string;
  /** The class of an error of Postgres, or of the system: "53100", "ECONNREFUSED". */
  code?: string;
  stack?: string;
  cause?: LoggedError;
}

/** Causes of causes further down are not told. */
const CAUSE_LIMIT = 5;
/** drizzle's errors repeat the values of their statement behind this. */
const VALUES_OF_STATEMENT = /\nparams: [\s\S]*$/;

/**
 * An error as a log gets it. Errors of the database and its drivers carry the values of the statement that failed (in
 * their message, `params`, `detail`, `where`): all of that is left out, so that no object's contents get into a log.
 */
export function loggedError(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: nameOf(error) };
  const message = error.message.replace(VALUES_OF_STATEMENT, '');
  const { code } = error as { code?: unknown };
  // A stack begins with the message, and the message may have been long.
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return {
    type: error.name,
    message,
    ...(typeof code === 'string' ? { code } : {}),
    ...(frames.length > 0 ? { stack: [`${error.name}: ${message}`, ...frames].join('\n') } : {}),
    ...(error.cause !== undefined && depth < CAUSE_LIMIT ? { cause: loggedError(error.cause, depth + 1) } : {}),
  };
}

/** What is thrown without being an error: a refusal's sentence, or nothing but its type. */
function nameOf(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown;
  const { message } = (thrown ?? {}) as { message?: unknown };
  return typeof message === 'string' ? message : '';
}
