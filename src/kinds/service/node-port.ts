import { fail, ok, type Result } from '../../machinery/api-error.ts';
import type { AdmissionContext } from '../../machinery/definition.ts';
import { servicesByNodePort } from './types.ts';

/**
 * Gives out node ports, one number once over all protocols and Services. Within one request `taken` are those it has
 * already reserved and `own` those it holds from before. Source: pkg/registry/core/service/portallocator.
 */
export class NodePorts {
  private readonly context: AdmissionContext;
  private readonly purpose: string;
  private readonly own: ReadonlySet<number>;
  private readonly taken = new Set<number>();

  constructor(context: AdmissionContext, purpose: string, own: readonly number[] = []) {
    this.context = context;
    this.purpose = purpose;
    this.own = new Set(own);
  }

  /** Reserves the port somebody asked for, or says why not. */
  allocate(port: number): Result<number> {
    const [first, last] = this.context.settings.nodePortRange;
    if (port < first || port > last) {
      return fail('Invalid', `provided port is not in the valid range. The range of valid ports is ${first}-${last}`);
    }
    if (!this.isFree(port)) return fail('Invalid', 'provided port is already allocated');
    this.taken.add(port);
    return ok(port);
  }

  /** A port nobody holds: from the upper band at a random place on, then from the band of static ports. */
  allocateNext(): Result<number> {
    const [first, last] = this.context.settings.nodePortRange;
    const size = last - first + 1;
    const band = staticPortBand(size);
    const found = this.freeFrom(first + band, size - band) ?? this.freeFrom(first, band);
    if (found === undefined) return fail('Invalid', 'range is full');
    this.taken.add(found);
    return ok(found);
  }

  private freeFrom(first: number, count: number): number | undefined {
    if (count <= 0) return undefined;
    const start = Math.floor(this.context.random('node-port', this.purpose, this.taken.size, first) * count);
    for (let step = 0; step < count; step++) {
      const port = first + ((start + step) % count);
      if (this.isFree(port)) return port;
    }
    return undefined;
  }

  private isFree(port: number): boolean {
    if (this.taken.has(port) || this.own.has(port)) return false;
    return this.context.view.countBy(servicesByNodePort, String(port)) === 0;
  }
}

/** How many ports at the start are left for those who ask for one by number (KEP-3668). */
export function staticPortBand(size: number): number {
  if (size <= 16) return 0;
  return Math.min(Math.max(16, Math.floor(size / 32)), 128);
}
