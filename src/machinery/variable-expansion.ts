/**
 * `$(NAME)` in commands, arguments, variables and sub-paths of containers. `$$` stands for one `$`, so that `$$(NAME)`
 * is left alone; a name that nothing is known of stays as it was written; what a name stands for is not expanded again.
 * Source: third_party/forked/golang/expansion/expand.go.
 */
export function expandVariables(text: string, valueOf: (name: string) => string | undefined): string {
  if (!text.includes('$')) return text;
  return text.replace(/\$(?:\$|\(([^)]*)\))/g, (found: string, name: string | undefined) => {
    if (name === undefined) return '$';
    return valueOf(name) ?? found;
  });
}
