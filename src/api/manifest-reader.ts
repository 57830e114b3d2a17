import { Worker } from 'node:worker_threads';
import type { ManifestDocument } from '../machinery/apply/types.ts';
import { parseManifest } from '../manifest/parse-manifest.ts';

/** Texts up to this length are read where they are: that takes less time than starting a thread. */
const INLINE_LENGTH = 16 * 1024;
/** How many threads read at once; others wait for their turn. */
const THREADS = 2;
const READING_TIMEOUT_MS = 60_000;
const MEMORY_LIMIT_MIB = 1024;

const PROGRAM = new URL('./manifest-worker.ts', import.meta.url);

let reading = 0;
const waiting: (() => void)[] = [];

/**
 * Reads a manifest without holding up other requests: a long one in a thread of its own. What cannot be read is an error
 * of its document; a text that takes too much time or memory is one document with an error. Never rejects.
 */
export async function readManifest(text: string): Promise<ManifestDocument[]> {
  if (text.length <= INLINE_LENGTH) return parseManifest(text);
  if (reading >= THREADS) await new Promise<void>((resolve) => waiting.push(resolve));
  else reading++;
  try {
    return await readInThread(text);
  } catch (error) {
    return [{ index: 0, line: 1, errors: [{ message: reasonOf(error as Error & { code?: string }) }] }];
  } finally {
    const next = waiting.shift();
    if (next) next();
    else reading--;
  }
}

function reasonOf({ code, message }: Error & { code?: string }): string {
  return code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'reading the manifest takes too much memory' : message;
}

function readInThread(text: string): Promise<ManifestDocument[]> {
  const documents: ManifestDocument[] = [];
  const worker = new Worker(PROGRAM, {
    workerData: text,
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_LIMIT_MIB },
  });
  const read = new Promise<ManifestDocument[]>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error('reading the manifest takes too long'));
    }, READING_TIMEOUT_MS);
    worker.on('message', (batch: ManifestDocument[]) => {
      if (batch.length === 0) return resolve(documents);
      documents.push(...batch);
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      worker.postMessage('next');
    });
    worker.once('error', reject);
    worker.once('exit', () => {
      clearTimeout(timer);
      reject(new Error('the reader of manifests ended too early'));
    });
  });
  return read.finally(() => void worker.terminate());
}
