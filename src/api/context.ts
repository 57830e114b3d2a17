import type { Clusters } from '../machinery/ports.ts';
import type { Catalog } from './catalog.ts';
import type { SchedulingQuestions } from './scheduling-questions.ts';

/** What every resolver gets beside its source. */
export interface ApiContext {
  readonly clusters: Clusters;
  readonly catalog: Catalog;
  readonly scheduling: SchedulingQuestions;
  /** Who asks; stands in the log of commands. */
  readonly actor: string;
  /** Wall time in milliseconds. */
  readonly wallNow: () => number;
}
