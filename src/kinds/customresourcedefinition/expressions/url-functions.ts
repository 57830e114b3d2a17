import type { Environment } from '@marcbachmann/cel-js';
import { ExpressionError } from './expression-error.ts';

/** A URL inside an expression, in the parts Go's net/url tells apart. */
class Url {
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;

  constructor(scheme: string, host: string, path: string, query: string) {
    this.scheme = scheme;
    this.host = host;
    this.path = path;
    this.query = query;
  }
}

/** `scheme://host/path?query`, or an absolute path alone: what url.ParseRequestURI takes. */
const URL_PARTS = /^(?:([A-Za-z][A-Za-z0-9+.-]*):(?:\/\/([^/?#\s]*))?)?([^?#\s]*)(?:\?(\S*))?$/;

/** Source: k8s.io/apiserver/pkg/cel/library/urls.go. */
export function addUrlFunctions(environment: Environment): void {
  environment
    .registerType('kubernetes.URL', { ctor: Url, fields: {} })
    .registerFunction('isURL(string): bool', (text: string) => parseUrl(text) !== undefined)
    .registerFunction('url(string): kubernetes.URL', (text: string) => {
      const url = parseUrl(text);
      if (!url)
        throw new ExpressionError(`URL parse error during conversion from string: parse ${JSON.stringify(text)}`);
      return url;
    })
    .registerFunction('kubernetes.URL.getScheme(): string', ({ scheme }: Url) => scheme)
    .registerFunction('kubernetes.URL.getHost(): string', ({ host }: Url) => host)
    .registerFunction('kubernetes.URL.getHostname(): string', ({ host }: Url) => hostname(host))
    .registerFunction('kubernetes.URL.getPort(): string', ({ host }: Url) => /:(\d*)$/.exec(host)?.[1] ?? '')
    .registerFunction('kubernetes.URL.getEscapedPath(): string', ({ path }: Url) => path)
    .registerFunction('kubernetes.URL.getQuery(): map<string, list<string>>', ({ query }: Url) => queryOf(query));
}

function parseUrl(text: string): Url | undefined {
  const match = URL_PARTS.exec(text);
  if (!match) return undefined;
  const [, scheme = '', host = '', path = '', query = ''] = match;
  if (scheme === '' && !path.startsWith('/')) return undefined;
  if (scheme !== '' && host === '' && path !== '' && !path.startsWith('/')) return undefined;
  return new Url(scheme.toLowerCase(), host, path, query);
}

function hostname(host: string): string {
  const bracketed = /^\[([^\]]*)\]/.exec(host);
  return bracketed?.[1] ?? host.replace(/:\d*$/, '');
}

function queryOf(query: string): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(query)) values.set(name, [...(values.get(name) ?? []), value]);
  return values;
}
