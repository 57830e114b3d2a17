import type { AnyDefinition } from '../machinery/definition.ts';
import { controllerRevision } from './controllerrevision/definition.ts';
import { customResourceDefinition } from './customresourcedefinition/definition.ts';
import { configMap } from './configmap/definition.ts';
import { clusterRole } from './clusterrole/definition.ts';
import { clusterRoleBinding } from './clusterrolebinding/definition.ts';
import { csiDriver } from './csidriver/definition.ts';
import { csiNode } from './csinode/definition.ts';
import { csiStorageCapacity } from './csistoragecapacity/definition.ts';
import { cronJob } from './cronjob/definition.ts';
import { daemonSet } from './daemonset/definition.ts';
import { deployment } from './deployment/definition.ts';
import { endpoints } from './endpoints/definition.ts';
import { endpointSlice } from './endpointslice/definition.ts';
import { event } from './event/definition.ts';
import { fault } from './fault/definition.ts';
import { gateway } from './gateway/definition.ts';
import { gatewayClass } from './gatewayclass/definition.ts';
import { imageProfile } from './imageprofile/definition.ts';
import { horizontalPodAutoscaler } from './horizontalpodautoscaler/definition.ts';
import { httpRoute } from './httproute/definition.ts';
import { ingress } from './ingress/definition.ts';
import { ingressClass } from './ingressclass/definition.ts';
import { job } from './job/definition.ts';
import { limitRange } from './limitrange/definition.ts';
import { namespace } from './namespace/definition.ts';
import { networkPolicy } from './networkpolicy/definition.ts';
import { node } from './node/definition.ts';
import { persistentVolume } from './persistentvolume/definition.ts';
import { persistentVolumeClaim } from './persistentvolumeclaim/definition.ts';
import { pod } from './pod/definition.ts';
import { podDisruptionBudget } from './poddisruptionbudget/definition.ts';
import { withStoredKinds } from './stored/stored-kinds.ts';
import { priorityClass } from './priorityclass/definition.ts';
import { referenceGrant } from './referencegrant/definition.ts';
import { replicaSet } from './replicaset/definition.ts';
import { replicationController } from './replicationcontroller/definition.ts';
import { runtimeClass } from './runtimeclass/definition.ts';
import { resourceQuota } from './resourcequota/definition.ts';
import { role } from './role/definition.ts';
import { roleBinding } from './rolebinding/definition.ts';
import { secret } from './secret/definition.ts';
import { service } from './service/definition.ts';
import { serviceAccount } from './serviceaccount/definition.ts';
import { trafficSource } from './trafficsource/definition.ts';
import { storageClass } from './storageclass/definition.ts';
import { statefulSet } from './statefulset/definition.ts';
import { volumeAttachment } from './volumeattachment/definition.ts';

/** Every kind the model brings to life, one line each. Their controllers run in this order within an instant. */
const modelled: readonly AnyDefinition[] = [
  namespace,
  node,
  cronJob,
  job,
  deployment,
  statefulSet,
  daemonSet,
  replicaSet,
  replicationController,
  pod,
  storageClass,
  persistentVolume,
  persistentVolumeClaim,
  csiDriver,
  csiNode,
  csiStorageCapacity,
  volumeAttachment,
  service,
  endpointSlice,
  endpoints,
  trafficSource,
  ingressClass,
  ingress,
  gatewayClass,
  gateway,
  httpRoute,
  referenceGrant,
  networkPolicy,
  configMap,
  secret,
  serviceAccount,
  role,
  clusterRole,
  roleBinding,
  clusterRoleBinding,
  limitRange,
  resourceQuota,
  podDisruptionBudget,
  horizontalPodAutoscaler,
  priorityClass,
  runtimeClass,
  controllerRevision,
  imageProfile,
  fault,
  event,
  customResourceDefinition,
];

/** Every kind there is: those above, and the rest of Kubernetes as objects that are only kept. */
export const definitions: readonly AnyDefinition[] = withStoredKinds(modelled);
