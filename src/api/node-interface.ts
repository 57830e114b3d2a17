import { builder } from './builder.ts';

/** The source of anything that can be fetched again by its id. `typeName` is undefined where the kind decides it. */
export interface NodeSource {
  readonly id: string;
}

/** Relay's Node. A machine is `KubeNode`. */
export const NodeInterface = builder.interfaceRef<NodeSource>('Node');
