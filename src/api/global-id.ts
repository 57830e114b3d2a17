/** Ids are opaque to clients: base64 of `cluster/Kind/uid`, with `@revision` behind it when read from the past. */

export interface GlobalId {
  cluster: string;
  /** `Kind.key`, or 'Cluster' for a cluster itself. */
  kindKey: string;
  uid: string;
  revision: number | undefined;
}

export function encodeId(cluster: string, kindKey: string, uid: string, revision?: number): string {
  const text = `${cluster}/${kindKey}/${uid}`;
  return Buffer.from(revision === undefined ? text : `${text}@${revision}`).toString('base64url');
}

/** The parts of an id; undefined when the text is no id of ours. */
export function decodeId(id: string): GlobalId | undefined {
  const match = /^([^/]+)\/([^/]+)\/([^@]+)(?:@(\d+))?$/.exec(Buffer.from(id, 'base64url').toString('utf8'));
  if (!match) return undefined;
  const [, cluster = '', kindKey = '', uid = '', revision] = match;
  return { cluster, kindKey, uid, revision: revision === undefined ? undefined : Number(revision) };
}
