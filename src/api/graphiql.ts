import type { GraphiQLOptions } from 'graphql-yoga';

const WATCH_FIRST = 'Press the run button; it keeps running until you press it again.';

const TABS: readonly string[] = [
  `# From a Service to the machines its requests end up on.
query Services {
  cluster {
    services {
      nodes {
        name
        dnsName
        endpoints {
          addresses
          ready
          pod {
            name
            status
            node {
              name
            }
          }
        }
      }
    }
  }
}
`,
  `# Any manifest that kubectl apply takes. Run it twice: the second time everything is UNCHANGED.
mutation Apply {
  applyManifest(
    input: {
      manifest: """
      apiVersion: apps/v1
      kind: Deployment
      metadata:
        name: hello
      spec:
        replicas: 3
        selector:
          matchLabels: { app: hello }
        template:
          metadata:
            labels: { app: hello }
          spec:
            containers:
              - name: web
                image: nginx:1.29
                ports:
                  - containerPort: 80
                readinessProbe:
                  httpGet: { path: /, port: 80 }
      ---
      apiVersion: v1
      kind: Service
      metadata:
        name: hello
      spec:
        selector: { app: hello }
        ports:
          - port: 80
      """
    }
  ) {
    documents {
      ref
      action
      userErrors {
        message
      }
    }
  }
}
`,
  `# An id, or what kubectl calls it: deployment/NAME, deployment/NAMESPACE/NAME.
mutation Scale {
  scaleDeployment(input: { id: "deployment/hello", replicas: 5 }) {
    deployment {
      name
      replicas
      rollout {
        message
      }
    }
    userErrors {
      message
    }
  }
}
`,
  `# The readiness probes of these pods fail from now on: watch the Service's endpoints follow.
mutation BreakReadiness {
  injectFault(
    input: { fault: { probe: { pods: "app=hello", type: READINESS, succeed: false } }, duration: "2m" }
  ) {
    fault {
      id
      target
      endsAt
    }
    userErrors {
      message
    }
  }
}
`,
  `# ${WATCH_FIRST}
subscription WatchPods {
  podStatusChanged {
    time
    from
    to
    reason
    pod {
      name
      ready
      node {
        name
      }
    }
  }
}
`,
  `# ${WATCH_FIRST}
subscription WatchProbes {
  probeStatusChanged {
    time
    passing
    message
    probe {
      type
      handler
    }
    container {
      name
    }
    pod {
      name
    }
  }
}
`,
];

/** GraphiQL with runnable tabs, from the bundle that is served along, subscriptions over WebSocket. */
export const GRAPHIQL_OPTIONS: GraphiQLOptions = {
  title: 'Orrery',
  subscriptionsProtocol: 'WS',
  defaultTabs: TABS.map((query) => ({ query, variables: query.includes('$id') ? '{ "id": "" }' : null })),
};

/** The documents of the tabs, for tests. */
export const GRAPHIQL_TABS = TABS;
