import type { IncomingHttpHeaders } from 'node:http';

const LOOPBACK = /^(localhost|(.+\.)?localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/;

function isLoopbackName(hostname: string): boolean {
  return LOOPBACK.test(hostname.toLowerCase());
}

/** Whether a page of this origin runs on this machine: `http://localhost:5173`. */
export function isLoopbackOrigin(origin: string): boolean {
  const url = URL.parse(origin);
  return url !== null && isLoopbackName(url.hostname);
}

/**
 * Why a request must not be served, or undefined. A browser sends `Origin` with every request by which a page could do
 * harm, so a page of another site is turned away; and a server on the loopback address answers to loopback names only,
 * so that no foreign name can be pointed at it.
 */
export function originProblem(headers: IncomingHttpHeaders, listensOnLoopback: boolean): string | undefined {
  const { origin, host } = headers;
  const ownHost = host === undefined ? undefined : URL.parse(`http://${host}`);
  if (listensOnLoopback && ownHost && !isLoopbackName(ownHost.hostname)) {
    return `the host ${JSON.stringify(host)} is not served here`;
  }
  if (origin === undefined || isLoopbackOrigin(origin)) return undefined;
  const url = URL.parse(origin);
  return url && url.host === ownHost?.host ? undefined : `requests from ${JSON.stringify(origin)} are not allowed`;
}

/** Whether an address to listen on can be reached from this machine only. */
export function isLoopbackAddress(host: string): boolean {
  return isLoopbackName(host);
}
