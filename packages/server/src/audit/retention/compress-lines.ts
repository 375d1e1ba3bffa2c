// Lines as one member of a gzip file, compressed beside the event loop as they come. A file of several members is one gzip file.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createGzip } from 'node:zlib'

export interface CompressedLines {
  write(text: string): Promise<void>
  /** The compressed lines and the SHA-256 of the lines themselves. */
  end(): Promise<{ readonly chunks: readonly Buffer[]; readonly digest: string }>
  abandon(): void
}

export function compressLines(): CompressedLines {
  const gzip = createGzip()
  const digest = createHash('sha256')
  const chunks: Buffer[] = []
  gzip.on('data', (chunk: Buffer) => void chunks.push(chunk))
  return {
    async write(text) {
      if (text === '') return
      digest.update(text)
      if (!gzip.write(text)) await once(gzip, 'drain')
    },
    async end() {
      const ended = once(gzip, 'end')
      gzip.end()
      await ended
      return { chunks, digest: digest.digest('hex') }
    },
    abandon: () => void gzip.destroy(),
  }
}
