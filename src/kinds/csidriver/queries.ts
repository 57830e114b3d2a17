import type { ClusterView } from '../../machinery/cluster-view.ts';
import { CsiNode } from '../csinode/types.ts';
import type { PersistentVolume } from '../persistentvolume/types.ts';
import { CsiDriver } from './types.ts';

/** What is known of drivers of volumes: those that are simulated, and what the control plane does for each. */

/** A volume as its driver knows it. */
export interface AttachableSource {
  readonly driver: string;
  readonly handle: string;
}

/** How a simulated driver behaves, as its own deployment declares it. */
interface DriverTraits {
  readonly names: RegExp;
  /** Its volumes lie on one node, as a directory (no CSI driver) or as a CSI volume. */
  readonly lies?: 'in a directory' | 'on a node' | 'in a zone';
  /** attachRequired of its CSIDriver. */
  readonly attaches?: true;
  /** Its volumes are disks, whose file systems the kubelet must grow after the disk. */
  readonly isDisk?: true;
}

const DISK = { attaches: true, isDisk: true } as const;

/** Provisioners of well-known drivers: these are simulated, any other is waited for. */
const SIMULATED: readonly DriverTraits[] = [
  { names: /^k8s\.io\/minikube-hostpath$/, lies: 'in a directory' },
  { names: /^rancher\.io\/local-path$/, lies: 'in a directory' },
  { names: /^microk8s\.io\/hostpath$/, lies: 'in a directory' },
  { names: /^docker\.io\/hostpath$/, lies: 'in a directory' },
  { names: /^openebs\.io\/local$/, lies: 'in a directory' },
  { names: /^hostpath\.csi\.k8s\.io$/, lies: 'on a node', attaches: true },
  { names: /^topolvm\.io$/, lies: 'on a node', isDisk: true },
  { names: /^ebs\.csi\.aws\.com$/, lies: 'in a zone', ...DISK },
  { names: /^pd\.csi\.storage\.gke\.io$/, lies: 'in a zone', ...DISK },
  { names: /^disk\.csi\.azure\.com$/, lies: 'in a zone', ...DISK },
  { names: /^cinder\.csi\.openstack\.org$/, lies: 'in a zone', ...DISK },
  { names: /^csi\.vsphere\.vmware\.com$/, ...DISK },
  { names: /^([a-z0-9-]+\.)?rbd\.csi\.ceph\.com$/, ...DISK },
  { names: /^driver\.longhorn\.io$/, ...DISK },
  { names: /^linstor\.csi\.linbit\.com$/, ...DISK },
  { names: /^(dobs|block)\.csi\.(digitalocean\.com|hetzner\.cloud)$/, ...DISK },
  { names: /^csi\.hetzner\.cloud$/, ...DISK },
  { names: /^iscsi\.csi\.k8s\.io$/, isDisk: true },
  { names: /^pxd\.portworx\.com$/, isDisk: true },
  { names: /^(efs|fsx)\.csi\.aws\.com$/ },
  { names: /^filestore\.csi\.storage\.gke\.io$/ },
  { names: /^(file|blob)\.csi\.azure\.com$/ },
  { names: /^([a-z0-9-]+\.)?cephfs\.csi\.ceph\.com$/ },
  { names: /^(nfs|smb)\.csi\.k8s\.io$/ },
  { names: /^simulated\.orrery\.dev$/, ...DISK },
];

/** In-tree provisioners whose work CSI drivers have taken over (csi-translation-lib). */
const MIGRATED = new Map<string, string>([
  ['kubernetes.io/aws-ebs', 'ebs.csi.aws.com'],
  ['kubernetes.io/azure-disk', 'disk.csi.azure.com'],
  ['kubernetes.io/azure-file', 'file.csi.azure.com'],
  ['kubernetes.io/cinder', 'cinder.csi.openstack.org'],
  ['kubernetes.io/gce-pd', 'pd.csi.storage.gke.io'],
  ['kubernetes.io/portworx-volume', 'pxd.portworx.com'],
  ['kubernetes.io/vsphere-volume', 'csi.vsphere.vmware.com'],
]);

/** The driver that does a provisioner's work: itself, but for those that were part of Kubernetes once. */
export function driverOf(provisioner: string): string {
  return MIGRATED.get(provisioner) ?? provisioner;
}

function traitsOf(driver: string): DriverTraits | undefined {
  return SIMULATED.find(({ names }) => names.test(driver));
}

/** Whether a driver is simulated: makes, deletes, attaches and grows its volumes. */
export function isSimulated(driver: string): boolean {
  return traitsOf(driver) !== undefined;
}

/** Where the volumes of a driver lie; undefined where every node reaches them. */
export function placeOf(driver: string): DriverTraits['lies'] {
  return traitsOf(driver)?.lies;
}

/** Whether the kubelet must grow the file systems of a driver's volumes after they have grown. */
export function needsNodeExpansion(driver: string): boolean {
  return traitsOf(driver)?.isDisk ?? false;
}

/** Whether a driver's volumes are attached to nodes. Source: pkg/volume/csi/csi_plugin.go (skipAttach). */
function requiresAttach(view: ClusterView, driver: string): boolean {
  const declared = view.get(CsiDriver, undefined, driver);
  if (declared) return declared.spec.attachRequired ?? true;
  const traits = traitsOf(driver);
  return traits ? (traits.attaches ?? false) : true;
}

/** Whether something attaches a driver's volumes: a simulated driver, or one that a CSIDriver says is there. */
export function hasAttacher(view: ClusterView, driver: string): boolean {
  return isSimulated(driver) || view.get(CsiDriver, undefined, driver) !== undefined;
}

/** Why a node cannot have volumes of a driver: it has named its drivers, and this is none of them. */
export function driverProblem(view: ClusterView, driver: string, node: string): string | undefined {
  const csiNode = view.get(CsiNode, undefined, node);
  if (!csiNode || csiNode.spec.drivers?.some(({ name }) => name === driver)) return undefined;
  return `CSINode ${node} does not contain driver ${driver}`;
}

/** The volume in its driver's terms, also where it is one of the in-tree kinds that CSI has taken over. */
export function csiSourceOf({ spec }: PersistentVolume): AttachableSource | undefined {
  if (spec.csi) return { driver: spec.csi.driver, handle: spec.csi.volumeHandle };
  const { awsElasticBlockStore, azureDisk, cinder, gcePersistentDisk, vsphereVolume } = spec;
  if (awsElasticBlockStore) {
    return { driver: 'ebs.csi.aws.com', handle: awsElasticBlockStore.volumeID.replace(/^aws:\/\/[^/]*\//, '') };
  }
  if (azureDisk) return { driver: 'disk.csi.azure.com', handle: azureDisk.diskURI };
  if (cinder) return { driver: 'cinder.csi.openstack.org', handle: cinder.volumeID };
  if (vsphereVolume) return { driver: 'csi.vsphere.vmware.com', handle: vsphereVolume.volumePath };
  if (!gcePersistentDisk) return undefined;
  const handle = `projects/UNSPECIFIED/zones/UNSPECIFIED/disks/${gcePersistentDisk.pdName}`;
  return { driver: 'pd.csi.storage.gke.io', handle };
}

/** The volume in its driver's terms, if it must be attached to a node before it can be mounted there. */
export function attachableSource(view: ClusterView, volume: PersistentVolume): AttachableSource | undefined {
  const source = csiSourceOf(volume);
  return source && requiresAttach(view, source.driver) ? source : undefined;
}
