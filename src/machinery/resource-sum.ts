import { formatBytes, formatMilliCpu } from './quantity.ts';

/** A sum as Kubernetes writes it: cpu in thousandths, memory and storage in powers of 1024, else a plain number. */
export function formatSum(name: string, value: number): string {
  const resource = name.replace(/^(requests|limits)\./, '');
  if (resource === 'cpu') return formatMilliCpu(Math.round(value * 1000));
  const isBytes = resource === 'memory' || resource.endsWith('storage') || resource.startsWith('hugepages-');
  return isBytes ? formatBytes(Math.ceil(value)) : String(value);
}
