import type { CommandHandler } from '../../machinery/controller.ts';
import type { AnyDefinition } from '../../machinery/definition.ts';
import { applyManifest } from './apply-manifest.ts';
import { deleteObject } from './delete-object.ts';
import { KindResolver } from './kind-resolver.ts';

/** The commands that work on objects of every kind. */
export function genericCommands(definitions: readonly AnyDefinition[]): readonly CommandHandler<never>[] {
  const resolver = new KindResolver(definitions);
  return [applyManifest(resolver), deleteObject(resolver)];
}
