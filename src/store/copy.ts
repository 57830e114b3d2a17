import { once } from 'node:events';
import type { Client, Connection, Submittable } from 'pg';

/** What the driver's connection can also do, and its types leave out. */
interface CopyingConnection extends Connection {
  sendCopyFromChunk(chunk: Buffer): boolean;
  endCopyFrom(): void;
  sendCopyFail(message: string): void;
}

/** COPY … FROM STDIN on a connection: resolves when the server has taken everything, or says why not. */
export async function copyInto(client: Client, statement: string, lines: AsyncIterable<Buffer>): Promise<void> {
  await client.query(new CopyFrom(statement, lines)).finished.promise;
}

/** Takes its turn in the client's queue of queries, and then feeds the server. */
class CopyFrom implements Submittable {
  readonly finished = Promise.withResolvers<void>();
  private readonly statement: string;
  private readonly lines: AsyncIterable<Buffer>;
  private isOver = false;

  constructor(statement: string, lines: AsyncIterable<Buffer>) {
    this.statement = statement;
    this.lines = lines;
  }

  submit(connection: Connection): void {
    connection.query(this.statement);
  }

  handleCopyInResponse(connection: CopyingConnection): void {
    this.feed(connection).catch((error: Error) => {
      if (!this.isOver) connection.sendCopyFail(error.message);
    });
  }

  private async feed(connection: CopyingConnection): Promise<void> {
    for await (const chunk of this.lines) {
      if (this.isOver) return;
      // The server reads more slowly than we write: wait for it, or for the end of the connection.
      if (!connection.sendCopyFromChunk(chunk)) await roomOrEnd(connection);
    }
    if (!this.isOver) connection.endCopyFrom();
  }

  handleError(error: Error): void {
    this.isOver = true;
    this.finished.reject(error);
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.isOver = true;
    this.finished.resolve();
  }
}

async function roomOrEnd({ stream }: Connection): Promise<void> {
  if (stream.destroyed || !stream.writableNeedDrain) return;
  const stop = new AbortController();
  const { signal } = stop;
  await Promise.race([once(stream, 'drain', { signal }), once(stream, 'close', { signal })]).finally(() =>
    stop.abort(),
  );
}
