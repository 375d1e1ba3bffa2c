// Files that the server publishes: read and compressed once, at the first request, and sent to everyone from the same two buffers. So
// any number of peers that ask for a file and do not read it cost one copy of it.
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

const compress = promisify(gzip)

interface SharedFile {
  readonly headers: Readonly<Record<string, string>>
  bytes(): Promise<{ readonly plain: Buffer; readonly gzipped: Buffer }>
}

/** Files by their path. */
export type SharedFiles = ReadonlyMap<string, SharedFile>

interface SharedFileResponse {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** @param read may be called again if it failed */
export function createSharedFile(headers: Readonly<Record<string, string>>, read: () => string | Promise<string>): SharedFile {
  let bytes: ReturnType<SharedFile['bytes']> | undefined
  const load = async () => {
    const plain = Buffer.from(await read())
    return { plain, gzipped: await compress(plain, { level: 9 }) }
  }
  const forget = () => void (bytes = undefined)
  return {
    headers,
    bytes() {
      if (bytes === undefined) {
        bytes = load()
        bytes.catch(forget)
      }
      return bytes
    },
  }
}

/** @param acceptEncoding the header of the request */
export async function toResponse(file: SharedFile, acceptEncoding: string | undefined): Promise<SharedFileResponse> {
  const { plain, gzipped } = await file.bytes()
  const isCompressed = acceptsGzip(acceptEncoding)
  const headers = { ...file.headers, vary: 'accept-encoding', ...(isCompressed && { 'content-encoding': 'gzip' }) }
  return { headers, body: isCompressed ? gzipped : plain }
}

/** RFC 9110 §12.5.3, for the two codings that there are: what is not named is not accepted, except by "*". */
function acceptsGzip(header = ''): boolean {
  const weights = new Map(
    header.split(',', 20).map((item) => {
      const [coding = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase())
      const weight = parameters.find((parameter) => parameter.startsWith('q='))
      return [coding === 'x-gzip' ? 'gzip' : coding, weight === undefined ? 1 : Number(weight.slice(2))] as const
    }),
  )
  return (weights.get('gzip') ?? weights.get('*') ?? 0) > 0
}
