import { forbiddenObject, notFound, type ApiError } from '../../machinery/api-error.ts';
import type { AdmissionPlugin } from '../../machinery/definition.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { Pod } from '../pod/types.ts';
import { DEFAULT_ACCOUNT, ServiceAccount } from './types.ts';

const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';

/**
 * A pod runs under an account that is there, by default `default`, and gets its imagePullSecrets where it has none. The
 * default account is waited for, as it comes by itself. The volume with the account's token is not added: see
 * docs/decisions/0010-who-asks.md. Source: plugin/pkg/admission/serviceaccount/admission.go.
 */
export const serviceAccountAdmission: AdmissionPlugin = {
  name: 'ServiceAccount',
  kinds: [Pod],
  mutate(object: KubeObject, old, { view }): ApiError | undefined {
    if (old) return undefined;
    const pod = object as Pod;
    const { namespace, name, generateName, annotations } = pod.metadata;
    const refuse = (why: string) => forbiddenObject('pods', '', name || generateName || '', why);
    const given = pod.spec.serviceAccountName;
    if (annotations?.[MIRROR_ANNOTATION] !== undefined) {
      return given ? refuse('a mirror pod may not reference service accounts') : undefined;
    }
    const wanted = given || DEFAULT_ACCOUNT;
    const account = view.get(ServiceAccount, namespace, wanted);
    if (!account && wanted !== DEFAULT_ACCOUNT) {
      const { message } = notFound('serviceaccount', '', wanted);
      return refuse(`error looking up service account ${namespace}/${wanted}: ${message}`);
    }
    if (!given) pod.spec = { ...pod.spec, serviceAccountName: wanted, serviceAccount: wanted };
    const pullSecrets = account?.imagePullSecrets;
    if (pullSecrets?.length && !pod.spec.imagePullSecrets?.length) {
      pod.spec = { ...pod.spec, imagePullSecrets: [...pullSecrets] };
    }
    return undefined;
  },
};
