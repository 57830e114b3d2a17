import type { Clusters } from '../machinery/ports.ts';
import type { Catalog } from './catalog.ts';
import type { SchedulingQuestions } from './scheduling-questions.ts';
import type { Viewer } from './viewer.ts';

/** What every resolver gets beside its source. */
export interface ApiContext {
  readonly clusters: Clusters;
  readonly catalog: Catalog;
  readonly scheduling: SchedulingQuestions;
  /** Who asks. Its name stands in the log of commands; what it may see of Secrets is decided in viewer.ts. */
  readonly viewer: Viewer;
  /** Wall time in milliseconds. */
  readonly wallNow: () => number;
}
