import { formatBytes, formatMilliCpu } from './quantity.ts';
import { canonicalQuantity } from './quantity-text.ts';

/**
 * A sum as Kubernetes writes it: cpu in thousandths, memory and storage in powers of 1024 or, with `binary` false, of
 * 1000, else a plain number. Kubernetes goes on in the form of the first amount it adds.
 */
export function formatSum(name: string, value: number, binary = true): string {
  const resource = name.replace(/^(requests|limits)\./, '');
  if (resource === 'cpu') return formatMilliCpu(Math.round(value * 1000));
  const isBytes = resource === 'memory' || resource.endsWith('storage') || resource.startsWith('hugepages-');
  if (!isBytes) return canonicalQuantity(String(value));
  return binary ? formatBytes(Math.ceil(value)) : canonicalQuantity(String(Math.ceil(value)));
}

/** Whether a quantity is written in powers of 1024. */
export function isBinaryQuantity(text: string | number | undefined): boolean {
  return typeof text === 'string' && text.endsWith('i');
}
