import type { Index } from '../../machinery/cluster-view.ts';
import { defineKind } from '../../machinery/kind.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { Pod } from '../pod/types.ts';
import { Secret } from '../secret/types.ts';

export interface ServiceAccount extends KubeObject {
  secrets?: readonly { name?: string; namespace?: string }[];
  imagePullSecrets?: readonly { name?: string }[];
  automountServiceAccountToken?: boolean;
}

export const ServiceAccount = defineKind<ServiceAccount>({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  shortNames: ['sa'],
  namespaced: true,
});

/** The account that every namespace has, and that pods get which name none. */
export const DEFAULT_ACCOUNT = 'default';

export const TOKEN_TYPE = 'kubernetes.io/service-account-token';
export const ACCOUNT_NAME_ANNOTATION = 'kubernetes.io/service-account.name';
export const ACCOUNT_UID_ANNOTATION = 'kubernetes.io/service-account.uid';

/** Secrets that hold a token, by the account they are for: "<namespace>/<name>". */
export const tokensByAccount: Index<Secret> = {
  name: 'token secrets by service account',
  kind: Secret,
  keys: ({ type, metadata }) =>
    type === TOKEN_TYPE ? `${metadata.namespace}/${metadata.annotations?.[ACCOUNT_NAME_ANNOTATION]}` : undefined,
};

/** Pods by their account, those of the default account aside: they are nearly all pods. */
export const podsByAccount: Index<Pod> = {
  name: 'pods by service account',
  kind: Pod,
  keys({ spec, metadata }) {
    const account = spec.serviceAccountName || DEFAULT_ACCOUNT;
    return account === DEFAULT_ACCOUNT ? undefined : `${metadata.namespace}/${account}`;
  },
};
