import { fail, ok, type Result } from '../../machinery/api-error.ts';
import type { AdmissionContext } from '../../machinery/definition.ts';
import { formatIp, parseIp, parseRange, type IpFamily, type IpRange } from '../../machinery/ip-address.ts';
import { servicesByClusterIp } from './types.ts';

/**
 * Gives out cluster IPs. What is taken is what Services hold, found by index, so an address can't be given twice and a
 * deleted Service frees its own. Source: pkg/registry/core/service/ipallocator/ipallocator.go.
 */

/** Range of the addresses for each family that the cluster has; the first one is the default family. */
export function serviceRanges(serviceCidr: string): Map<IpFamily, IpRange> {
  const ranges = new Map<IpFamily, IpRange>();
  for (const text of serviceCidr.split(',')) {
    const range = parseRange(text.trim());
    if (range && !ranges.has(range.family)) ranges.set(range.family, range);
  }
  return ranges;
}

/** First and last address that can be given out: neither the network's nor, for IPv4, the broadcast address. */
function usable(range: IpRange): { first: bigint; count: bigint } {
  const count = range.size - (range.family === 'IPv4' ? 2n : 1n);
  return { first: range.base + 1n, count: count > 0n ? count : 0n };
}

const SMALLEST_BAND = 16n;
const LARGEST_BAND = 256n;
const BAND_STEP = 16n;

/** How many addresses at the start are left for those who ask for one by name (KEP-3070). */
export function staticBand(range: IpRange): bigint {
  if (range.size <= SMALLEST_BAND) return 0n;
  const band = range.size / BAND_STEP;
  if (band < SMALLEST_BAND) return SMALLEST_BAND;
  return band > LARGEST_BAND ? LARGEST_BAND : band;
}

/** Reserves the address somebody asked for, or says why not, in the allocator's words. */
export function allocateClusterIp(ip: string, range: IpRange, context: AdmissionContext): Result<string> {
  const address = parseIp(ip);
  const { first, count } = usable(range);
  if (!address || address.family !== range.family || address.value < first || address.value >= first + count) {
    return fail('Invalid', 'the provided network does not match the current range');
  }
  if (context.view.countBy(servicesByClusterIp, formatIp(address)) > 0) {
    return fail('Invalid', 'provided IP is already allocated');
  }
  return ok(formatIp(address));
}

/** An address nobody holds: from the upper band at a random place on, then from the band of static addresses. */
export function allocateNextClusterIp(range: IpRange, purpose: string, context: AdmissionContext): Result<string> {
  const { first, count } = usable(range);
  const band = staticBand(range) < count ? staticBand(range) : 0n;
  const found =
    freeFrom(range, first + band, count - band, purpose, context) ?? freeFrom(range, first, band, purpose, context);
  return found === undefined ? fail('Invalid', 'range is full') : ok(found);
}

function freeFrom(
  range: IpRange,
  first: bigint,
  count: bigint,
  purpose: string,
  { view, random }: AdmissionContext,
): string | undefined {
  if (count <= 0n) return undefined;
  const start = BigInt(Math.floor(random('cluster-ip', purpose, String(first)) * Number(count)));
  for (let step = 0n; step < count; step++) {
    const ip = formatIp({ family: range.family, value: first + ((start + step) % count) });
    if (view.countBy(servicesByClusterIp, ip) === 0) return ip;
  }
  return undefined;
}
