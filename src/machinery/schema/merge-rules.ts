/**
 * How server-side apply merges the lists and maps of Kubernetes' types: facts of the published OpenAPI
 * (x-kubernetes-list-type, x-kubernetes-list-map-keys, x-kubernetes-map-type) of v1.36. A list that is not named here is
 * atomic; a map that is not named here is merged key by key.
 */

const NAME = ['name'];
const TYPE = ['type'];
const CONTAINER_LISTS = {
  env: NAME,
  ports: ['containerPort', 'protocol'],
  volumeDevices: ['devicePath'],
  volumeMounts: ['mountPath'],
};

/** Type → field → the keys of its elements; an empty list of keys is a set of scalars. */
export const ASSOCIATIVE_LISTS: Record<string, Record<string, readonly string[]>> = {
  'admissionregistration.k8s.io/v1.MutatingAdmissionPolicySpec': { matchConditions: NAME },
  'admissionregistration.k8s.io/v1.MutatingWebhook': { matchConditions: NAME },
  'admissionregistration.k8s.io/v1.MutatingWebhookConfiguration': { webhooks: NAME },
  'admissionregistration.k8s.io/v1.ValidatingAdmissionPolicyBindingSpec': { validationActions: [] },
  'admissionregistration.k8s.io/v1.ValidatingAdmissionPolicySpec': { matchConditions: NAME, variables: NAME },
  'admissionregistration.k8s.io/v1.ValidatingAdmissionPolicyStatus': { conditions: TYPE },
  'admissionregistration.k8s.io/v1.ValidatingWebhook': { matchConditions: NAME },
  'admissionregistration.k8s.io/v1.ValidatingWebhookConfiguration': { webhooks: NAME },
  'apiextensions.k8s.io/v1.CustomResourceDefinitionStatus': { conditions: TYPE },
  'apiextensions.k8s.io/v1.JSONSchemaProps': { 'x-kubernetes-validations': ['rule'] },
  'apiregistration.k8s.io/v1.APIServiceStatus': { conditions: TYPE },
  'apps/v1.DaemonSetStatus': { conditions: TYPE },
  'apps/v1.DeploymentStatus': { conditions: TYPE },
  'apps/v1.ReplicaSetStatus': { conditions: TYPE },
  'apps/v1.StatefulSetStatus': { conditions: TYPE },
  'autoscaling/v2.HorizontalPodAutoscalerStatus': { conditions: TYPE },
  'batch/v1.PodFailurePolicyOnExitCodesRequirement': { values: [] },
  'batch/v1.UncountedTerminatedPods': { failed: [], succeeded: [] },
  'certificates.k8s.io/v1.CertificateSigningRequestStatus': { conditions: TYPE },
  'discovery.k8s.io/v1.Endpoint': { addresses: [] },
  'flowcontrol.apiserver.k8s.io/v1.FlowSchemaStatus': { conditions: TYPE },
  'flowcontrol.apiserver.k8s.io/v1.NonResourcePolicyRule': { nonResourceURLs: [], verbs: [] },
  'flowcontrol.apiserver.k8s.io/v1.PriorityLevelConfigurationStatus': { conditions: TYPE },
  'flowcontrol.apiserver.k8s.io/v1.ResourcePolicyRule': { apiGroups: [], namespaces: [], resources: [], verbs: [] },
  'meta/v1.ObjectMeta': { finalizers: [], ownerReferences: ['uid'] },
  'networking.k8s.io/v1.ServiceCIDRStatus': { conditions: TYPE },
  'policy/v1.PodDisruptionBudgetStatus': { conditions: TYPE },
  'resource.k8s.io/v1.AllocatedDeviceStatus': { conditions: TYPE },
  'resource.k8s.io/v1.ResourceClaimStatus': { devices: ['driver', 'device', 'pool', 'shareID'], reservedFor: ['uid'] },
  'storage.k8s.io/v1.CSIDriverSpec': { volumeLifecycleModes: [] },
  'storage.k8s.io/v1.CSINodeSpec': { drivers: NAME },
  'v1.ComponentStatus': { conditions: TYPE },
  'v1.Container': CONTAINER_LISTS,
  'v1.ContainerRestartRuleOnExitCodes': { values: [] },
  'v1.ContainerStatus': { allocatedResourcesStatus: NAME, volumeMounts: ['mountPath'] },
  'v1.EphemeralContainer': CONTAINER_LISTS,
  'v1.NamespaceStatus': { conditions: TYPE },
  'v1.NodeSpec': { podCIDRs: [] },
  'v1.NodeStatus': { addresses: TYPE, conditions: TYPE },
  'v1.PersistentVolumeClaimStatus': { conditions: TYPE },
  'v1.PodSpec': {
    containers: NAME,
    ephemeralContainers: NAME,
    hostAliases: ['ip'],
    imagePullSecrets: NAME,
    initContainers: NAME,
    resourceClaims: NAME,
    schedulingGates: NAME,
    topologySpreadConstraints: ['topologyKey', 'whenUnsatisfiable'],
    volumes: NAME,
  },
  'v1.PodStatus': { conditions: TYPE, podIPs: ['ip'], resourceClaimStatuses: NAME },
  'v1.ReplicationControllerStatus': { conditions: TYPE },
  'v1.ResourceRequirements': { claims: NAME },
  'v1.ResourceStatus': { resources: ['resourceID'] },
  'v1.ServiceAccount': { secrets: NAME },
  'v1.ServiceSpec': { ports: ['port', 'protocol'] },
  'v1.ServiceStatus': { conditions: TYPE },
};

/** Defaults of keys that an element may leave out, by the name of the key. */
export const KEY_DEFAULTS: Record<string, unknown> = { protocol: 'TCP' };

/** Types that are owned as a whole. */
export const ATOMIC_TYPES: ReadonlySet<string> = new Set([
  ...['MatchResources', 'NamedRuleWithOperations', 'ParamKind', 'ParamRef', 'Variable'].map(
    (name) => `admissionregistration.k8s.io/v1.${name}`,
  ),
  'autoscaling/v1.CrossVersionObjectReference',
  'discovery.k8s.io/v1.EndpointPort',
  'meta/v1.LabelSelector',
  'meta/v1.OwnerReference',
  'networking.k8s.io/v1.ServiceBackendPort',
  'rbac.authorization.k8s.io/v1.RoleRef',
  'rbac.authorization.k8s.io/v1.Subject',
  ...['ConfigMapKeySelector', 'EndpointAddress', 'EndpointPort', 'FileKeySelector', 'LocalObjectReference'].map(
    (name) => `v1.${name}`,
  ),
  ...['NodeSelector', 'NodeSelectorTerm', 'ObjectFieldSelector', 'ObjectReference', 'ResourceFieldSelector'].map(
    (name) => `v1.${name}`,
  ),
  ...['ScopeSelector', 'SecretKeySelector', 'SecretReference', 'TopologySelectorTerm', 'TypedLocalObjectReference'].map(
    (name) => `v1.${name}`,
  ),
]);

/** Maps that are owned as a whole: type and field. */
export const ATOMIC_MAPS: ReadonlySet<string> = new Set([
  'v1.PodSpec.nodeSelector',
  'v1.ReplicationControllerSpec.selector',
  'v1.ServiceSpec.selector',
  'node.k8s.io/v1.Scheduling.nodeSelector',
]);
