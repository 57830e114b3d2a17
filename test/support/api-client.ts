import { Catalog } from '../../src/api/catalog.ts';
import { createPipeline } from '../../src/api/pipeline.ts';
import { buildSchema } from '../../src/api/schema.ts';
import * as scheduling from '../../src/controllers/scheduler/explain.ts';
import { definitions } from '../../src/kinds/registry.ts';
import type { Clusters } from '../../src/machinery/ports.ts';

export interface ApiAnswer {
  data?: Record<string, unknown> | null;
  errors?: { message: string; path?: (string | number)[] }[];
}

/** Who asks, by Kubernetes' impersonation headers; nobody named is `system:anonymous`. */
export interface AskedAs {
  user: string;
  groups: readonly string[];
}

export type Ask = (document: string, variables?: object, viewer?: AskedAs) => Promise<ApiAnswer>;

const MAX_BODY_BYTES = 1024 * 1024;

/** The API over clusters in memory, without a port: parsing, limits, validation and masking are those of the server. */
export async function apiClient(clusters: Clusters): Promise<Ask> {
  const schema = await buildSchema(definitions);
  const context = { clusters, catalog: new Catalog(definitions), scheduling, wallNow: () => 0 };
  const log = {
    error: (details: object) => {
      throw new Error('a resolver failed', { cause: details });
    },
  };
  const { yoga } = createPipeline({ schema, context, log, jit: false, maxBodyBytes: MAX_BODY_BYTES });
  return async (query, variables, viewer) => {
    const headers = new Headers({ 'content-type': 'application/json' });
    if (viewer) headers.set('impersonate-user', viewer.user);
    for (const group of viewer?.groups ?? []) headers.append('impersonate-group', group);
    const body = JSON.stringify({ query, variables });
    const response = await yoga.fetch('http://127.0.0.1/graphql', { method: 'POST', headers, body });
    return (await response.json()) as ApiAnswer;
  };
}
