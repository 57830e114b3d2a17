import type { KindNames } from '../../machinery/kind.ts';

/** Names of a kind in the order of `kubectl api-resources`: kind, plural, short names. */
type Row = readonly [kind: string, plural: string, ...shortNames: string[]];

interface Group {
  apiVersion: string;
  namespaced?: readonly Row[];
  cluster?: readonly Row[];
}

/** What `kubectl api-resources` of the modelled release lists and can create. */
const GROUPS: readonly Group[] = [
  {
    apiVersion: 'v1',
    namespaced: [
      ['ConfigMap', 'configmaps', 'cm'],
      ['Endpoints', 'endpoints', 'ep'],
      ['Event', 'events', 'ev'],
      ['LimitRange', 'limitranges', 'limits'],
      ['PersistentVolumeClaim', 'persistentvolumeclaims', 'pvc'],
      ['Pod', 'pods', 'po'],
      ['PodTemplate', 'podtemplates'],
      ['ReplicationController', 'replicationcontrollers', 'rc'],
      ['ResourceQuota', 'resourcequotas', 'quota'],
      ['Secret', 'secrets'],
      ['ServiceAccount', 'serviceaccounts', 'sa'],
      ['Service', 'services', 'svc'],
    ],
    cluster: [
      ['Namespace', 'namespaces', 'ns'],
      ['Node', 'nodes', 'no'],
      ['PersistentVolume', 'persistentvolumes', 'pv'],
    ],
  },
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    cluster: [
      ['MutatingAdmissionPolicy', 'mutatingadmissionpolicies'],
      ['MutatingAdmissionPolicyBinding', 'mutatingadmissionpolicybindings'],
      ['MutatingWebhookConfiguration', 'mutatingwebhookconfigurations'],
      ['ValidatingAdmissionPolicy', 'validatingadmissionpolicies'],
      ['ValidatingAdmissionPolicyBinding', 'validatingadmissionpolicybindings'],
      ['ValidatingWebhookConfiguration', 'validatingwebhookconfigurations'],
    ],
  },
  {
    apiVersion: 'apiextensions.k8s.io/v1',
    cluster: [['CustomResourceDefinition', 'customresourcedefinitions', 'crd', 'crds']],
  },
  { apiVersion: 'apiregistration.k8s.io/v1', cluster: [['APIService', 'apiservices']] },
  {
    apiVersion: 'apps/v1',
    namespaced: [
      ['ControllerRevision', 'controllerrevisions'],
      ['DaemonSet', 'daemonsets', 'ds'],
      ['Deployment', 'deployments', 'deploy'],
      ['ReplicaSet', 'replicasets', 'rs'],
      ['StatefulSet', 'statefulsets', 'sts'],
    ],
  },
  {
    apiVersion: 'autoscaling/v2',
    namespaced: [['HorizontalPodAutoscaler', 'horizontalpodautoscalers', 'hpa']],
  },
  {
    apiVersion: 'batch/v1',
    namespaced: [
      ['CronJob', 'cronjobs', 'cj'],
      ['Job', 'jobs'],
    ],
  },
  {
    apiVersion: 'certificates.k8s.io/v1',
    cluster: [['CertificateSigningRequest', 'certificatesigningrequests', 'csr']],
  },
  { apiVersion: 'coordination.k8s.io/v1', namespaced: [['Lease', 'leases']] },
  { apiVersion: 'discovery.k8s.io/v1', namespaced: [['EndpointSlice', 'endpointslices']] },
  {
    apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
    cluster: [
      ['FlowSchema', 'flowschemas'],
      ['PriorityLevelConfiguration', 'prioritylevelconfigurations'],
    ],
  },
  {
    apiVersion: 'networking.k8s.io/v1',
    namespaced: [
      ['Ingress', 'ingresses', 'ing'],
      ['NetworkPolicy', 'networkpolicies', 'netpol'],
    ],
    cluster: [
      ['IngressClass', 'ingressclasses'],
      ['IPAddress', 'ipaddresses', 'ip'],
      ['ServiceCIDR', 'servicecidrs'],
    ],
  },
  { apiVersion: 'node.k8s.io/v1', cluster: [['RuntimeClass', 'runtimeclasses']] },
  {
    apiVersion: 'policy/v1',
    namespaced: [['PodDisruptionBudget', 'poddisruptionbudgets', 'pdb']],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    namespaced: [
      ['RoleBinding', 'rolebindings'],
      ['Role', 'roles'],
    ],
    cluster: [
      ['ClusterRoleBinding', 'clusterrolebindings'],
      ['ClusterRole', 'clusterroles'],
    ],
  },
  {
    apiVersion: 'resource.k8s.io/v1',
    namespaced: [
      ['ResourceClaim', 'resourceclaims'],
      ['ResourceClaimTemplate', 'resourceclaimtemplates'],
    ],
    cluster: [
      ['DeviceClass', 'deviceclasses'],
      ['ResourceSlice', 'resourceslices'],
    ],
  },
  { apiVersion: 'scheduling.k8s.io/v1', cluster: [['PriorityClass', 'priorityclasses', 'pc']] },
  {
    apiVersion: 'storage.k8s.io/v1',
    namespaced: [['CSIStorageCapacity', 'csistoragecapacities']],
    cluster: [
      ['CSIDriver', 'csidrivers'],
      ['CSINode', 'csinodes'],
      ['StorageClass', 'storageclasses', 'sc'],
      ['VolumeAttachment', 'volumeattachments'],
      ['VolumeAttributesClass', 'volumeattributesclasses', 'vac'],
    ],
  },
];

/** The names of every kind that Kubernetes serves. */
export const KUBERNETES_KINDS: readonly KindNames[] = GROUPS.flatMap(
  ({ apiVersion, namespaced = [], cluster = [] }) => [
    ...namespaced.map(([kind, plural, ...shortNames]) => ({ apiVersion, kind, plural, shortNames, namespaced: true })),
    ...cluster.map(([kind, plural, ...shortNames]) => ({ apiVersion, kind, plural, shortNames, namespaced: false })),
  ],
);
