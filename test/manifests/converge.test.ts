import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { slicesByService, EndpointSlice } from '../../src/kinds/endpointslice/types.ts';
import { PersistentVolumeClaim } from '../../src/kinds/persistentvolumeclaim/types.ts';
import { isPodReady, podCondition } from '../../src/kinds/pod/queries.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { selectorOf, Service } from '../../src/kinds/service/types.ts';
import { keyOf } from '../../src/machinery/object.ts';
import type { Model } from '../support/model.ts';
import { apply, cluster, MINUTE_MS } from '../conformance/cluster.ts';

const FOLDER = process.env['ORRERY_MANIFESTS'];

/** What is not ready ten minutes after a manifest was applied, each with what it says of itself. */
function unready(model: Model): string[] {
  const pods = model.view.list(Pod).filter((pod) => !isPodReady(pod));
  const claims = model.view.list(PersistentVolumeClaim).filter(({ status }) => status.phase !== 'Bound');
  const services = model.view
    .list(Service)
    .filter((service) => selects(service) && readyEndpoints(model, service) === 0);
  return [
    ...pods.map((pod) => `pod ${keyOf(pod)} ${pod.status.phase}: ${podCondition(pod, 'PodScheduled')?.message ?? ''}`),
    ...claims.map((claim) => `claim ${keyOf(claim)} ${claim.status.phase}`),
    ...services.map((service) => `service ${keyOf(service)} has no ready endpoints`),
  ];
}

const selects = (service: Service) => selectorOf(service).matchesNothing !== true;

function readyEndpoints(model: Model, service: Service): number {
  const slices: readonly EndpointSlice[] = model.view.by(slicesByService, keyOf(service));
  return slices.flatMap(({ endpoints }) => endpoints).filter(({ conditions }) => conditions.ready).length;
}

describe.skipIf(!FOLDER)(
  'what people publish runs (skipped unless ORRERY_MANIFESTS names a folder of manifests)',
  () => {
    it.each([
      ['online-boutique.yaml', 12, 12],
      ['bookinfo.yaml', 6, 4],
      ['voting-app.yaml', 5, 4],
      ['guestbook.yaml', 6, 3],
      ['cassandra.yaml', 3, 1],
      ['local-path-storage.yaml', 1, 0],
    ])('%s: %i pods and %i services are ready within ten minutes', (file, podCount, serviceCount) => {
      const model = cluster(3);
      apply(model, readFileSync(join(FOLDER ?? '', file), 'utf8'));
      model.run(10 * MINUTE_MS);
      expect(unready(model)).toEqual([]);
      expect(model.view.list(Pod)).toHaveLength(podCount);
      expect(model.view.list(Service).filter(selects)).toHaveLength(serviceCount);
      const { revision } = model.view;
      expect(model.restarted().view.revision).toBe(revision);
    });

    it('a claim of the local-path class is bound on the node of the pod that mounts it', () => {
      const model = cluster(3);
      apply(model, readFileSync(join(FOLDER ?? '', 'local-path-storage.yaml'), 'utf8'));
      apply(
        model,
        `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {storageClassName: local-path, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
`,
      );
      model.run(MINUTE_MS);
      expect(unready(model)).toEqual(['claim default/data Pending']);
      apply(
        model,
        `
apiVersion: v1
kind: Pod
metadata: {name: one}
spec:
  containers: [{name: c, image: nginx, volumeMounts: [{name: data, mountPath: /data}]}]
  volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
`,
      );
      model.run(5 * MINUTE_MS);
      expect(unready(model)).toEqual([]);
      const claim = model.view.get(PersistentVolumeClaim, 'default', 'data');
      const node = model.view.get(Pod, 'default', 'one')?.spec.nodeName;
      expect(claim?.metadata.annotations).toMatchObject({ 'volume.kubernetes.io/selected-node': node });
    });
  },
);
