import type { ClusterView } from '../../machinery/cluster-view.ts';
import { Pod } from '../pod/types.ts';
import { DEFAULT_ACCOUNT, podsByAccount, type ServiceAccount } from './types.ts';

/** The pods that run under an account. */
export function podsOfAccount(view: ClusterView, { metadata }: ServiceAccount): readonly Pod[] {
  const { namespace, name } = metadata;
  if (name !== DEFAULT_ACCOUNT) return view.by(podsByAccount, `${namespace}/${name}`);
  return view.list(Pod, namespace).filter(({ spec }) => (spec.serviceAccountName || DEFAULT_ACCOUNT) === name);
}
