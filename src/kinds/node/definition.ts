import type { KindDefinition } from '../../machinery/definition.ts';
import { applyNodeDefaults, validateNode, validateNodeUpdate } from './admission.ts';
import { addNodes, cordonNode, uncordonNode } from './commands.ts';
import { defaultTolerationSeconds } from './default-tolerations.ts';
import { podCidrAllocator } from './pod-cidr.ts';
import { nodeRegistration } from './registration.ts';
import { shutdownNode, startNode } from './shutdown.ts';
import { nodeColumns, nodeHealth } from './table.ts';
import { Node, nodesByAddress, nodesByPodCidr, nodesByReadiness, drainingNodes } from './types.ts';

/** Machines. They register themselves with their status, so a manifest's status is kept. */
export const node: KindDefinition<Node> = {
  kind: Node,
  indexes: [nodesByPodCidr, nodesByAddress, nodesByReadiness, drainingNodes],
  keepsStatusOnCreate: true,
  hasGeneration: false,
  applyDefaults: applyNodeDefaults,
  validate: validateNode,
  validateUpdate: validateNodeUpdate,
  plugins: [defaultTolerationSeconds],
  controllers: [nodeRegistration, podCidrAllocator],
  commands: [addNodes, cordonNode, uncordonNode, shutdownNode, startNode],
  columns: nodeColumns,
  health: nodeHealth,
};
