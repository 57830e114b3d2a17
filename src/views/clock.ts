import type { ClockState } from '../machinery/ports.ts';
import type { ClusterRow } from '../store/cluster-rows.ts';

/** What a clock shows at a wall time, in whole milliseconds. */
export function clockTime({ running, speed, time, wall }: ClockState, now: number): number {
  return running ? time + Math.max(0, Math.floor((now - wall) * speed)) : time;
}

/** The clock of a cluster that another process runs, from its row. It stands still while nobody owns the cluster. */
export function clockOfRow(row: ClusterRow, now: number): ClockState {
  return {
    running: row.running && row.owned,
    speed: row.speed,
    time: row.timeMs,
    wall: now - row.clockAgeMs,
    pendingTimers: row.pendingTimers,
  };
}
