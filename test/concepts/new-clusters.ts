import type { Result } from '../../src/machinery/api-error.ts';
import type { ClusterReplica, NewCluster } from '../../src/machinery/ports.ts';
import { MemoryClusters } from '../support/memory-clusters.ts';

const BOOTSTRAP = { name: 'bootstrapPolicy', input: {} };

/** Clusters in memory that begin as those of a server do, with the roles that every cluster has: the same names come out. */
export class NewClusters extends MemoryClusters {
  override create(request: NewCluster): Promise<Result<ClusterReplica>> {
    return super.create({ ...request, initialCommands: [BOOTSTRAP, ...(request.initialCommands ?? [])] });
  }
}
