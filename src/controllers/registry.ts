import type { Controller } from '../machinery/controller.ts';

/** The controllers that own no kind, in the order in which they run within an instant, after the kinds' own. */
export const actors: readonly Controller[] = [];
