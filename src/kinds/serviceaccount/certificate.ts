import { encodeBase64, utf8Bytes } from '../../machinery/base64.ts';

/**
 * A certificate's place in the model: it says what it is and verifies nothing. It is named after the seed and not the
 * cluster, whose name must not show in its state.
 */
export function modelledCertificate(seed: string): string {
  const body = encodeBase64(utf8Bytes(`Orrery models a cluster (${seed}): this is no certificate.`));
  const lines = body.match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
