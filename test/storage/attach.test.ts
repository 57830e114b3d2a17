import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Event } from '../../src/kinds/event/types.ts';
import { Fault } from '../../src/kinds/fault/types.ts';
import { Node } from '../../src/kinds/node/types.ts';
import { Pod } from '../../src/kinds/pod/types.ts';
import { VolumeAttachment } from '../../src/kinds/volumeattachment/types.ts';
import { START_MS, Model } from '../support/model.ts';

const MINUTE = 60_000;
const ALREADY_ATTACHED =
  'Multi-Attach error for volume "disk" Volume is already exclusively attached to one node and can\'t be attached to another';

function node(name: string): string {
  return `apiVersion: v1\nkind: Node\nmetadata: { name: ${name} }`;
}

function disk(name: string, spec = ''): string {
  return `
apiVersion: v1
kind: PersistentVolume
metadata: { name: ${name} }
spec:
  capacity: { storage: 1Gi }
  accessModes: [${spec.includes('shared') ? 'ReadWriteMany' : 'ReadWriteOnce'}]
  ${spec === 'in-tree' ? 'awsElasticBlockStore: { volumeID: "aws://zone-a/vol-1" }' : `csi: { driver: ${spec.match(/driver=(\S+)/)?.[1] ?? 'ebs.csi.aws.com'}, volumeHandle: vol-1 }`}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: ${name}, namespace: default }
spec:
  accessModes: [${spec.includes('shared') ? 'ReadWriteMany' : 'ReadWriteOnce'}]
  storageClassName: ''
  volumeName: ${name}
  resources: { requests: { storage: 1Gi } }
`;
}

function pod(name: string, nodeName: string, more = ''): string {
  return `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: default }
spec:
  nodeName: ${nodeName}
  terminationGracePeriodSeconds: 1
  restartPolicy: ${more.includes('job') ? 'Never' : 'Always'}
  containers: [{ name: web, image: web, command: [sh, -c, "${more.includes('job') ? 'sleep 5' : 'sleep infinity'}"], volumeMounts: [{ name: data, mountPath: /data }] }]
  volumes: [{ name: data, persistentVolumeClaim: { claimName: disk } }]
`;
}

const podOf = (model: Model, name: string) => model.view.get(Pod, 'default', name)!;
const nodeOf = (model: Model, name: string) => model.view.get(Node, undefined, name)!;
const attachments = (model: Model) =>
  model.view.list(VolumeAttachment).map(({ spec, status }) => `${spec.nodeName} ${status.attached}`);
const said = (model: Model, name: string) =>
  model.view
    .list(Event)
    .filter(({ involvedObject }) => involvedObject.name === name)
    .map(({ reason, message, type }) => `${type} ${reason}: ${message}`);
const isRunning = (model: Model, name: string) => podOf(model, name).status.phase === 'Running';

function remove(model: Model, name: string, force = false): void {
  model.do((api) => api.delete(podOf(model, name), force ? { gracePeriodSeconds: 0 } : {}));
}

function breakNode(model: Model, name: string): void {
  model.command('injectFault', { name: 'outage', fault: { nodeDown: { node: name } } });
}

describe('attaching', () => {
  it('keeps a pod in ContainerCreating until its volume is attached, and says so', () => {
    const model = new Model();
    model.create(node('a'), disk('disk'), pod('web', 'a'));
    expect(attachments(model)).toEqual(['a false']);
    expect(nodeOf(model, 'a').status.volumesInUse).toEqual(['kubernetes.io/csi/ebs.csi.aws.com^vol-1']);
    expect(nodeOf(model, 'a').status.volumesAttached).toBeUndefined();
    expect(podOf(model, 'web').status.containerStatuses?.[0]?.state?.waiting?.reason).toBe('ContainerCreating');
    model.run(10_000);
    expect(isRunning(model, 'web')).toBe(true);
    expect(attachments(model)).toEqual(['a true']);
    expect(nodeOf(model, 'a').status.volumesAttached).toEqual([
      { name: 'kubernetes.io/csi/ebs.csi.aws.com^vol-1', devicePath: '' },
    ]);
    const events = said(model, 'web');
    expect(events).toContain('Normal SuccessfulAttachVolume: AttachVolume.Attach succeeded for volume "disk" ');
    expect(events.findIndex((text) => text.includes('SuccessfulAttach'))).toBeLessThan(
      events.findIndex((text) => text.includes('Pulling')),
    );
  });

  it('names the attachment after its volume, driver and node, and holds it with the finalizer of the attacher', () => {
    const model = new Model();
    model.create(node('a'), disk('disk'), pod('web', 'a'));
    expect(model.view.list(VolumeAttachment)[0]).toMatchObject({
      metadata: {
        name: `csi-${createHash('sha256').update('vol-1ebs.csi.aws.coma').digest('hex')}`,
        finalizers: ['external-attacher/ebs-csi-aws-com'],
      },
      spec: { attacher: 'ebs.csi.aws.com', nodeName: 'a', source: { persistentVolumeName: 'disk' } },
    });
  });

  it.each([
    ['a driver that does not attach', 'driver=efs.csi.aws.com', 0],
    ['a volume of a kind that CSI has taken over', 'in-tree', 1],
  ])('handles %s', (_what, spec, count) => {
    const model = new Model();
    model.create(node('a'), disk('disk', spec), pod('web', 'a'));
    expect(attachments(model)).toHaveLength(count);
    model.run(10_000);
    expect(isRunning(model, 'web')).toBe(true);
    expect(model.view.list(VolumeAttachment).every(({ spec: { attacher } }) => attacher === 'ebs.csi.aws.com')).toBe(
      true,
    );
  });

  it('heeds what a CSIDriver says of attaching', () => {
    const model = new Model();
    const driver = 'apiVersion: storage.k8s.io/v1\nkind: CSIDriver\nmetadata: { name: own.example.com }\nspec:';
    model.create(node('a'), `${driver} { attachRequired: false }`, disk('disk', 'driver=own.example.com'));
    model.create(pod('web', 'a'));
    model.run(10_000);
    expect(attachments(model)).toEqual([]);
    expect(isRunning(model, 'web')).toBe(true);
  });

  it('waits for the attacher of an unknown driver, and says so every time it gives up waiting', () => {
    const model = new Model();
    model.create(node('a'), disk('disk', 'driver=own.example.com'), pod('web', 'a'));
    model.run(5 * MINUTE);
    expect(isRunning(model, 'web')).toBe(false);
    expect(said(model, 'web')).toContain(
      'Warning FailedAttachVolume: AttachVolume.Attach failed for volume "disk" : timed out waiting for external-attacher of own.example.com CSI driver to attach volume vol-1',
    );
  });

  it('fails on a node whose CSINode does not name the driver', () => {
    const model = new Model();
    const csiNode = 'apiVersion: storage.k8s.io/v1\nkind: CSINode\nmetadata: { name: a }\nspec: { drivers: [] }';
    model.create(node('a'), csiNode, disk('disk'), pod('web', 'a'));
    model.run(MINUTE);
    expect(said(model, 'web')).toContain(
      'Warning FailedAttachVolume: AttachVolume.Attach failed for volume "disk" : CSINode a does not contain driver ebs.csi.aws.com',
    );
    expect(model.view.list(VolumeAttachment)[0]?.status.attachError?.message).toBe(
      'CSINode a does not contain driver ebs.csi.aws.com',
    );
  });

  it('tries again, with longer and longer waits, while a fault makes attaching fail', () => {
    const model = new Model();
    model.create(node('a'), disk('disk'));
    const storage = { driver: 'ebs.*', operation: 'ATTACH', message: 'quota exceeded' };
    model.command('injectFault', { fault: { storage }, duration: '10s' });
    model.create(pod('web', 'a'));
    model.run(10_000);
    const failures = model.view.list(Event).find(({ reason }) => reason === 'FailedAttachVolume');
    expect(failures?.message).toBe('AttachVolume.Attach failed for volume "disk" : quota exceeded');
    // Each attempt takes a second; after it 0.5, 1, 2 … seconds.
    expect(failures?.count).toBe(4);
    model.run(20_000);
    expect(isRunning(model, 'web')).toBe(true);
    expect(model.view.list(VolumeAttachment)[0]?.status).toEqual({ attached: true });
  });

  it('leaves alone the attachments that people make', () => {
    const model = new Model();
    const own = `
apiVersion: storage.k8s.io/v1
kind: VolumeAttachment
metadata: { name: mine }
spec: { attacher: example.com, nodeName: a, source: { persistentVolumeName: disk } }`;
    model.create(node('a'), disk('disk'), own, pod('web', 'a'));
    model.run(10_000);
    expect(model.view.get(VolumeAttachment, undefined, 'mine')?.status).toEqual({ attached: false });
    expect(isRunning(model, 'web')).toBe(true);
  });
});

it('costs nothing where no volume is attached', () => {
  const model = new Model();
  model.create(node('a'), disk('disk', 'driver=nfs.csi.k8s.io'), pod('web', 'a'));
  model.run(10_000);
  remove(model, 'web');
  model.run(10_000);
  expect(podOf(model, 'web')).toBeUndefined();
  expect(model.versions.filter(({ cause }) => cause.includes('attachdetach'))).toEqual([]);
});

describe('detaching', () => {
  it('detaches when the last pod of the node lets go', () => {
    const model = new Model();
    model.create(node('a'), disk('disk'), pod('one', 'a'), pod('two', 'a'));
    model.run(10_000);
    remove(model, 'one');
    model.run(10_000);
    expect(attachments(model)).toEqual(['a true']);
    remove(model, 'two');
    model.run(10_000);
    expect(attachments(model)).toEqual([]);
    expect(nodeOf(model, 'a').status).not.toHaveProperty('volumesAttached');
    expect(nodeOf(model, 'a').status).not.toHaveProperty('volumesInUse');
  });

  it('detaches from a pod that has done its work', () => {
    const model = new Model();
    model.create(node('a'), disk('disk'), pod('work', 'a', 'job'));
    model.run(30_000);
    expect(podOf(model, 'work').status.phase).toBe('Succeeded');
    expect(attachments(model)).toEqual([]);
  });

  it('moves a volume to another node: first off the one, then onto the other', () => {
    const model = new Model();
    model.create(node('a'), node('b'), disk('disk'), pod('one', 'a'));
    model.run(10_000);
    remove(model, 'one');
    model.run(1000);
    model.create(pod('two', 'b'));
    expect(said(model, 'two')).toContain(`Warning FailedAttachVolume: ${ALREADY_ATTACHED}`);
    model.run(10_000);
    expect(attachments(model)).toEqual(['b true']);
    expect(isRunning(model, 'two')).toBe(true);
  });
});

describe('a volume that one node alone may have', () => {
  it('tells the second pod by whom it is used, once', () => {
    const model = new Model();
    model.create(node('a'), node('b'), disk('disk'), pod('one', 'a'));
    model.run(10_000);
    model.create(pod('two', 'b'));
    model.run(10 * MINUTE);
    expect(said(model, 'two').filter((text) => text.includes('Multi-Attach'))).toEqual([
      'Warning FailedAttachVolume: Multi-Attach error for volume "disk" Volume is already used by pod(s) one',
    ]);
    expect(isRunning(model, 'two')).toBe(false);
    expect(attachments(model)).toEqual(['a true']);
    remove(model, 'one');
    model.run(10_000);
    expect(isRunning(model, 'two')).toBe(true);
  });

  it('is attached to many nodes when it may be shared', () => {
    const model = new Model();
    model.create(node('a'), node('b'), disk('disk', 'shared'), pod('one', 'a'), pod('two', 'b'));
    model.run(10_000);
    expect(attachments(model)).toEqual(['a true', 'b true']);
  });
});

describe('a node that is lost', () => {
  function lost(): Model {
    const model = new Model();
    model.create(node('a'), node('b'), disk('disk'), pod('one', 'a'));
    model.run(10_000);
    breakNode(model, 'a');
    model.run(2 * MINUTE);
    return model;
  }

  it('keeps the volume while its pod is there, however long', () => {
    const model = lost();
    remove(model, 'one');
    model.create(pod('two', 'b'));
    model.run(30 * MINUTE);
    expect(podOf(model, 'one').metadata.deletionTimestamp).toBeDefined();
    expect(said(model, 'two')).toContain(
      'Warning FailedAttachVolume: Multi-Attach error for volume "disk" Volume is already used by pod(s) one',
    );
    expect(isRunning(model, 'two')).toBe(false);
  });

  it('gives the volume up six minutes after its pod was deleted by force', () => {
    const model = lost();
    remove(model, 'one', true);
    model.create(pod('two', 'b'));
    const deletedAt = model.elapsed;
    model.run(6 * MINUTE - 1000);
    expect(attachments(model)).toEqual(['a true']);
    model.runUntil(() => isRunning(model, 'two'));
    expect(model.elapsed - deletedAt).toBeGreaterThan(6 * MINUTE);
    expect(model.elapsed - deletedAt).toBeLessThan(6 * MINUTE + 10_000);
    expect(attachments(model)).toEqual(['b true']);
  });

  it('gives the volume up at once when the node is out of service', () => {
    const model = lost();
    remove(model, 'one', true);
    model.create(pod('two', 'b'));
    model.do((api) => {
      const a = nodeOf(model, 'a');
      const taint = { key: 'node.kubernetes.io/out-of-service', value: 'nodeshutdown', effect: 'NoExecute' };
      api.update({ ...a, spec: { ...a.spec, taints: [...(a.spec.taints ?? []), taint] } });
    });
    model.run(10_000);
    expect(isRunning(model, 'two')).toBe(true);
  });

  it('unmounts and detaches by itself when it comes back', () => {
    const model = lost();
    remove(model, 'one', true);
    model.create(pod('two', 'b'));
    model.run(MINUTE);
    model.do((api) => {
      const fault = api.getByKey(Fault, 'outage')!;
      api.delete(fault);
    });
    model.run(10_000);
    expect(isRunning(model, 'two')).toBe(true);
  });

  it('waits for the same time after a restart, and writes nothing', () => {
    const model = lost();
    remove(model, 'one', true);
    model.create(pod('two', 'b'));
    for (const ms of [500, MINUTE, 6 * MINUTE]) {
      model.run(ms);
      const again = model.restarted();
      expect(again.versions).toEqual([]);
      expect(again.engine.nextTimer()).toBe(model.engine.nextTimer());
    }
    expect(model.engine.now).toBeGreaterThan(START_MS);
  });
});
