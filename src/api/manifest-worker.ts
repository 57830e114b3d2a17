import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import type { ManifestDocument } from '../machinery/apply/types.ts';
import { manifestDocuments } from '../manifest/parse-manifest.ts';

/**
 * A thread that reads one manifest (its `workerData`) and hands the documents over in batches, the next when the last
 * was taken, so that taking them over never holds up whoever waits for long. An empty batch is the end.
 */
const BATCH_SIZE = 50;

async function read(text: string): Promise<void> {
  const port = parentPort;
  if (!port) throw new Error('this is the program of a worker thread');
  const send = async (batch: ManifestDocument[]) => {
    const taken = once(port, 'message');
    port.postMessage(batch);
    await taken;
  };
  let batch: ManifestDocument[] = [];
  for (const document of manifestDocuments(text)) {
    batch.push(document);
    if (batch.length < BATCH_SIZE) continue;
    await send(batch);
    batch = [];
  }
  if (batch.length > 0) await send(batch);
  port.postMessage([]);
  port.close();
}

await read(workerData as string);
