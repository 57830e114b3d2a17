/** Maps wall time to simulated time, in milliseconds: at a speed while it runs, not at all while it is paused. */
export class SimulatedClock {
  running: boolean;
  speed: number;
  /** What it showed at `wall`. */
  private time: number;
  private wall: number;

  constructor(state: { running: boolean; speed: number; time: number }, wall: number) {
    this.running = state.running;
    this.speed = state.speed;
    this.time = state.time;
    this.wall = wall;
  }

  at(wall: number): number {
    if (!this.running) return this.time;
    return this.time + Math.floor(Math.max(0, wall - this.wall) * this.speed);
  }

  /** How long, in wall time, until it shows `time`; Infinity while it is paused. */
  untilMs(time: number, wall: number): number {
    if (!this.running) return Number.POSITIVE_INFINITY;
    return Math.max(0, this.wall + Math.ceil((time - this.time) / this.speed) - wall);
  }

  /** Goes on from `time`. */
  set(time: number, wall: number): void {
    this.time = time;
    this.wall = wall;
  }

  /** The same for readers, who work out for themselves what it shows. */
  state(): { running: boolean; speed: number; time: number; wall: number } {
    const { running, speed, time, wall } = this;
    return { running, speed, time, wall };
  }
}
