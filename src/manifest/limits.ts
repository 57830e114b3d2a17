/** How much one manifest may ask of the parser. Every excess is an error that names the limit. */
export interface ManifestLimits {
  /** UTF-16 units of the whole text. */
  maxLength: number;
  maxDocuments: number;
  /** Maps and lists within each other. */
  maxDepth: number;
  /** Uses of anchors in one document. */
  maxAliases: number;
  /** Nodes that the aliases of one document stand for, taken together. */
  maxAliasedNodes: number;
}

export const DEFAULT_LIMITS: ManifestLimits = {
  maxLength: 16 * 1024 * 1024,
  maxDocuments: 10_000,
  maxDepth: 200,
  maxAliases: 1000,
  maxAliasedNodes: 100_000,
};
