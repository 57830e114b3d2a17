import type { Container, Pod } from './types.ts';

export interface HostPort {
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

const NO_PORTS: readonly HostPort[] = [];

/** schedutil.GetHostPorts: of the containers and of the sidecars. */
export function hostPortsOf(pod: Pod): readonly HostPort[] {
  let ports: HostPort[] | undefined;
  const add = (container: Container) => {
    for (const { hostPort, hostIP, protocol } of container.ports ?? []) {
      if (!hostPort || hostPort <= 0) continue;
      (ports ??= []).push({ ip: hostIP || '0.0.0.0', protocol: protocol || 'TCP', port: hostPort });
    }
  };
  for (const container of pod.spec.containers) add(container);
  for (const container of pod.spec.initContainers ?? []) if (container.restartPolicy === 'Always') add(container);
  return ports ?? NO_PORTS;
}

const ANY_IP = '0.0.0.0';

/** The host ports taken on one node. Source: kube-scheduler/framework/types.go (HostPortInfo). */
export class UsedPorts {
  /** How many pods hold `protocol/port`, by address. */
  private readonly holders = new Map<string, Map<string, number>>();

  add({ ip, protocol, port }: HostPort): void {
    const key = `${protocol}/${port}`;
    let byIp = this.holders.get(key);
    if (!byIp) {
      byIp = new Map();
      this.holders.set(key, byIp);
    }
    byIp.set(ip, (byIp.get(ip) ?? 0) + 1);
  }

  remove({ ip, protocol, port }: HostPort): void {
    const key = `${protocol}/${port}`;
    const byIp = this.holders.get(key);
    const count = byIp?.get(ip);
    if (!byIp || count === undefined) return;
    if (count > 1) byIp.set(ip, count - 1);
    else byIp.delete(ip);
    if (byIp.size === 0) this.holders.delete(key);
  }

  /** HostPortInfo.CheckConflict: 0.0.0.0 conflicts with every address. */
  conflicts({ ip, protocol, port }: HostPort): boolean {
    const byIp = this.holders.get(`${protocol}/${port}`);
    if (!byIp) return false;
    return ip === ANY_IP || byIp.has(ANY_IP) || byIp.has(ip);
  }

  clone(): UsedPorts {
    const copy = new UsedPorts();
    for (const [key, byIp] of this.holders) copy.holders.set(key, new Map(byIp));
    return copy;
  }
}
