import { createInterface } from 'node:readline';
import { pino } from 'pino';
import { EmbeddedPostgres } from '../../src/store/embedded/embedded-postgres.ts';
import { startService } from '../support/service.ts';

/**
 * A whole service on a data directory of its own, as main puts it together, but with the small world of the tests. It
 * takes commands as JSON lines on standard input and answers on standard output once each is committed.
 */
const directory = process.argv[2] ?? '';
const logger = pino({ level: process.env['TEST_LOG'] ?? 'error' }, pino.destination(2));
const postgres = await EmbeddedPostgres.start({ directory, logger });
const service = await startService(postgres.url, { logger, pollMs: 200 });
if (!service.clusters.get('default')) {
  const initialCommands = [{ name: 'createNamespace', input: { name: 'default' } }];
  await service.clusters.create({ name: 'default', initialCommands });
}
process.stdout.write(`${JSON.stringify({ ready: postgres.url })}\n`);

interface Request {
  id: number;
  name: string;
  input: unknown;
  idempotencyKey?: string;
}

createInterface({ input: process.stdin }).on('line', (line) => {
  if (line === 'stop') {
    void service
      .stop()
      .then(() => postgres.stop())
      .then(() => process.exit(0));
    return;
  }
  const { id, ...request } = JSON.parse(line) as Request;
  service.clusters.submit({ cluster: 'default', actor: 'test', ...request }).then(
    (receipt) => process.stdout.write(`${JSON.stringify({ id, receipt })}\n`),
    (error: Error) => process.stdout.write(`${JSON.stringify({ id, error: error.message })}\n`),
  );
});
