import { builder } from '../../api/builder.ts';
import type { Handle } from '../../api/handle.ts';
import { defineKubeType } from '../../api/kube-object.ts';
import { kubeRef } from '../../api/refs.ts';
import { CsiDriver } from '../csidriver/types.ts';
import { Node } from '../node/types.ts';
import { CsiNode } from './types.ts';

interface DriverSource {
  node: Handle<CsiNode>;
  driver: NonNullable<CsiNode['spec']['drivers']>[number];
}

const NodeDriver = builder.objectRef<DriverSource>('CSINodeDriver').implement({
  description: 'A driver of volumes on a node.',
  fields: (t) => ({
    name: t.string({ description: 'The name of the driver.', resolve: ({ driver }) => driver.name }),
    nodeID: t.string({ description: "The driver's name for the node.", resolve: ({ driver }) => driver.nodeID ?? '' }),
    allocatable: t.int({
      nullable: true,
      description: 'How many of its volumes can be attached to the node; null: any number.',
      resolve: ({ driver }) => driver.allocatable?.count,
    }),
    topologyKeys: t.stringList({
      description: 'The labels of nodes that say from where its volumes can be reached.',
      resolve: ({ driver }) => [...(driver.topologyKeys ?? [])],
    }),
    driver: t.field({
      type: kubeRef(CsiDriver),
      nullable: true,
      description: 'The object of the driver, if the cluster has one.',
      resolve: ({ node, driver }) => node.find(CsiDriver, undefined, driver.name),
    }),
  }),
});

defineKubeType(CsiNode, {
  description: 'The drivers of volumes on a node.',
  fields: (t) => ({
    node: t.field({
      type: kubeRef(Node),
      nullable: true,
      description: 'The node.',
      resolve: (handle) => handle.find(Node, undefined, handle.object.metadata.name),
    }),
    drivers: t.field({
      type: [NodeDriver],
      description: 'The drivers that are installed on it.',
      extensions: { listSize: 100 },
      resolve: (node) => (node.object.spec?.drivers ?? []).map((driver) => ({ node, driver })),
    }),
  }),
});

builder.objectField(kubeRef(Node), 'csiNode', (t) =>
  t.field({
    type: kubeRef(CsiNode),
    nullable: true,
    description: 'The drivers of volumes on it, if the cluster has an object for them.',
    resolve: (handle) => handle.find(CsiNode, undefined, handle.object.metadata.name),
  }),
);
