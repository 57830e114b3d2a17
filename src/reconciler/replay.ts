import { Engine } from '../engine/engine.ts';
import type { Registry } from '../engine/registry.ts';
import type { ClusterRow } from '../store/cluster-rows.ts';
import type { ExecutedCommand } from '../store/commit.ts';
import { CLOCK_COMMANDS } from './clock-commands.ts';

/**
 * Runs a cluster again from its seed and its log of commands, in memory, up to the simulated time it has reached. The
 * engine it returns shows the same objects as the cluster, byte for byte.
 */
export function replay(registry: Registry, row: ClusterRow, log: readonly ExecutedCommand[]): Engine {
  const { name, seed, settings, startTime } = row.record;
  const engine = new Engine({ registry, cluster: name, seed, settings, now: startTime });
  settle(engine);
  for (const { seq, name, input, timeMs } of log) {
    runTo(engine, timeMs);
    // What a clock command did shows in the times at which the commands after it ran.
    if (CLOCK_COMMANDS.has(name)) continue;
    try {
      engine.execute({ name, input, cause: `command:${seq}` });
    } catch {
      // It failed in the same way when it ran first, and left no trace.
    }
    settle(engine);
  }
  runTo(engine, row.timeMs);
  return engine;
}

function runTo(engine: Engine, time: number): void {
  for (let next = engine.nextTimer(); next !== undefined && next <= time; next = engine.nextTimer()) {
    engine.advanceTo(Math.max(next, engine.now));
    settle(engine);
  }
  engine.advanceTo(Math.max(time, engine.now));
}

function settle(engine: Engine): void {
  engine.work();
  engine.bugs.length = 0;
  engine.take();
}
