import { builder } from '../../api/builder.ts';
import type { Handle } from '../../api/handle.ts';
import { ProbeTypeEnum } from '../../api/probe-type.ts';
import { SECOND_MS } from '../../machinery/time.ts';
import { probeOf, probeResults, probeState, type ProbeState } from './probe-schedule.ts';
import type { ProbeType as ProbeKey } from './runtime.ts';
import type { Container, ContainerStatus, Pod, Probe } from './types.ts';

/** The source of `Container`: a container of a pod, with its status where the kubelet has written one. */
export interface ContainerSource {
  pod: Handle<Pod>;
  container: Container;
  status: ContainerStatus | undefined;
}

/** Its fields are in graphql-container.ts. */
export const ContainerType = builder.objectRef<ContainerSource>('Container');

export function idOf({ pod, container }: ContainerSource): string {
  return `${pod.id}#${container.name}`;
}

export type ProbeWord = 'STARTUP' | 'READINESS' | 'LIVENESS';
const PROBE_WORDS: readonly ProbeWord[] = ['STARTUP', 'READINESS', 'LIVENESS'];

/** The source of `Probe`: one probe of a container, at the moment of the view. */
export interface ProbeSource {
  source: ContainerSource;
  word: ProbeWord;
  probe: Probe;
}

export function keyOfWord(word: ProbeWord): ProbeKey {
  return word.toLowerCase() as ProbeKey;
}

export function probesOf(source: ContainerSource): ProbeSource[] {
  return PROBE_WORDS.flatMap((word) => {
    const probe = probeOf(source.container, keyOfWord(word));
    return probe ? [{ source, word, probe }] : [];
  });
}

function stateOfProbe({ source: { pod, container }, word }: ProbeSource): ProbeState {
  return probeState(pod.object, container.name, keyOfWord(word), pod.view);
}

/** The handler as `kubectl describe` words it. */
function handlerText({ exec, httpGet, tcpSocket, grpc }: Probe): string {
  if (exec) return `exec [${(exec.command ?? []).join(' ')}]`;
  if (httpGet) {
    const scheme = (httpGet.scheme ?? 'HTTP').toLowerCase();
    return `http-get ${scheme}://${httpGet.host ?? ''}:${httpGet.port}${httpGet.path ?? '/'}`;
  }
  if (tcpSocket) return `tcp-socket ${tcpSocket.host ?? ''}:${tcpSocket.port}`;
  return grpc ? `grpc <pod>:${grpc.port} ${grpc.service ?? ''}`.trimEnd() : 'unknown';
}

const ProbeResultType = builder.objectRef<{ at: number; success: boolean; message: string }>('ProbeResult').implement({
  description: 'One attempt of a probe. Attempts are worked out when somebody asks; they are stored nowhere.',
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime' }),
    success: t.exposeBoolean('success'),
    message: t.string({ nullable: true, resolve: ({ message }) => message || null }),
  }),
});

const MAX_RESULTS = 500;

export const ProbeType = builder.objectRef<ProbeSource>('Probe').implement({
  description: 'A probe of a container.',
  fields: (t) => ({
    id: t.id({ resolve: ({ source, word }) => `${idOf(source)}#${word}` }),
    type: t.field({ type: ProbeTypeEnum, resolve: ({ word }) => word }),
    handler: t.string({ description: 'As kubectl describe words it.', resolve: ({ probe }) => handlerText(probe) }),
    initialDelay: t.field({ type: 'Duration', resolve: ({ probe }) => (probe.initialDelaySeconds ?? 0) * SECOND_MS }),
    period: t.field({ type: 'Duration', resolve: ({ probe }) => (probe.periodSeconds ?? 10) * SECOND_MS }),
    timeout: t.field({ type: 'Duration', resolve: ({ probe }) => (probe.timeoutSeconds ?? 1) * SECOND_MS }),
    successThreshold: t.int({ resolve: ({ probe }) => probe.successThreshold ?? 1 }),
    failureThreshold: t.int({ resolve: ({ probe }) => probe.failureThreshold ?? 3 }),
    passing: t.boolean({
      nullable: true,
      description: 'What the kubelet takes it for, by its thresholds; null while nothing is known.',
      resolve: (probe) => stateOfProbe(probe).passing,
    }),
    consecutiveSuccesses: t.int({ resolve: (probe) => stateOfProbe(probe).consecutiveSuccesses }),
    consecutiveFailures: t.int({ resolve: (probe) => stateOfProbe(probe).consecutiveFailures }),
    lastRunAt: t.field({ type: 'DateTime', nullable: true, resolve: (probe) => stateOfProbe(probe).lastRunAt }),
    nextRunAt: t.field({ type: 'DateTime', nullable: true, resolve: (probe) => stateOfProbe(probe).nextRunAt }),
    results: t.field({
      type: [ProbeResultType],
      description: 'The last attempts, oldest first.',
      extensions: { listSize: MAX_RESULTS },
      args: { last: t.arg.int({ defaultValue: 50 }) },
      resolve: ({ source: { pod, container }, word }, { last }) => {
        const count = Math.max(0, Math.min(last ?? 50, MAX_RESULTS));
        return probeResults(pod.object, container.name, keyOfWord(word), pod.view, count);
      },
    }),
  }),
});
