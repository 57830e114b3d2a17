/** Something an expression asked for cannot be done: the message is the one Kubernetes' libraries give. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
}
