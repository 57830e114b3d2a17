import { describe, expect, it } from 'vitest';
import { parseManifest } from '../../src/manifest/parse-manifest.ts';
import { Model } from '../support/model.ts';

const POD_SPEC = `
      initContainers: [{name: init, image: busybox, command: [sh], env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]}]
      containers:
      - name: web
        image: nginx
        ports: [{name: http, containerPort: 80, protocol: TCP}]
        env: [{name: A, value: "1"}, {name: B, valueFrom: {secretKeyRef: {name: s, key: k}}}]
        envFrom: [{configMapRef: {name: c}}]
        resources: {requests: {cpu: 100m}, limits: {memory: 64Mi}}
        readinessProbe: {httpGet: {path: /, port: http}, periodSeconds: 5}
        livenessProbe: {exec: {command: ["true"]}}
        lifecycle: {preStop: {exec: {command: [sleep, "1"]}}}
        volumeMounts: [{name: data, mountPath: /data}]
        securityContext: {runAsUser: 1}
      volumes: [{name: data, emptyDir: {}}, {name: c, configMap: {name: c, items: [{key: a, path: a}]}}]
      tolerations: [{key: a, operator: Exists, effect: NoExecute, tolerationSeconds: 5}]
      nodeSelector: {a: b}
      affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: a, labelSelector: {matchLabels: {a: b}}}]}}
      topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule}]
`;
const TEMPLATE = `
    metadata: {labels: {app: web}}
    spec:${POD_SPEC}`;
const SMALL_TEMPLATE =
  '\n    metadata: {labels: {app: web}}\n    spec:\n      containers: [{name: web, image: nginx}]\n';
const workload = (apiVersion: string, kind: string, more = '', template = SMALL_TEMPLATE) =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: web}}\n${more}  template:${template}`;

const MANIFEST = [
  workload('apps/v1', 'Deployment', '  replicas: 2\n  strategy: {rollingUpdate: {maxSurge: 1}}\n', TEMPLATE),
  workload(
    'apps/v1',
    'StatefulSet',
    '  serviceName: web\n  volumeClaimTemplates: [{metadata: {name: www}, spec: {resources: {requests: {storage: 1Gi}}}}]\n',
  ),
  workload('apps/v1', 'DaemonSet', '  updateStrategy: {rollingUpdate: {maxUnavailable: 1}}\n'),
  workload('apps/v1', 'ReplicaSet'),
  `apiVersion: batch/v1\nkind: Job\nmetadata: {name: job}\nspec:\n  completions: 2\n  podFailurePolicy: {rules: [{action: Ignore, onPodConditions: [{type: A}]}]}\n  template:${SMALL_TEMPLATE}      restartPolicy: Never\n`,
  'apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, type: NodePort, ports: [{name: http, port: 80, targetPort: http}]}\n',
  'apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: web}\nspec: {minAvailable: 1, selector: {matchLabels: {app: web}}}\n',
  'apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: cron}\nspec: {schedule: "* * * * *", jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: b}]}}}}}\n',
  'apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: c}\nspec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n',
  'apiVersion: v1\nkind: Node\nmetadata: {name: n}\nspec: {taints: [{key: a, effect: NoSchedule}]}\n',
  'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n',
  'apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ntype: Opaque\nstringData: {a: b}\n',
  'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: b}\n',
  'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: as.x.y}\nspec: {group: x.y, scope: Cluster, names: {plural: as, kind: A}, versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]}\n',
  'apiVersion: orrery.dev/v1alpha1\nkind: Fault\nmetadata: {name: f}\nspec: {target: {labelSelector: {matchLabels: {a: b}}}, probe: {type: READINESS, succeed: false}, endTime: "2026-01-02T00:00:00Z"}\n',
  'apiVersion: orrery.dev/v1alpha1\nkind: ImageProfile\nmetadata: {name: i}\nspec: {image: nginx, pullTime: 1s, exitCodes: [1], usage: [{cpu: 1m}], probes: [{succeed: true, from: 1s}]}\n',
  'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p}\nspec: {podSelector: {matchLabels: {a: b}}, policyTypes: [Ingress, Egress], ingress: [{from: [{podSelector: {}, namespaceSelector: {}}], ports: [{port: 80, endPort: 90, protocol: TCP}]}], egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]}]}\n',
  'apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: nginx}\nspec: {controller: k8s.io/ingress-nginx, parameters: {apiGroup: a.b, kind: C, name: d, scope: Namespace, namespace: e}}\n',
  'apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i}\nspec: {ingressClassName: nginx, defaultBackend: {resource: {apiGroup: a.b, kind: C, name: d}}, tls: [{hosts: [a.com], secretName: s}], rules: [{host: a.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}\n',
  'apiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {name: envoy}\nspec: {controllerName: gateway.envoyproxy.io/gatewayclass-controller, parametersRef: {group: a, kind: b, name: c}}\n',
  'apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: edge}\nspec: {gatewayClassName: envoy, addresses: [{value: 192.0.2.1}], listeners: [{name: https, port: 443, protocol: HTTPS, hostname: a.com, tls: {certificateRefs: [{name: s}]}, allowedRoutes: {kinds: [{kind: HTTPRoute}], namespaces: {from: Selector, selector: {matchLabels: {a: b}}}}}]}\n',
  'apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: r}\nspec: {parentRefs: [{name: edge, sectionName: https}], hostnames: [a.com], rules: [{matches: [{path: {type: Exact, value: /a}, method: GET, headers: [{name: a, value: b}], queryParams: [{name: a, value: b}]}], filters: [{type: RequestRedirect, requestRedirect: {hostname: b.com}}], backendRefs: [{name: web, port: 80, weight: 2, namespace: default}]}]}\n',
  'apiVersion: gateway.networking.k8s.io/v1beta1\nkind: ReferenceGrant\nmetadata: {name: g}\nspec: {from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: default}], to: [{group: "", kind: Service, name: web}]}\n',
  'apiVersion: v1\nkind: LimitRange\nmetadata: {name: l}\nspec: {limits: [{type: Container, min: {cpu: 1m}, max: {cpu: "9"}, default: {cpu: "1"}, defaultRequest: {cpu: 1m}, maxLimitRequestRatio: {cpu: "9000"}}]}\n',
  'apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q}\nspec: {hard: {pods: "900", requests.cpu: "900", count/configmaps: "900"}, scopes: [NotBestEffort], scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: In, values: [high]}]}}\n',
  'apiVersion: v1\nkind: Event\nmetadata: {name: e}\ninvolvedObject: {kind: Pod, name: p}\nreason: A\n',
];

/** What the damage puts in the place of a value; undefined takes the value away. */
const DAMAGE: readonly unknown[] = [undefined, null, {}, [], '', 'x', -1, true, [null], [{}], { a: 'b' }, ['x']];

function pathsOf(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [[...path, name], ...pathsOf(member, [...path, name])]);
}

function damaged(object: Record<string, unknown>, path: readonly string[], value: unknown): Record<string, unknown> {
  const copy = structuredClone(object);
  let at: any = copy;
  for (const name of path.slice(0, -1)) at = at[name];
  const last = path.at(-1) ?? '';
  if (value !== undefined) at[last] = value;
  else if (Array.isArray(at)) at.splice(Number(last), 1);
  else delete at[last];
  return copy;
}

describe('a damaged manifest', () => {
  const model = new Model();
  const documents = MANIFEST.flatMap((text) => parseManifest(text));

  it('is built from manifests that can be read', () => {
    expect(documents.flatMap(({ errors = [] }) => errors)).toEqual([]);
    expect(documents).toHaveLength(MANIFEST.length);
  });

  it.each(documents.map((document) => [String(document.object?.['kind']), document] as const))(
    'is answered, whatever is wrong with it: %s',
    (_, { object = {} }) => {
      const surprises: string[] = [];
      for (const path of pathsOf(object)) {
        for (const value of DAMAGE) {
          const input = {
            documents: [{ index: 0, line: 1, object: damaged(object, path, value) }],
            fieldManager: 'me',
          };
          const outcome = model.command('applyManifest', input, { dryRun: true });
          const internal = outcome.errors?.find(({ reason }) => reason === 'InternalError');
          if (internal) surprises.push(`${path.join('.')} = ${JSON.stringify(value)}: ${internal.message}`);
        }
      }
      expect(surprises).toEqual([]);
    },
  );
});
