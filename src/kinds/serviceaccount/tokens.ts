import { encodeBase64, utf8Bytes } from '../../machinery/base64.ts';
import { watch, type Controller, type ControllerApi } from '../../machinery/controller.ts';
import { keyOf, type StringMap } from '../../machinery/object.ts';
import { hash32 } from '../../machinery/random.ts';
import { Secret } from '../secret/types.ts';
import { modelledCertificate } from './certificate.ts';
import {
  ACCOUNT_NAME_ANNOTATION,
  ACCOUNT_UID_ANNOTATION,
  ServiceAccount,
  TOKEN_TYPE,
  tokensByAccount,
} from './types.ts';

/**
 * Fills Secrets that ask for an account's token, deletes them with the account, and takes those that go out of the
 * account's list. Keys are those of Secrets. Source: pkg/controller/serviceaccount/tokens_controller.go.
 */
export const tokensController: Controller = {
  name: 'tokens-controller',
  watches: [
    watch(Secret, ({ old, new: current }) => {
      const secret = current ?? old;
      return secret?.type === TOKEN_TYPE ? keyOf(secret) : undefined;
    }),
    watch(ServiceAccount, ({ old, new: current }, view) => {
      const account = current ?? old;
      if (!account || (old && current)) return undefined;
      return view.by(tokensByAccount, keyOf(account)).map(keyOf);
    }),
  ],
  reconcile(key, api) {
    const secret = api.getByKey(Secret, key);
    if (!secret) forget(key, api);
    else if (secret.type === TOKEN_TYPE && secret.metadata.deletionTimestamp === undefined) fill(secret, api);
  },
};

function fill(secret: Secret, api: ControllerApi): void {
  const { metadata, data = {} } = secret;
  const annotations = metadata.annotations ?? {};
  const account = api.get(ServiceAccount, metadata.namespace, annotations[ACCOUNT_NAME_ANNOTATION] ?? '');
  const uid = annotations[ACCOUNT_UID_ANNOTATION];
  if (!account || (uid && uid !== account.metadata.uid)) {
    api.delete(secret, { uid: metadata.uid });
    return;
  }
  const certificate = encodeText(modelledCertificate(api.seed));
  const isComplete = data['ca.crt'] === certificate && data['namespace'] && data['token'] && uid;
  if (isComplete) return;
  const filled: StringMap = {
    ...data,
    'ca.crt': certificate,
    namespace: data['namespace'] || encodeText(metadata.namespace ?? ''),
    token: data['token'] || encodeText(tokenOf(account, secret)),
  };
  const owned = { ...annotations, [ACCOUNT_UID_ANNOTATION]: account.metadata.uid };
  api.update({ ...secret, metadata: { ...metadata, annotations: owned }, data: filled });
}

/** A token's place in the model: it says whose it is and opens nothing. */
function tokenOf({ metadata }: ServiceAccount, secret: Secret): string {
  const sign = hash32(`${metadata.uid} ${secret.metadata.uid}`).toString(16);
  return `orrery.${metadata.namespace}.${metadata.name}.${sign}`;
}

function encodeText(text: string): string {
  return encodeBase64(utf8Bytes(text));
}

/** The Secret is gone: accounts of its namespace that list it do so no longer. */
function forget(key: string, api: ControllerApi): void {
  const [namespace = '', name = ''] = key.split('/');
  for (const account of api.list(ServiceAccount, namespace)) {
    const secrets = account.secrets?.filter((reference) => reference.name !== name);
    if (secrets && secrets.length < (account.secrets?.length ?? 0)) api.update({ ...account, secrets });
  }
}
