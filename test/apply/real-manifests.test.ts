import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ApplyManifestData } from '../../src/machinery/apply/types.ts';
import { parseManifest } from '../../src/manifest/parse-manifest.ts';
import { Model } from '../support/model.ts';

const FOLDER = process.env['ORRERY_MANIFESTS'];
const files = FOLDER ? readdirSync(FOLDER).filter((file) => file.endsWith('.yaml')) : [];

describe.skipIf(!FOLDER)('manifests as people publish them (ORRERY_MANIFESTS names their folder)', () => {
  it.each(files)('%s is created, and unchanged when applied again', (file) => {
    const model = new Model();
    if (model.view.listKey('Namespace').every(({ metadata }) => metadata.name !== 'default')) {
      model.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
    }
    const documents = parseManifest(readFileSync(join(FOLDER ?? '', file), 'utf8'));
    const apply = () => {
      const outcome = model.command('applyManifest', { documents, fieldManager: 'me' });
      return (outcome.data as ApplyManifestData).documents.map(({ ref, action, errors, warnings, diff }) => ({
        ref,
        action,
        errors,
        warnings,
        diff,
      }));
    };
    const first = apply();
    expect(first.length).toBeGreaterThan(0);
    expect(first.filter(({ action, warnings }) => action !== 'CREATED' || warnings.length > 0)).toEqual([]);
    expect(apply().filter(({ action }) => action !== 'UNCHANGED')).toEqual([]);
    model.run(30_000);
    expect(apply().filter(({ action }) => action !== 'UNCHANGED')).toEqual([]);
  });
});
