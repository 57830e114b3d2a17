import type { StorageClass } from '../../kinds/storageclass/types.ts';

/** Provisioners of the Kubernetes tree, and of well-known drivers: these are simulated, any other is waited for. */
const SIMULATED: readonly RegExp[] = [
  /^kubernetes\.io\/(?!no-provisioner$)/,
  /^k8s\.io\/minikube-hostpath$/,
  /^rancher\.io\/local-path$/,
  /^microk8s\.io\/hostpath$/,
  /^docker\.io\/hostpath$/,
  /^openebs\.io\/local$/,
  /^hostpath\.csi\.k8s\.io$/,
  /^(ebs|efs|fsx)\.csi\.aws\.com$/,
  /^(pd|filestore)\.csi\.storage\.gke\.io$/,
  /^(disk|file|blob)\.csi\.azure\.com$/,
  /^cinder\.csi\.openstack\.org$/,
  /^csi\.vsphere\.vmware\.com$/,
  /^(rbd|cephfs)\.csi\.ceph\.com$/,
  /^[a-z0-9-]+\.(rbd|cephfs)\.csi\.ceph\.com$/,
  /^driver\.longhorn\.io$/,
  /^(dobs|block)\.csi\.(digitalocean\.com|hetzner\.cloud)$/,
  /^csi\.hetzner\.cloud$/,
  /^nfs\.csi\.k8s\.io$/,
  /^(smb|iscsi)\.csi\.k8s\.io$/,
  /^linstor\.csi\.linbit\.com$/,
  /^topolvm\.io$/,
  /^simulated\.orrery\.dev$/,
];

/** Drivers whose volumes lie on one node. */
const NODE_LOCAL = [/^rancher\.io\/local-path$/, /^openebs\.io\/local$/, /^topolvm\.io$/, /hostpath/];

export function isSimulated({ provisioner }: StorageClass): boolean {
  return SIMULATED.some((pattern) => pattern.test(provisioner));
}

export function isNodeLocal({ provisioner }: StorageClass): boolean {
  return NODE_LOCAL.some((pattern) => pattern.test(provisioner));
}

export const NO_PROVISIONER = 'kubernetes.io/no-provisioner';
