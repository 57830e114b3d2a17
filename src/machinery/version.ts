import type { KubeObject } from './object.ts';

export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED';

/**
 * One committed change of one object: what the engine puts out, the store writes and views apply. All writes to one
 * object within one instant are one version. Versions of a cluster come in the order of their revisions.
 */
export interface Version {
  revision: number;
  /** The revision at which the object was created: the order of lists. */
  created: number;
  type: ChangeType;
  /** See Kind.key. */
  kindKey: string;
  /** The object after the change; for DELETED its last state. */
  object: KubeObject;
  /** The object before the change; undefined for ADDED. Sections shared with `object` did not change. */
  previous: KubeObject | undefined;
  /** Simulated time in milliseconds. */
  time: number;
  /** Who did it: `command:17`, or the controller's name. */
  cause: string;
}
