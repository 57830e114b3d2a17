import { GraphQLError } from 'graphql';

/** The codes of top-level errors (`extensions.code`). Refusals of the cluster are `userErrors` instead. */
export type TopLevelCode = 'BAD_USER_INPUT' | 'EXPIRED' | 'LIMIT_EXCEEDED' | 'INTERNAL_SERVER_ERROR' | 'NOT_FOUND';

/** An argument that no cluster could make sense of: a top-level error. */
export function badInput(message: string, code: TopLevelCode = 'BAD_USER_INPUT'): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}
