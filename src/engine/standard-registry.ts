import { actors } from '../controllers/registry.ts';
import { definitions } from '../kinds/registry.ts';
import { genericCommands } from './commands/generic-commands.ts';
import { Registry } from './registry.ts';

/** Kubernetes as Orrery models it: every kind, every controller. */
export const standardRegistry = new Registry(definitions, actors, genericCommands(definitions));
