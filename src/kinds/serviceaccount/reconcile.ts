import { watch, watchSelf, type Controller } from '../../machinery/controller.ts';
import { isBeingDeleted } from '../../machinery/object.ts';
import { ConfigMap } from '../configmap/types.ts';
import { Namespace } from '../namespace/types.ts';
import { modelledCertificate } from './certificate.ts';
import { DEFAULT_ACCOUNT, ServiceAccount } from './types.ts';

const ROOT_CA = 'kube-root-ca.crt';
const ROOT_CA_KEY = 'ca.crt';
const DESCRIPTION_ANNOTATION = 'kubernetes.io/description';
const DESCRIPTION =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

/** Every namespace has an account `default`. Source: pkg/controller/serviceaccount/serviceaccounts_controller.go. */
export const serviceAccountController: Controller = {
  name: 'service-account-controller',
  watches: [
    watchSelf(Namespace),
    watch(ServiceAccount, ({ old, new: account }) =>
      !account && old?.metadata.name === DEFAULT_ACCOUNT ? old.metadata.namespace : undefined,
    ),
  ],
  reconcile(name, api) {
    const namespace = api.getByKey(Namespace, name);
    if (!namespace || isBeingDeleted(namespace) || api.get(ServiceAccount, name, DEFAULT_ACCOUNT)) return;
    api.create<ServiceAccount>({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: DEFAULT_ACCOUNT, namespace: name },
    });
  },
};

/**
 * Every namespace has the certificate of the API server's authority, and gets it back when somebody changes it. Source:
 * pkg/controller/certificates/rootcacertpublisher/publisher.go.
 */
export const rootCaPublisher: Controller = {
  name: 'root-ca-certificate-publisher',
  watches: [
    watchSelf(Namespace),
    watch(ConfigMap, ({ old, new: current }) => {
      const changed = current ?? old;
      return old && changed?.metadata.name === ROOT_CA ? changed.metadata.namespace : undefined;
    }),
  ],
  reconcile(name, api) {
    const namespace = api.getByKey(Namespace, name);
    if (!namespace || isBeingDeleted(namespace)) return;
    const data = { [ROOT_CA_KEY]: modelledCertificate(api.seed) };
    const published = api.get(ConfigMap, name, ROOT_CA);
    if (!published) {
      const annotations = { [DESCRIPTION_ANNOTATION]: DESCRIPTION };
      const metadata = { name: ROOT_CA, namespace: name, annotations };
      api.create<ConfigMap>({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data });
      return;
    }
    const annotations = published.metadata.annotations ?? {};
    if (published.data?.[ROOT_CA_KEY] === data[ROOT_CA_KEY] && annotations[DESCRIPTION_ANNOTATION]) return;
    const metadata = { ...published.metadata, annotations: { ...annotations, [DESCRIPTION_ANNOTATION]: DESCRIPTION } };
    api.update({ ...published, metadata, data });
  },
};
