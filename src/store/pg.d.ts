/** What Orrery uses of the driver, which brings no types of its own. */
declare module 'pg' {
  import type { EventEmitter } from 'node:events';
  import type { Duplex } from 'node:stream';

  export interface QueryConfig {
    text: string;
    values?: unknown[];
    /** Prepared under this name, once for each connection. */
    name?: string;
  }

  export interface QueryResult {
    rows: Record<string, unknown>[];
    rowCount: number | null;
  }

  export interface Types {
    getTypeParser(oid: number, format?: string): (text: string) => unknown;
  }

  export interface ClientConfig {
    connectionString?: string;
    application_name?: string;
    connectionTimeoutMillis?: number;
    keepAlive?: boolean;
    types?: Types;
  }

  export interface PoolConfig extends ClientConfig {
    max?: number;
    idleTimeoutMillis?: number;
  }

  /** The wire below a client. */
  export interface Connection {
    readonly stream: Duplex;
    query(text: string): void;
    sendCopyFromChunk(chunk: Buffer): boolean;
    endCopyFrom(): void;
    sendCopyFail(message: string): void;
  }

  /** Something that talks to the server by itself when its turn in the client's queue comes. */
  export interface Submittable {
    submit(connection: Connection): void;
  }

  export class Client extends EventEmitter {
    constructor(config?: ClientConfig);
    connect(): Promise<void>;
    query(config: QueryConfig): Promise<QueryResult>;
    query(text: string, values?: unknown[]): Promise<QueryResult>;
    query<T extends Submittable>(submittable: T): T;
    end(): Promise<void>;
  }

  export interface PoolClient extends Client {
    /** Gives the client back; with an error it is closed instead. */
    release(error?: Error | boolean): void;
  }

  export class Pool extends EventEmitter {
    constructor(config?: PoolConfig);
    connect(): Promise<PoolClient>;
    query(config: QueryConfig): Promise<QueryResult>;
    end(): Promise<void>;
  }

  export const types: Types;

  const pg: { Client: typeof Client; Pool: typeof Pool; types: Types };
  export default pg;
}
